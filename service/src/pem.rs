//! What PEM files hold, and what to do where they hold something else.

use rustls::pki_types::pem::{Error, PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

/// Why a file is of no use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It is DER, PKCS#12 or no key material at all.
    #[error(
        "is no PEM, which is text with lines such as `-----BEGIN CERTIFICATE-----`; `openssl x509 -inform der` makes it of DER, \
         `openssl pkcs12 -nodes` of PKCS#12"
    )]
    NotPem,
    /// It cannot be read to its end.
    #[error("is broken PEM: {0}; is it cut off, or half copied?")]
    Broken(String),
    /// It holds other things.
    #[error("holds no {wanted}; it holds {found}{help}")]
    Missing {
        /// What it should hold.
        wanted: &'static str,
        /// What it holds.
        found: String,
        /// What to do, behind a semicolon.
        help: &'static str,
    },
    /// Its key has a passphrase.
    #[error("holds a key with a passphrase, which nobody could type here: take it off with `openssl pkey`")]
    Encrypted,
    /// There are several keys, and nobody knows which to take.
    #[error("holds {0} private keys; leave the one that belongs to the certificate")]
    ManyKeys(usize),
}

type Section = (SectionKind, Vec<u8>);

/// The certificates, in their order; at least one.
///
/// # Errors
/// Where there is none, or what is there cannot be read.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let sections = sections(pem)?;
    let found = sections.iter().filter(|(kind, _)| *kind == SectionKind::Certificate);
    let found: Vec<_> = found.map(|(_, der)| CertificateDer::from(der.clone())).collect();
    if found.is_empty() { Err(missing("certificate", &sections, "")) } else { Ok(found) }
}

/// The one private key.
///
/// # Errors
/// Where there is none, or more than one.
pub fn key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    let sections = sections(pem)?;
    let mut found = sections.iter().filter_map(|(kind, der)| PrivateKeyDer::from_pem(*kind, der.clone()));
    match (found.next(), found.count()) {
        (Some(key), 0) => Ok(key),
        (Some(_), more) => Err(PemError::ManyKeys(more.saturating_add(1))),
        (None, _) if says(pem, "ENCRYPTED PRIVATE KEY") => Err(PemError::Encrypted),
        (None, _) => Err(missing("private key", &sections, "; set tls.key to the file that holds the key")),
    }
}

/// The lists of revoked certificates; at least one.
///
/// # Errors
/// Where there is none, or what is there cannot be read.
pub fn revocations(pem: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, PemError> {
    let sections = sections(pem)?;
    let found = sections.iter().filter(|(kind, _)| *kind == SectionKind::Crl);
    let found: Vec<_> = found.map(|(_, der)| CertificateRevocationListDer::from(der.clone())).collect();
    if found.is_empty() {
        Err(missing("list of revoked certificates (X509 CRL)", &sections, ""))
    } else {
        Ok(found)
    }
}

fn sections(pem: &[u8]) -> Result<Vec<Section>, PemError> {
    if pem.trim_ascii().is_empty() {
        return Err(PemError::Empty);
    }
    if !says(pem, "-----BEGIN ") {
        return Err(PemError::NotPem);
    }
    // What follows such a header is no plain base64.
    if says(pem, "Proc-Type: 4,ENCRYPTED") {
        return Err(PemError::Encrypted);
    }
    let sections: Result<Vec<Section>, Error> = PemObject::pem_slice_iter(pem).collect();
    sections.map_err(|error| {
        PemError::Broken(match error {
            Error::MissingSectionEnd { .. } => "a section has no line `-----END …-----`".to_owned(),
            Error::IllegalSectionStart { .. } => "a line `-----BEGIN …` does not end in `-----`".to_owned(),
            Error::Base64Decode(_) => "a section is no base64".to_owned(),
            other => other.to_string(),
        })
    })
}

fn says(pem: &[u8], word: &str) -> bool {
    pem.windows(word.len()).any(|part| part == word.as_bytes())
}

fn missing(wanted: &'static str, sections: &[Section], help: &'static str) -> PemError {
    let mut kinds: Vec<&str> = sections.iter().map(|(kind, _)| named(*kind)).collect();
    kinds.dedup();
    let found = if kinds.is_empty() { "nothing that is known here".to_owned() } else { kinds.join(", ") };
    PemError::Missing { wanted, found, help }
}

fn named(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Certificate => "a certificate",
        SectionKind::PublicKey => "a public key",
        SectionKind::RsaPrivateKey | SectionKind::PrivateKey | SectionKind::EcPrivateKey => "a private key",
        SectionKind::Crl => "a list of revoked certificates",
        SectionKind::Csr => "a request for a certificate",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(label: &str) -> String {
        format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
    }

    #[test]
    fn what_is_there_is_found_among_other_things() {
        let both =
            format!("bag\n{}{}{}", section("CERTIFICATE"), section("EC PRIVATE KEY"), section("CERTIFICATE"));
        assert_eq!(certificates(both.as_bytes()).unwrap().len(), 2);
        assert!(key(both.replace('\n', "\r\n").as_bytes()).is_ok());
        assert_eq!(revocations(section("X509 CRL").as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_says_what_to_do() {
        let told = |result: Result<(), PemError>| result.unwrap_err().to_string();
        let certificate = |pem: &str| told(certificates(pem.as_bytes()).map(drop));
        let key = |pem: &str| told(key(pem.as_bytes()).map(drop));
        let two_keys = section("PRIVATE KEY").repeat(2);
        let old = section("RSA PRIVATE KEY").replace("AAAA", "Proc-Type: 4,ENCRYPTED\n\nAAAA");
        let all = [
            certificate(" \n"),
            certificate("0\u{82}"),
            certificate(&section("PRIVATE KEY")),
            certificate("-----BEGIN CERTIFICATE-----\nAAAA\n"),
            certificate("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n"),
            key(&section("CERTIFICATE")),
            key(&section("ENCRYPTED PRIVATE KEY")),
            key(&old),
            key(&two_keys),
            told(revocations(section("CERTIFICATE REQUEST").as_bytes()).map(drop)),
        ];
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(all.join("\n")) });
    }
}
