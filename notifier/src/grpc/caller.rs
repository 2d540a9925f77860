//! [`Caller`]: who is at the other end of a connection.

use std::fmt;
use std::net::SocketAddr;

/// Who is at the other end of a connection.
#[derive(Debug)]
pub(crate) struct Caller {
    peer: Peer,
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
        Self { peer }
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
