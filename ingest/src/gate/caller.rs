//! [`Caller`]: who is at the other end of a connection, and how its certificate stands.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::ServerConnection;
use rustls::pki_types::{CertificateDer, UnixTime};

use super::Snapshot;
use crate::identity::{Certificate, CertificateName};
use crate::tls::Facts;

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) address: SocketAddr,
    certificate: Option<Presented>,
}

/// A client certificate that was good when it was presented.
#[derive(Debug)]
struct Presented {
    chain: Vec<CertificateDer<'static>>,
    facts: Facts,
    /// The generation of credentials that it was found good by last.
    good_in: AtomicU64,
}

/// The client certificate cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the client certificate cannot be read: {0}")]
pub(crate) struct CallerError(String);

impl Caller {
    /// One of whom nothing but the address is known.
    pub(crate) fn unknown(address: SocketAddr) -> Self {
        Self { address, certificate: None }
    }

    /// One whose handshake was held against this snapshot.
    ///
    /// # Errors
    /// Where its certificate cannot be read.
    pub(crate) fn after_handshake(
        address: SocketAddr,
        connection: &ServerConnection,
        snapshot: &Snapshot,
    ) -> Result<Self, CallerError> {
        let Some(chain) = connection.peer_certificates() else { return Ok(Self::unknown(address)) };
        let first = chain.first().ok_or_else(|| CallerError("there is none".to_owned()))?;
        let facts = Facts::of(first).map_err(|error| CallerError(error.to_string()))?;
        let chain = chain.iter().cloned().map(CertificateDer::into_owned).collect();
        let certificate = Some(Presented { chain, facts, good_in: AtomicU64::new(snapshot.generation) });
        Ok(Self { address, certificate })
    }

    /// How its certificate stands now. It is verified again only where the credentials changed.
    pub(crate) fn certificate(&self, snapshot: &Snapshot, now: SystemTime) -> Certificate<'_> {
        self.certificate.as_ref().map_or(Certificate::None, |presented| presented.standing(snapshot, now))
    }
}

impl Presented {
    fn standing(&self, snapshot: &Snapshot, now: SystemTime) -> Certificate<'_> {
        if self.facts.expires <= now {
            return Certificate::Expired;
        }
        if self.good_in.load(Ordering::Relaxed) != snapshot.generation {
            if !self.is_trusted(snapshot, now) {
                return Certificate::Distrusted;
            }
            self.good_in.store(snapshot.generation, Ordering::Relaxed);
        }
        Certificate::Good(self.names())
    }

    fn names(&self) -> &[CertificateName] {
        &self.facts.names
    }

    fn is_trusted(&self, snapshot: &Snapshot, now: SystemTime) -> bool {
        let verifier = snapshot.tls.as_ref().and_then(|tls| tls.clients.as_ref());
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO));
        verifier.zip(self.chain.split_first()).is_some_and(|(verifier, (certificate, between))| {
            verifier.verify_client_cert(certificate, between, now).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::authority::Authority;
    use crate::tls::{Contents, Need, material};
    use rustls::pki_types::pem::PemObject;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn snapshot(generation: u64, authority: &Authority, revoked: &[u64]) -> Snapshot {
        let (server, revoked) = (authority.server(1).both(), authority.revoked(revoked));
        let contents = Contents {
            certificate: server.as_bytes(),
            key: server.as_bytes(),
            client_ca: Some(authority.pem.as_bytes()),
            client_crl: Some(revoked.as_bytes()),
        };
        let tls = material(contents, Need::Required).map_err(|wrong| format!("{wrong:?}")).unwrap();
        Snapshot { generation, tls: Some(tls), identities: None }
    }

    #[test]
    fn a_certificate_is_held_against_what_is_in_force() {
        let (authority, other) = (Authority::new("authority"), Authority::new("other"));
        let now = SystemTime::now();
        let leaf = authority.client_until("prod", 7, now + HOUR);
        let chain = vec![CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap()];
        let facts = Facts::of(&chain[0]).unwrap();
        let presented = Presented { chain, facts, good_in: AtomicU64::new(0) };
        let address = "127.0.0.1:1".parse().unwrap();
        let caller = Caller { address, certificate: Some(presented) };

        let names = [CertificateName::common("prod"), CertificateName::uri("spiffe://test/prod")];
        let good = Certificate::Good(&names);
        assert_eq!(caller.certificate(&snapshot(0, &other, &[]), now), good, "as the handshake found it");
        assert_eq!(caller.certificate(&snapshot(1, &other, &[]), now), Certificate::Distrusted);
        assert_eq!(caller.certificate(&snapshot(2, &authority, &[8]), now), good);
        assert_eq!(caller.certificate(&snapshot(3, &authority, &[8, 7]), now), Certificate::Distrusted);
        assert_eq!(caller.certificate(&snapshot(2, &authority, &[]), now + 2 * HOUR), Certificate::Expired);
        let without = Snapshot { tls: None, ..snapshot(4, &authority, &[]) };
        assert_eq!(caller.certificate(&without, now), Certificate::Distrusted);
        assert_eq!(Caller::unknown(address).certificate(&without, now), Certificate::None);
    }
}
