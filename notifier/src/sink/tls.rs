//! [`ClientTls`]: how a sink's server proves itself over TLS, and how the sink proves itself to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ConfigBuilder, Error, InconsistentKeys, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;
use serde::{Deserialize, Serialize};
use service::pem::{self, PemError};

use super::SinkError;

mod verifiers;

use verifiers::Inspector;

/// TLS to the server of a sink; every sink that goes over the network has these settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientTls {
    /// A PEM file: the authorities that may have signed the server's certificate, in place of the system's.
    pub ca: Option<PathBuf>,
    /// A PEM file: our own certificate, intermediates behind it, for a server that asks for one.
    pub certificate: Option<PathBuf>,
    /// A PEM file: the key of that certificate; it may stand in the file of the certificate too.
    pub key: Option<PathBuf>,
    /// The name that the server's certificate must have, where that is not the host that is connected to.
    pub server_name: Option<String>,
    /// Whether the server's certificate is checked. Without the check whoever is in between reads and answers.
    pub verify: bool,
}

/// Why the settings of TLS are of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("tls.{key}: cannot read {}: {error}", path.display())]
    Read { key: &'static str, path: PathBuf, error: std::io::Error },
    #[error("tls.{key}: {} {error}", path.display())]
    Pem { key: &'static str, path: PathBuf, error: PemError },
    #[error("tls.ca: {} holds as certificate {number} what cannot be used: {error}", path.display())]
    Authority { path: PathBuf, number: usize, error: Error },
    #[error("tls.key: {} is not the key of the certificate in {}: their public keys differ", key.display(), certificate.display())]
    OtherKey { key: PathBuf, certificate: PathBuf },
    #[error("tls.key: the certificate that it belongs to is missing: set tls.certificate, too")]
    KeyAlone,
    #[error("tls.certificate: {} cannot be used: {error}", path.display())]
    Certificate { path: PathBuf, error: Error },
    #[error("the versions of TLS cannot be used: {0}")]
    Versions(Error),
    #[error("tls.server_name: `{0}` is neither the name of a host nor an IP address")]
    ServerName(String),
    #[error(
        "no certificates of authorities are there to check the server's by ({0}): install the system's \
         (ca-certificates), or set tls.ca"
    )]
    NoAuthorities(String),
}

impl From<TlsError> for SinkError {
    fn from(error: TlsError) -> Self {
        Self(error.to_string())
    }
}

impl Default for ClientTls {
    fn default() -> Self {
        Self { ca: None, certificate: None, key: None, server_name: None, verify: true }
    }
}

impl ClientTls {
    /// The files that are read for it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        [&self.ca, &self.certificate, &self.key].into_iter().flatten().cloned().collect()
    }

    /// For connections without TLS: nobody is trusted, and no certificates need be installed.
    ///
    /// # Errors
    /// None that has been seen.
    pub(crate) fn unused() -> Result<ClientConfig, TlsError> {
        let builder = builder(&Arc::new(ring::default_provider()))?;
        Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
    }

    /// Reads the files.
    ///
    /// # Errors
    /// Those of the files and of what is in them, each with its setting.
    pub(crate) fn config(&self) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(&provider)?;
        let builder = builder(&provider)?.dangerous().with_custom_certificate_verifier(verifier);
        let Some(certificate) = &self.certificate else {
            return if self.key.is_some() {
                Err(TlsError::KeyAlone)
            } else {
                Ok(builder.with_no_client_auth())
            };
        };
        let chain = parsed("certificate", certificate, pem::certificates)?;
        let key_file = self.key.as_ref().unwrap_or(certificate);
        let key = parsed("key", key_file, pem::key)?;
        builder.with_client_auth_cert(chain, key).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::OtherKey { key: key_file.clone(), certificate: certificate.clone() }
            }
            error => TlsError::Certificate { path: certificate.clone(), error },
        })
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
        if !self.verify {
            tracing::warn!(
                "tls.verify is false: the server's certificate is not checked, and whoever is in between reads the alerts"
            );
            return Ok(Arc::new(Inspector::unchecked(provider)));
        }
        let without = |error: &dyn std::fmt::Display| TlsError::NoAuthorities(error.to_string());
        let verifier: Arc<dyn ServerCertVerifier> = match &self.ca {
            None => Arc::new(Verifier::new(Arc::clone(provider)).map_err(|error| without(&error))?),
            Some(file) => {
                let roots = Arc::new(roots(file)?);
                let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider));
                builder.build().map_err(|error| without(&error))?
            }
        };
        let Some(name) = &self.server_name else { return Ok(verifier) };
        let wrong = |_| TlsError::ServerName(name.clone());
        let name = ServerName::try_from(name.clone()).map_err(wrong)?;
        Ok(Arc::new(Inspector::named(name, verifier, provider)))
    }
}

fn builder(provider: &Arc<CryptoProvider>) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions();
    builder.map_err(TlsError::Versions)
}

fn roots(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for (certificate, number) in parsed("ca", file, pem::certificates)?.into_iter().zip(1..) {
        roots.add(certificate).map_err(|error| TlsError::Authority {
            path: file.to_owned(),
            number,
            error,
        })?;
    }
    Ok(roots)
}

fn parsed<T>(key: &'static str, path: &Path, parse: fn(&[u8]) -> Result<T, PemError>) -> Result<T, TlsError> {
    let read = |error| TlsError::Read { key, path: path.to_owned(), error };
    let text = std::fs::read(path).map_err(read)?;
    parse(&text).map_err(|error| TlsError::Pem { key, path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    /// A directory with a certificate, its key, and another key.
    fn files() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["sink".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        write("tls.crt", &certificate);
        write("tls.key", &key.serialize_pem());
        write("both.pem", &(certificate + &key.serialize_pem()));
        write("other.key", &KeyPair::generate().unwrap().serialize_pem());
        write("empty", "");
        directory
    }

    fn tls(directory: &Path, settings: &str) -> ClientTls {
        let settings = settings.replace('@', &format!("{}/", directory.display()));
        serde_json::from_str(&settings).unwrap()
    }

    #[test]
    fn certificates_and_keys_are_taken_from_files() {
        let directory = files();
        for settings in [
            r#"{"ca": "@tls.crt"}"#,
            r#"{"ca": "@tls.crt", "certificate": "@tls.crt", "key": "@tls.key"}"#,
            r#"{"ca": "@tls.crt", "certificate": "@both.pem", "server_name": "sink.example"}"#,
            r#"{"verify": false, "certificate": "@both.pem"}"#,
        ] {
            let tls = tls(directory.path(), settings);
            let config = tls.config().unwrap();
            assert_eq!(config.client_auth_cert_resolver.has_certs(), tls.certificate.is_some(), "{settings}");
        }
        let all = tls(directory.path(), r#"{"ca": "@a", "certificate": "@b", "key": "@c"}"#);
        assert_eq!(all.files().len(), 3);
    }

    #[test]
    fn mistakes_name_the_setting_and_the_file() {
        let directory = files();
        let told: Vec<String> = [
            r#"{"ca": "@none"}"#,
            r#"{"ca": "@tls.key"}"#,
            r#"{"ca": "@empty"}"#,
            r#"{"ca": "@tls.crt", "certificate": "@tls.crt"}"#,
            r#"{"ca": "@tls.crt", "certificate": "@tls.crt", "key": "@other.key"}"#,
            r#"{"ca": "@tls.crt", "key": "@tls.key"}"#,
            r#"{"ca": "@tls.crt", "server_name": "not a name"}"#,
        ]
        .into_iter()
        .map(|settings| tls(directory.path(), settings).config().unwrap_err().to_string())
        .map(|text| text.replace(&format!("{}/", directory.path().display()), ""))
        .collect();
        insta::assert_snapshot!(told.join("\n"));
        assert!(serde_json::from_str::<ClientTls>(r#"{"insecure": true}"#).is_err());
    }
}
