//! What one identity has in hand, so that it cannot take everything for itself.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::memory::Holder;

/// What one identity has in hand.
#[derive(Debug)]
pub(crate) struct Usage {
    requests: Arc<Semaphore>,
    memory: Option<Holder>,
}

/// A request is in hand while this lives.
#[derive(Debug)]
pub(crate) struct InHand {
    _permit: OwnedSemaphorePermit,
}

impl Usage {
    /// Of one that may have so many requests in hand, and shares the memory with `others` identities.
    pub(crate) fn new(max_requests: usize, others: usize) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(max_requests.min(Semaphore::MAX_PERMITS))),
            memory: (others > 0).then(Holder::default),
        }
    }

    /// Takes one more request in hand; `None` where there are too many.
    pub(crate) fn begin(&self) -> Option<InHand> {
        Arc::clone(&self.requests).try_acquire_owned().ok().map(|permit| InHand { _permit: permit })
    }

    /// On whose account its bodies take memory.
    pub(crate) fn memory(&self) -> Option<&Holder> {
        self.memory.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_hand_are_bounded() {
        let usage = Usage::new(2, 0);
        let (one, two) = (usage.begin(), usage.begin());
        assert!(one.is_some() && two.is_some() && usage.begin().is_none());
        drop(one);
        assert!(usage.begin().is_some());
        assert!(usage.memory().is_none(), "whoever is alone shares nothing");
    }
}
