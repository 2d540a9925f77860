//! [`Streams`]: how many streams may be open, in total and of one client.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use super::gate::Admitted;
use super::monitor::{GrpcMonitor, Method, Open};

/// The streams that are open.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    free: Arc<Semaphore>,
    max: usize,
    told: GrpcMonitor,
}

/// A stream is open while this lives.
#[derive(Debug)]
pub(crate) struct Slot {
    _total: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    admitted: Admitted,
    told: Open,
}

impl Streams {
    pub(crate) fn new(max: usize, told: GrpcMonitor) -> Self {
        let max = max.min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(max)), max, told }
    }

    /// How many are open.
    pub(crate) fn open(&self) -> u64 {
        u64::try_from(self.max.saturating_sub(self.free.available_permits())).unwrap_or(u64::MAX)
    }

    /// Opens one more.
    ///
    /// # Errors
    /// Where there are too many.
    pub(crate) fn begin(&self, admitted: Admitted, method: Method) -> Result<Slot, Status> {
        let full = |key: &str| {
            Status::resource_exhausted(format!(
                "too many streams are open: notifier.grpc.{key} says how many may be"
            ))
        };
        let own = Arc::clone(&admitted.viewer.streams).try_acquire_owned();
        let own = own.map_err(|_| full("max_streams_per_identity"))?;
        let total = Arc::clone(&self.free).try_acquire_owned().map_err(|_| full("max_streams"))?;
        Ok(Slot { _total: total, _own: own, admitted, told: self.told.opened(method) })
    }
}

impl Slot {
    /// Whether the client would be let in still.
    ///
    /// # Errors
    /// Where it would not.
    pub(crate) fn still(&self) -> Result<(), Status> {
        self.admitted.still()
    }

    /// Where to tell what becomes of the stream.
    pub(crate) fn told(&self) -> &Open {
        &self.told
    }
}
