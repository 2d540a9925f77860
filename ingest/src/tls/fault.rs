//! Why a handshake failed, in words that say what to do.

use std::io::{self, ErrorKind};

use rustls::{AlertDescription, CertificateError, Error};

/// Why it failed, as what the client did.
pub(crate) fn in_plain_words(error: &io::Error) -> String {
    let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match fault {
        Some(Error::NoCertificatesPresented) => {
            "it presents no certificate, and no identity is known by a token".to_owned()
        }
        Some(Error::InvalidCertificate(certificate)) => of_certificate(certificate),
        Some(Error::AlertReceived(alert)) if is_of_certificate(*alert) => format!(
            "it does not take the certificate in tls.certificate ({alert:?}); its certificate-authority must be the one \
             that signed it, and the name in its URL must be a name of it"
        ),
        Some(other) => other.to_string(),
        None if error.kind() == ErrorKind::UnexpectedEof => {
            "it hung up in the middle; clients do so where they do not take the certificate in tls.certificate".to_owned()
        }
        None => error.to_string(),
    }
}

fn of_certificate(error: &CertificateError) -> String {
    let what = match error {
        CertificateError::UnknownIssuer => "is signed by none of the authorities in tls.client_ca",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not good yet; are the clocks of both machines right?"
        }
        CertificateError::Revoked => "was revoked",
        CertificateError::UnknownRevocationStatus => {
            "is of an authority that has no list in tls.client_crl; add its list"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not for clients: its extended key usage must name clientAuth, or be left out"
        }
        other => return not_of_a_client(&format!("{other:?}")),
    };
    format!("its certificate {what}")
}

/// What rustls passes on without a name of its own.
fn not_of_a_client(error: &str) -> String {
    let what = if error.contains("UnsupportedCertVersion") {
        "is of version 1; sign it with extensions, which makes it version 3 (`openssl x509 -req -extfile …`)"
    } else if error.contains("CaUsedAsEndEntity") {
        "is that of an authority; sign one for the client with basicConstraints CA:FALSE"
    } else {
        return format!("its certificate is not good: {error}");
    };
    format!("its certificate {what}")
}

/// RFC 8446, section 6.2: what clients say of a server's certificate.
fn is_of_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::authority::Authority;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, UnixTime};
    use service::credentials::{Contents, Need, material};

    fn told(error: Error) -> String {
        in_plain_words(&io::Error::new(ErrorKind::InvalidData, error))
    }

    #[test]
    fn faults_of_certificates_say_what_to_do() {
        let authority = Authority::new("authority");
        let server = authority.server(1).both();
        let contents = Contents {
            certificate: server.as_bytes(),
            key: server.as_bytes(),
            client_ca: Some(authority.pem.as_bytes()),
            client_crl: None,
        };
        let clients = material(contents, Need::Required).unwrap().clients.unwrap();
        let verified = |pem: &str| {
            let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
            told(clients.verify_client_cert(&certificate, &[], UnixTime::now()).unwrap_err())
        };
        for (said, says) in [
            (verified(&authority.pem), "its certificate is that of an authority"),
            (verified(&authority.server(2).certificate), "its certificate is not for clients"),
            (
                verified(&Authority::new("other").client("a", 3).certificate),
                "its certificate is signed by none",
            ),
            (told(Error::NoCertificatesPresented), "it presents no certificate"),
            (told(Error::AlertReceived(AlertDescription::UnknownCA)), "it does not take the certificate"),
            (told(Error::HandshakeNotComplete), "handshake not complete"),
            (in_plain_words(&ErrorKind::UnexpectedEof.into()), "it hung up in the middle"),
        ] {
            assert!(said.starts_with(says), "{said}");
        }
    }
}
