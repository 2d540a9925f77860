//! What can go wrong on the bus.

use std::time::Duration;

/// What can go wrong on the bus, sorted by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BusError {
    /// The bus did not answer, is away or is starting: try again.
    #[error("the bus does not answer: {0}")]
    Unavailable(String),
    /// The bus did not answer in time; it may or may not have done what was asked. Asking again is safe, since ids come
    /// from content.
    #[error("the bus did not answer within {0:?}")]
    Timeout(Duration),
    /// The bus has no room. Messages must be settled or trimmed, or its limits raised.
    #[error("the bus is full: {0}")]
    Full(String),
    /// The store is open in another process, and what was asked needs to own it.
    #[error("{0} is open in another process; stop that one, or use a command that reads")]
    Busy(String),
    /// The bus is not as it must be: version, settings, permissions. Trying again does not help.
    #[error("{0}")]
    Setup(String),
    /// What is stored cannot be read.
    #[error("the bus holds something unreadable: {0}")]
    Corrupt(String),
    /// The bus is being closed.
    #[error("the bus is closing")]
    Closed,
}

impl BusError {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout(_) | Self::Full(_))
    }
}

/// Why a consumer is not forgotten, on any backend.
pub(crate) fn in_use(name: &str) -> BusError {
    BusError::Setup(format!("somebody works for consumer `{name}`: stop that first"))
}
