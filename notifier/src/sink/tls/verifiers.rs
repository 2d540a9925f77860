//! Two ways to look at a server's certificate that rustls does not bring along: for another name, and not at all.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

/// Looks at a server's certificate in another way. That the server has its key is checked in any case.
#[derive(Debug)]
pub(super) struct Inspector {
    wanted: Wanted,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Wanted {
    /// A good one of this name, whatever the host is called.
    Named(ServerName<'static>, Arc<dyn ServerCertVerifier>),
    /// Any.
    Any,
}

impl Inspector {
    /// Takes what `inner` takes for a server of this name.
    pub(super) fn named(
        name: ServerName<'static>,
        inner: Arc<dyn ServerCertVerifier>,
        provider: &CryptoProvider,
    ) -> Self {
        Self { wanted: Wanted::Named(name, inner), algorithms: provider.signature_verification_algorithms }
    }

    /// Takes any certificate.
    pub(super) fn unchecked(provider: &CryptoProvider) -> Self {
        Self { wanted: Wanted::Any, algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Inspector {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.wanted {
            Wanted::Named(name, inner) => {
                inner.verify_server_cert(certificate, intermediates, name, ocsp, now)
            }
            Wanted::Any => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
