//! Certificates and keys in PEM files: read, checked, and held against one another.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::iter;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode;

/// Far more than the certificates of all authorities of this world.
const LARGEST: u64 = 4 << 20;

/// A file of certificates, the text as it stands there.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    text: String,
    first: CertificateDer<'static>,
    further: Vec<CertificateDer<'static>>,
}

/// A file with a private key, the text as it stands there. Does not print.
pub(crate) struct Key {
    text: String,
    key: PrivateKeyDer<'static>,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PemError {
    /// It cannot be read.
    #[error("{}: cannot read it: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It holds other things.
    #[error("{}: {holds}, where {wanted} is wanted{advice}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What it holds.
        holds: String,
        /// What it should hold.
        wanted: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// What it holds is damaged.
    #[error("{}: {what} in it cannot be used: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which part.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// Its time is over.
    #[error("{}: the certificate in it expired on {until}: renew it, as with `saker credentials --renew`", path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// The last day.
        until: Date,
    },
    /// The two are not of one pair.
    #[error("{} is not the key of the first certificate in {}", key.display(), certificate.display())]
    Strangers {
        /// The file with the key.
        key: PathBuf,
        /// The file with the certificate.
        certificate: PathBuf,
    },
}

impl Certificates {
    /// Reads a file of one certificate or more.
    pub(crate) fn read(path: &Path) -> Result<Self, PemError> {
        let text = read(path)?;
        if !labels(&text).any(|label| label == "CERTIFICATE") {
            return Err(other(path, &text, "a certificate in PEM"));
        }
        let damaged = |reason: String| damaged(path, "a certificate", reason);
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let chain = chain.map_err(|error| damaged(error.to_string()))?;
        for certificate in &chain {
            let parsed = RootCertStore::empty().add(certificate.clone());
            parsed.map_err(|error| damaged(error.to_string()))?;
        }
        let mut chain = chain.into_iter();
        let first = chain.next().ok_or_else(|| damaged("it ends before its end".to_owned()))?;
        let until = end(&first).map_err(|error| damaged(error.to_string()))?;
        if until < Timestamp::now() {
            let until = Offset::UTC.to_datetime(until).date();
            return Err(PemError::Expired { path: path.to_owned(), until });
        }
        Ok(Self { text, first, further: chain.collect() })
    }

    /// The file's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        iter::once(&self.first).chain(&self.further).cloned().collect()
    }

    /// The first certificate: the one that the key is of.
    pub(crate) fn first(&self) -> &CertificateDer<'static> {
        &self.first
    }
}

impl Key {
    /// Reads a file with a private key that is not encrypted.
    pub(crate) fn read(path: &Path) -> Result<Self, PemError> {
        let text = read(path)?;
        let is_key = |label: &str| label.ends_with("PRIVATE KEY") && !label.starts_with("ENCRYPTED");
        if !labels(&text).any(is_key) {
            return Err(other(path, &text, "a private key in PEM"));
        }
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes())
            .map_err(|error| damaged(path, "the key", error.to_string()))?;
        Ok(Self { text, key })
    }

    /// The file's text: a secret.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Reads a certificate with its key.
pub(crate) fn pair(certificate: &Path, key: &Path) -> Result<(Certificates, Key), PemError> {
    let pair = (Certificates::read(certificate)?, Key::read(key)?);
    let provider = ring::default_provider();
    match CertifiedKey::from_der(pair.0.chain(), pair.1.key.clone_key(), &provider) {
        Ok(_) => Ok(pair),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(PemError::Strangers { key: key.to_owned(), certificate: certificate.to_owned() })
        }
        Err(error) => Err(damaged(key, "the key", error.to_string())),
    }
}

/// Until when a certificate is valid.
fn end(certificate: &CertificateDer<'_>) -> Result<Timestamp, x509_cert::der::Error> {
    let validity = x509_cert::Certificate::from_der(certificate)?.tbs_certificate.validity;
    let end = i64::try_from(validity.not_after.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    Ok(Timestamp::from_second(end).unwrap_or(Timestamp::MAX))
}

fn read(path: &Path) -> Result<String, PemError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    read.map_err(|error| PemError::Read { path: path.to_owned(), error })?;
    // What is no text has no labels, and is complained of for that.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What the parts of a PEM file are called.
fn labels(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim_end);
    lines.filter_map(|line| line.strip_prefix("-----BEGIN ")?.strip_suffix("-----"))
}

fn other(path: &Path, text: &str, wanted: &'static str) -> PemError {
    let found: Vec<&str> = labels(text).collect();
    let holds = match found.as_slice() {
        [] => "it is no PEM".to_owned(),
        found => format!("it holds {}", found.join(" and ")),
    };
    let advice = if found.iter().any(|label| label.starts_with("ENCRYPTED")) {
        ": an encrypted key has to be decrypted first, as by `openssl pkey -in FILE -out FILE`"
    } else if found.is_empty() {
        ": such a file has a line that begins with -----BEGIN; one in DER becomes one by `openssl x509 -inform der`"
    } else {
        ""
    };
    PemError::Other { path: path.to_owned(), holds, wanted, advice }
}

fn damaged(path: &Path, what: &'static str, reason: String) -> PemError {
    PemError::Damaged { path: path.to_owned(), what, reason }
}
