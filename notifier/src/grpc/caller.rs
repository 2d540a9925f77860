//! [`Caller`]: who is at the other end of a connection: where it comes from, and the client certificate that it presented.

use std::fmt;
use std::net::SocketAddr;
use std::time::SystemTime;

use rustls::ServerConnection;
use service::credentials::{Certificate, Presented, Unreadable};

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

impl Caller {
    /// One of whom nothing but that is known.
    pub(crate) fn unknown(peer: Peer) -> Self {
        Self { peer, certificate: None }
    }

    /// One whose handshake was held against this snapshot.
    ///
    /// # Errors
    /// Where the client certificate cannot be read.
    pub(crate) fn after_handshake(
        peer: Peer,
        connection: &ServerConnection,
        snapshot: &Snapshot,
    ) -> Result<Self, Unreadable> {
        let certificate = Presented::after_handshake(connection, snapshot.generation)?;
        Ok(Self { peer, certificate })
    }

    /// How its certificate stands now.
    pub(crate) fn certificate(&self, snapshot: &Snapshot, now: SystemTime) -> Certificate<'_> {
        match &self.certificate {
            Some(presented) => presented.standing(snapshot.tls.as_ref(), snapshot.generation, now),
            None => Certificate::None,
        }
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
