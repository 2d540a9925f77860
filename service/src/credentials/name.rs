//! [`CertificateName`]: a name that a client certificate bears, compared as a whole.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A name in a client certificate, written as openssl prints it: `CN=name` for the common name of its subject, `DNS:name`
/// and `URI:name` for its alternative names. DNS names are the same in capitals; nothing else is, and `*` is no wildcard.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CertificateName {
    kind: Kind,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    CommonName,
    Dns,
    Uri,
}

/// Text that is no name of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` does not say which name it is: write CN=name for the common name, DNS:name or URI:name for an alternative name, \
     as `openssl x509 -noout -subject -ext subjectAltName -in FILE` prints them"
)]
pub struct CertificateNameError(String);

impl CertificateName {
    /// The common name of a subject.
    pub fn common(value: &str) -> Self {
        Self { kind: Kind::CommonName, value: value.to_owned() }
    }

    /// A DNS name, in small letters.
    pub fn dns(value: &str) -> Self {
        Self { kind: Kind::Dns, value: value.to_ascii_lowercase() }
    }

    /// A URI.
    pub fn uri(value: &str) -> Self {
        Self { kind: Kind::Uri, value: value.to_owned() }
    }
}

impl FromStr for CertificateName {
    type Err = CertificateNameError;

    fn from_str(text: &str) -> Result<Self, CertificateNameError> {
        let name = if let Some(dns) = text.strip_prefix("DNS:") {
            Self::dns(dns.trim())
        } else if let Some(uri) = text.strip_prefix("URI:") {
            Self::uri(uri.trim())
        } else if let Some(common) =
            text.strip_prefix("CN").and_then(|rest| rest.trim_start().strip_prefix('='))
        {
            Self::common(common.trim())
        } else {
            return Err(CertificateNameError(text.to_owned()));
        };
        if name.value.is_empty() { Err(CertificateNameError(text.to_owned())) } else { Ok(name) }
    }
}

impl TryFrom<String> for CertificateName {
    type Error = CertificateNameError;

    fn try_from(text: String) -> Result<Self, CertificateNameError> {
        text.parse()
    }
}

impl From<CertificateName> for String {
    fn from(name: CertificateName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for CertificateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::CommonName => "CN=",
            Kind::Dns => "DNS:",
            Kind::Uri => "URI:",
        };
        write!(f, "{kind}{}", self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_openssl_prints_them() {
        for (text, name) in [
            ("CN=prod", CertificateName::common("prod")),
            ("CN = Prod API", CertificateName::common("Prod API")),
            ("DNS:Audit.Prod.example", CertificateName::dns("audit.prod.example")),
            ("URI:spiffe://prod/ns/kube-system", CertificateName::uri("spiffe://prod/ns/kube-system")),
        ] {
            assert_eq!(text.parse(), Ok(name.clone()), "{text}");
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        assert_ne!(CertificateName::common("a.b"), CertificateName::dns("a.b"), "kinds are told apart");
        assert_ne!(CertificateName::common("A"), CertificateName::common("a"));
        for text in ["prod", "", "CN=", "DNS: ", "cn=prod", "O=x", "email:a@b"] {
            assert_eq!(text.parse::<CertificateName>(), Err(CertificateNameError(text.to_owned())));
        }
    }
}
