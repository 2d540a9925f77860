//! From the contents of files to what rustls needs: the certificate with its key, and whose client certificates are good.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{CertificateError, Error, InconsistentKeys, RootCertStore, ServerConfig};

use super::certificate::Facts;
use crate::pem::{self, PemError};

/// What connections are secured with.
#[derive(Debug, Clone)]
pub struct Material {
    /// How connections are answered.
    pub server: Arc<ServerConfig>,
    /// Tells good client certificates; `None` where none are asked for.
    pub clients: Option<Arc<dyn ClientCertVerifier>>,
    /// What stands in the server's own certificate.
    pub own: Facts,
}

/// The contents of the files.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'f> {
    /// The certificate, and those of intermediate authorities behind it.
    pub certificate: &'f [u8],
    /// The key; the same where it stands in one file with the certificate.
    pub key: &'f [u8],
    /// The authorities that sign the certificates of clients.
    pub client_ca: Option<&'f [u8]>,
    /// Lists of those that were revoked.
    pub client_crl: Option<&'f [u8]>,
}

/// Whether a connection needs a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Not where its requests bear a token.
    Optional,
    /// Always: there is nothing else by which a client could be known.
    Required,
}

/// Why the contents of a file are of no use.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// It is no PEM, or holds something else.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A certificate cannot be read.
    #[error("holds as certificate {0} what cannot be read: {1}")]
    Certificate(usize, String),
    /// Key and certificate do not belong together.
    #[error("does not belong to the certificate in tls.certificate: their public keys differ")]
    OtherKey,
    /// Rustls does not take it.
    #[error("cannot be used: {0}")]
    Tls(#[from] Error),
    /// Rustls does not take the authorities of clients.
    #[error("cannot be used: {0}")]
    Clients(#[from] VerifierBuilderError),
}

/// Makes it of the contents of the files.
///
/// # Errors
/// All that is wrong, each with the key of its file.
pub fn material(contents: Contents<'_>, need: Need) -> Result<Material, Vec<(&'static str, MaterialError)>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = chain(contents.certificate);
    let key = pem::key(contents.key).map_err(MaterialError::from);
    let clients = clients(contents, need, &provider);
    match (chain, key, clients) {
        (Ok((chain, own)), Ok(key), Ok(clients)) => {
            let server = server((chain, key), clients.clone(), provider);
            let server = server.map_err(|(key, error)| vec![(key, error)])?;
            Ok(Material { server: Arc::new(server), clients, own })
        }
        (chain, key, clients) => {
            let own = [("tls.certificate", chain.err()), ("tls.key", key.err())];
            let own = own.into_iter().filter_map(|(name, error)| Some((name, error?)));
            Err(own.chain(clients.err()).collect())
        }
    }
}

type Chain = (Vec<CertificateDer<'static>>, Facts);

fn chain(pem: &[u8]) -> Result<Chain, MaterialError> {
    let chain = pem::certificates(pem)?;
    let first = chain.first().ok_or(PemError::Empty)?;
    let facts = Facts::of(first).map_err(|error| MaterialError::Certificate(1, error.to_string()))?;
    Ok((chain, facts))
}

type Clients = Option<Arc<dyn ClientCertVerifier>>;

fn clients(
    contents: Contents<'_>,
    need: Need,
    provider: &Arc<CryptoProvider>,
) -> Result<Clients, (&'static str, MaterialError)> {
    let Some(authorities) = contents.client_ca else { return Ok(None) };
    let roots = roots(authorities).map_err(|error| ("tls.client_ca", error))?;
    let mut verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(provider));
    if let Some(revoked) = contents.client_crl {
        let revoked = pem::revocations(revoked).map_err(|error| ("tls.client_crl", error.into()))?;
        verifier = verifier.with_crls(revoked).only_check_end_entity_revocation();
    }
    if need == Need::Optional {
        verifier = verifier.allow_unauthenticated();
    }
    verifier.build().map(Some).map_err(|error| match error {
        VerifierBuilderError::InvalidCrl(_) => ("tls.client_crl", error.into()),
        _ => ("tls.client_ca", error.into()),
    })
}

fn roots(pem: &[u8]) -> Result<RootCertStore, MaterialError> {
    let mut roots = RootCertStore::empty();
    for (certificate, number) in pem::certificates(pem)?.into_iter().zip(1..) {
        let add = roots.add(certificate);
        add.map_err(|_| MaterialError::Certificate(number, "it is no X.509 certificate".to_owned()))?;
    }
    Ok(roots)
}

/// Sessions are never resumed: each connection shows its certificate anew, and an API server keeps its connections.
fn server(
    (chain, key): (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>),
    clients: Clients,
    provider: Arc<CryptoProvider>,
) -> Result<ServerConfig, (&'static str, MaterialError)> {
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| ("tls.certificate", error.into()))?;
    let clients = clients.unwrap_or_else(WebPkiClientVerifier::no_client_auth);
    let server = builder.with_client_cert_verifier(clients).with_single_cert(chain, key);
    let mut server = server.map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => ("tls.key", MaterialError::OtherKey),
        Error::InvalidCertificate(CertificateError::BadEncoding) => ("tls.certificate", error.into()),
        other => ("tls.key", other.into()),
    })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok(server)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::authority::{Authority, Leaf};

    fn made(
        certificate: &str,
        key: &str,
        client_ca: Option<&str>,
        client_crl: Option<&str>,
    ) -> Result<Material, String> {
        let contents = Contents {
            certificate: certificate.as_bytes(),
            key: key.as_bytes(),
            client_ca: client_ca.map(str::as_bytes),
            client_crl: client_crl.map(str::as_bytes),
        };
        material(contents, Need::Required).map_err(|wrong| {
            wrong.into_iter().map(|(key, error)| format!("{key}: {error}")).collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn whole_material_speaks_http_2_and_never_resumes_a_session() {
        let authority = Authority::new("authority");
        let both = authority.server(7).both();
        let bundle = format!("{}{}", authority.pem, Authority::new("other").pem);
        let material = made(&both, &both, Some(&bundle), Some(&authority.revoked(&[]))).unwrap();
        assert!(material.clients.unwrap().client_auth_mandatory());
        assert_eq!(material.server.alpn_protocols, [&b"h2"[..], b"http/1.1"]);
        assert!(!material.server.session_storage.can_cache() && !material.server.ticketer.enabled());
        assert!(made(&both, &both, None, None).unwrap().clients.is_none());
    }

    #[test]
    fn files_that_do_not_fit_name_their_keys() {
        let authority = Authority::new("authority");
        let Leaf { certificate, key, .. } = authority.server(7);
        let other = authority.server(8).key;
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let list = garbage.replace("CERTIFICATE", "X509 CRL");
        let told = [
            made(&certificate, &other, None, None),
            made(&certificate, &certificate, None, None),
            made(&key, &key, None, None),
            made(&key, &certificate, Some(&key), None),
            made(garbage, &key, Some(garbage), None),
            made(&certificate, &key, Some(&authority.pem), Some(&authority.pem)),
            made(&certificate, &key, Some(&authority.pem), Some(&list)),
            made(&certificate, &garbage.replace("CERTIFICATE", "PRIVATE KEY"), None, None),
        ];
        let told: Vec<String> = told.into_iter().map(|made| made.unwrap_err()).collect();
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(told.join("\n\n")) });
    }
}
