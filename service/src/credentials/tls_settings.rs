//! What an operator may set about TLS of a listener, and what cannot be about it.

use std::path::PathBuf;

use super::material::{self, Material, MaterialError, Need};
use super::{FileContents, Problem};
use crate::units::Span;
use serde::{Deserialize, Serialize};

/// How the connections of a listener are secured. Without a certificate they are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsSettings {
    /// PEM file with the certificate of the listener, and those of intermediate authorities behind it.
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

impl Default for TlsSettings {
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

impl TlsSettings {
    /// Whether connections are secured.
    pub fn is_on(&self) -> bool {
        self.certificate.is_some()
    }

    /// The files, by the keys that name them.
    pub fn files(&self) -> impl Iterator<Item = (String, Option<PathBuf>)> {
        let named = [
            ("tls.certificate", &self.certificate),
            ("tls.key", &self.key),
            ("tls.client_ca", &self.client_ca),
            ("tls.client_crl", &self.client_crl),
        ];
        named.into_iter().map(|(key, path)| (key.to_owned(), path.clone()))
    }

    /// What connections are secured with, of the contents of the files; `None` where they are not, or a file that is
    /// needed cannot be read, which the contents tell.
    ///
    /// # Errors
    /// All that is wrong with the files.
    pub fn material(&self, contents: &FileContents, need: Need) -> Result<Option<Material>, Vec<Problem>> {
        let own_key = if self.key.is_some() { "tls.key" } else { "tls.certificate" };
        let (Some(certificate), Some(key)) = (contents.get("tls.certificate"), contents.get(own_key)) else {
            return Ok(None);
        };
        let (client_ca, client_crl) = (contents.get("tls.client_ca"), contents.get("tls.client_crl"));
        let told = |(key, error): (&str, MaterialError)| {
            // One file for both: there is no other key to name.
            let key = if key == "tls.key" { own_key } else { key };
            contents.problem(key, &error.to_string())
        };
        let parts = material::Contents { certificate, key, client_ca, client_crl };
        material::material(parts, need).map(Some).map_err(|wrong| {
            let mut wrong: Vec<Problem> = wrong.into_iter().map(told).collect();
            wrong.dedup();
            wrong
        })
    }

    /// What cannot be as it is set. `names`: the key of an identity that is known by names of certificates, where there
    /// is one; `identities`: the key of all of them.
    pub fn problems(&self, names: Option<&str>, identities: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, text: String| problems.push((key.to_owned(), text));
        if self.handshake_timeout.get().is_zero() {
            wrong("tls.handshake_timeout", "must not be 0".to_owned());
        }
        for (key, _) in self.files().filter(|(_, file)| file.is_some() && !self.is_on()) {
            wrong(&key, "is of no use without tls.certificate, the listener's own".to_owned());
        }
        match (&self.client_ca, &self.client_crl, names) {
            (None, Some(_), _) => wrong("tls.client_crl", "is of no use without tls.client_ca".to_owned()),
            (Some(_), _, None) => wrong(
                "tls.client_ca",
                format!(
                    "no identity has certificate_names, so no client certificate would be of any use: set them in \
                     {identities}"
                ),
            ),
            (None, _, Some(key)) => {
                wrong(key, "needs tls.client_ca, the authorities whose certificates are believed".to_owned());
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
        let keys = |settings: &TlsSettings, names: Option<&str>| {
            settings.problems(names, "identities").into_iter().map(|(key, _)| key).collect::<Vec<_>>()
        };
        let file = || Some(PathBuf::from("/x"));
        let none = TlsSettings::default();
        assert!(keys(&none, None).is_empty());
        assert_eq!(keys(&none, Some("identities.a.certificate_names")), ["identities.a.certificate_names"]);
        let without_certificate = TlsSettings { key: file(), client_crl: file(), ..none.clone() };
        assert_eq!(keys(&without_certificate, None), ["tls.key", "tls.client_crl", "tls.client_crl"]);
        let whole = TlsSettings { certificate: file(), client_ca: file(), ..none };
        assert!(keys(&whole, Some("x")).is_empty());
        assert_eq!(keys(&whole, None), ["tls.client_ca"]);
    }
}
