//! [`Caller`]: who is at the other end of a connection: its address, and the client certificate that it presented.

use std::net::SocketAddr;
use std::time::SystemTime;

use rustls::ServerConnection;
use service::credentials::{Certificate, Presented, Unreadable};

use super::Snapshot;

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) address: SocketAddr,
    certificate: Option<Presented>,
}

impl Caller {
    /// One of whom nothing but the address is known.
    pub(crate) fn unknown(address: SocketAddr) -> Self {
        Self { address, certificate: None }
    }

    /// One whose handshake was held against this snapshot.
    ///
    /// # Errors
    /// Where the client certificate cannot be read.
    pub(crate) fn after_handshake(
        address: SocketAddr,
        connection: &ServerConnection,
        snapshot: &Snapshot,
    ) -> Result<Self, Unreadable> {
        let certificate = Presented::after_handshake(connection, snapshot.generation)?;
        Ok(Self { address, certificate })
    }

    /// How its certificate stands now.
    pub(crate) fn certificate(&self, snapshot: &Snapshot, now: SystemTime) -> Certificate<'_> {
        match &self.certificate {
            Some(presented) => presented.standing(snapshot.tls.as_ref(), snapshot.generation, now),
            None => Certificate::None,
        }
    }
}
