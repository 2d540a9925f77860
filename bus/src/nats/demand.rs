//! Whether a worker waits for a message.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How often a worker has begun to wait, and whether it still does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    number: u64,
    open: bool,
}

impl Demand {
    /// Which time of asking this is.
    pub(super) fn number(self) -> u64 {
        self.number
    }

    /// Whether the worker waits, and not merely for what it was given at its `served`-th asking.
    pub(super) fn is_beyond(self, served: u64) -> bool {
        self.open && self.number > served
    }

    /// Resolves once the worker has not waited for as long as `grace`.
    pub(super) async fn given_up(demand: &mut watch::Receiver<Self>, grace: Duration) {
        loop {
            if demand.wait_for(|demand| !demand.open).await.is_err()
                || timeout(grace, demand.wait_for(|demand| demand.open)).await.is_err()
            {
                return;
            }
        }
    }
}

/// A worker's waiting; it ends when this is dropped.
pub(super) struct Asking<'a>(&'a watch::Sender<Demand>);

impl<'a> Asking<'a> {
    pub(super) fn begin(demand: &'a watch::Sender<Demand>) -> Self {
        demand.send_modify(|demand| *demand = Demand { number: demand.number + 1, open: true });
        Self(demand)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|demand| demand.open = false);
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
        let (sender, mut receiver) = watch::channel(Demand::default());
        let grace = Duration::from_millis(100);
        let busy = async {
            for _ in 0..10 {
                let _asking = Asking::begin(&sender);
                tokio::time::sleep(grace).await;
            }
            tokio::time::sleep(2 * grace).await;
        };
        let began = tokio::time::Instant::now();
        tokio::select! {
            () = busy => panic!("never given up"),
            () = Demand::given_up(&mut receiver, grace) => assert!(began.elapsed() >= 11 * grace),
        }
    }
}
