//! Whether a worker waits for a message.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How often a worker has begun to wait, and whether it still does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    number: u64,
    waits: bool,
    stopped: Option<Instant>,
}

impl Demand {
    /// Which time of asking this is.
    pub(super) fn number(self) -> u64 {
        self.number
    }

    /// Whether the worker waits, and not merely for what it was given at its `served`-th asking.
    pub(super) fn is_beyond(self, served: u64) -> bool {
        self.waits && self.number > served
    }

    /// Whether the worker waits, or stopped no longer than `grace` ago.
    pub(super) fn stands(self, grace: Duration) -> bool {
        self.waits || self.stopped.is_some_and(|stopped| stopped.elapsed() < grace)
    }
}

/// A worker's waiting; it ends when this is dropped.
pub(super) struct Asking<'a>(&'a watch::Sender<Demand>);

impl<'a> Asking<'a> {
    pub(super) fn begin(demand: &'a watch::Sender<Demand>) -> Self {
        demand.send_modify(|demand| {
            demand.number += 1;
            demand.waits = true;
        });
        Self(demand)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|demand| {
            demand.waits = false;
            demand.stopped = Some(Instant::now());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_asking_is_served_once() {
        let (sender, receiver) = watch::channel(Demand::default());
        let first = Asking::begin(&sender);
        assert!(receiver.borrow().is_beyond(0));
        let served = receiver.borrow().number();
        assert!(!receiver.borrow().is_beyond(served));
        drop(first);
        let _second = Asking::begin(&sender);
        assert!(receiver.borrow().is_beyond(served));
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_break_is_no_giving_up() {
        let (sender, receiver) = watch::channel(Demand::default());
        let grace = Duration::from_millis(100);
        assert!(!receiver.borrow().stands(grace));
        drop(Asking::begin(&sender));
        tokio::time::advance(grace / 2).await;
        assert!(receiver.borrow().stands(grace));
        tokio::time::advance(grace).await;
        assert!(!receiver.borrow().stands(grace));
        let _asking = Asking::begin(&sender);
        assert!(receiver.borrow().stands(grace));
    }
}
