//! What an operator may set about TLS of the gRPC services, and what cannot be about it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use service::units::Span;

/// `notifier.grpc.tls:` how connections are secured. Without a certificate they are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpcTlsSettings {
    /// PEM file with the server's certificate, and those of intermediate authorities behind it.
    pub certificate: Option<PathBuf>,
    /// PEM file with the key of the certificate, which may stand in the file of the certificate as well.
    pub key: Option<PathBuf>,
    /// PEM file with the certificates of authorities that sign the certificates of clients.
    pub client_ca: Option<PathBuf>,
    /// PEM file with lists of client certificates that were revoked. Once there is one, each authority whose
    /// certificates are presented needs a list in it.
    pub client_crl: Option<PathBuf>,
    /// How long a new connection may take over its handshake.
    pub handshake_timeout: Span,
}

impl Default for GrpcTlsSettings {
    fn default() -> Self {
        Self {
            certificate: None,
            key: None,
            client_ca: None,
            client_crl: None,
            handshake_timeout: Span::seconds(10),
        }
    }
}

impl GrpcTlsSettings {
    /// Whether connections are secured.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some()
    }

    /// What cannot be as it is set, where an identity is known by names of certificates: that identity's key.
    pub(crate) fn problems(&self, names: Option<&str>) -> Vec<(String, &'static str)> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, text: &'static str| problems.push((key.to_owned(), text));
        if self.handshake_timeout.get().is_zero() {
            wrong("tls.handshake_timeout", "must not be 0");
        }
        let parts = [
            ("tls.key", &self.key),
            ("tls.client_ca", &self.client_ca),
            ("tls.client_crl", &self.client_crl),
        ];
        for (key, _) in parts.into_iter().filter(|(_, part)| part.is_some() && !self.is_on()) {
            wrong(key, "is of no use without tls.certificate, the certificate of the server itself");
        }
        match (&self.client_ca, &self.client_crl, names) {
            (None, Some(_), _) => wrong("tls.client_crl", "is of no use without tls.client_ca"),
            (Some(_), _, None) => wrong(
                "tls.client_ca",
                "no identity has certificate_names, so no client certificate would be of any use: set them in \
                 notifier.grpc.identities",
            ),
            (None, _, Some(key)) => {
                wrong(key, "needs tls.client_ca, the authorities whose certificates are believed");
            }
            _ => {}
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_need_others_say_so() {
        let keys = |settings: &GrpcTlsSettings, names: Option<&str>| {
            settings.problems(names).into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        let file = || Some(PathBuf::from("/x"));
        let none = GrpcTlsSettings::default();
        assert!(keys(&none, None).is_empty());
        assert_eq!(keys(&none, Some("identities.a.certificate_names")), ["identities.a.certificate_names"]);
        let without_certificate = GrpcTlsSettings { key: file(), client_crl: file(), ..none.clone() };
        assert_eq!(keys(&without_certificate, None), ["tls.key", "tls.client_crl", "tls.client_crl"]);
        let whole = GrpcTlsSettings { certificate: file(), client_ca: file(), ..none };
        assert!(keys(&whole, Some("x")).is_empty());
        assert_eq!(keys(&whole, None), ["tls.client_ca"]);
    }
}
