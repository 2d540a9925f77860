//! [`Caller`]: who is at the other end of a connection, and how its certificate stands.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::ServerConnection;
use rustls::pki_types::{CertificateDer, UnixTime};
use service::credentials::{CertificateName, Facts};

use super::credentials::Snapshot;

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(crate) struct Caller {
    peer: Peer,
    certificate: Option<Presented>,
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer {
    /// An address.
    Tcp(SocketAddr),
    /// This machine, by the unix socket.
    Unix,
}

/// How the client certificate of a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate<'c> {
    /// None was presented.
    None,
    /// It is good, and bears these names.
    Good(&'c [CertificateName]),
    /// It expired since it was presented.
    Expired,
    /// It is no longer signed by an authority that is trusted, or it was revoked.
    Distrusted,
}

/// A client certificate that was good when it was presented.
#[derive(Debug)]
struct Presented {
    chain: Vec<CertificateDer<'static>>,
    facts: Facts,
    /// The generation of credentials that it was found good by last.
    good_in: AtomicU64,
}

impl Caller {
    /// One of whom nothing but that is known.
    pub(crate) fn unknown(peer: Peer) -> Self {
        Self { peer, certificate: None }
    }

    /// One whose handshake was held against this snapshot.
    ///
    /// # Errors
    /// Where its certificate cannot be read.
    pub(crate) fn after_handshake(
        peer: Peer,
        connection: &ServerConnection,
        snapshot: &Snapshot,
    ) -> Result<Self, String> {
        let Some(chain) = connection.peer_certificates() else { return Ok(Self::unknown(peer)) };
        let first = chain.first().ok_or_else(|| "there is no client certificate".to_owned())?;
        let facts = Facts::of(first);
        let facts = facts.map_err(|error| format!("the client certificate cannot be read: {error}"))?;
        let chain = chain.iter().cloned().map(CertificateDer::into_owned).collect();
        let certificate = Some(Presented { chain, facts, good_in: AtomicU64::new(snapshot.generation) });
        Ok(Self { peer, certificate })
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
        Certificate::Good(&self.facts.names)
    }

    fn is_trusted(&self, snapshot: &Snapshot, now: SystemTime) -> bool {
        let verifier = snapshot.tls.as_ref().and_then(|tls| tls.clients.as_ref());
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO));
        verifier.zip(self.chain.split_first()).is_some_and(|(verifier, (certificate, between))| {
            verifier.verify_client_cert(certificate, between, now).is_ok()
        })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            Peer::Tcp(address) => address.fmt(f),
            Peer::Unix => f.write_str("unix socket"),
        }
    }
}
