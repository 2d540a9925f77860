//! [`Judge`]: whoever says which alerts an event raises. The rules do; the worker does not need to know how.

use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;

/// Says which alerts an event raises.
pub(crate) trait Judge: Send {
    /// A chunk begins: what judges its first event judges all of it.
    fn begin(&mut self);

    /// The alerts that `event`, one of the chunk's, raises. Their ids are made from its `identity`.
    ///
    /// # Errors
    /// Why it cannot be judged at all.
    fn judge(&mut self, event: &[u8], identity: &[u8], chunk: &EventChunk) -> Result<Vec<Alert>, Unusable>;

    /// Starts anew after a panic: what it had noted down may be half done.
    fn renew(&mut self);
}

/// Bytes that are no event, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unusable(pub(crate) String);
