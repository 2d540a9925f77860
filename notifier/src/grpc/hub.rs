//! [`Hub`]: follows the stream of alerts once for all subscribers, for as long as there are any.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bus::{Bus, BusError, Start, Stored, Stream};
use proto::alerts::v1::Alert;
use tokio::sync::watch;
use tokio::time::sleep;

use super::ring::{Ring, Take};

/// How long to wait for a bus that is away.
const AGAIN: Duration = Duration::from_secs(1);

/// Follows the stream of alerts for all subscribers.
pub(crate) struct Hub {
    bus: Bus,
    limit: usize,
    ring: Mutex<Ring>,
    /// The place behind the last message; 0 while the stream is not followed.
    head: watch::Sender<u64>,
    interested: watch::Sender<usize>,
}

/// A subscriber's interest: while there is one, the stream is followed.
pub(crate) struct Interest {
    hub: Arc<Hub>,
    head: watch::Receiver<u64>,
}

impl Hub {
    /// One that keeps the latest `limit` bytes of alerts.
    pub(crate) fn new(bus: Bus, limit: usize) -> Arc<Self> {
        let ring = Mutex::default();
        Arc::new(Self { bus, limit, ring, head: watch::Sender::new(0), interested: watch::Sender::new(0) })
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Follows the stream while there are subscribers, until it is dropped or the bus closes.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut interested = self.interested.subscribe();
        loop {
            if interested.wait_for(|count| *count > 0).await.is_err() {
                return;
            }
            let followed = self.follow(&mut interested).await;
            self.head.send_replace(0);
            match followed {
                Ok(()) => self.ring().restart(0),
                Err(BusError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "alerts cannot be followed for gRPC; trying again");
                    sleep(AGAIN).await;
                }
            }
        }
    }

    async fn follow(&self, interested: &mut watch::Receiver<usize>) -> Result<(), BusError> {
        let start = self.bus.status(Stream::Alerts).await?.last_sequence.saturating_add(1);
        self.ring().restart(start);
        self.head.send_replace(start);
        let mut reader = self.bus.follow::<Alert>(Start::Sequence(start)).await?;
        loop {
            let read = tokio::select! {
                read = reader.next() => read,
                _ = interested.wait_for(|count| *count == 0) => return Ok(()),
            };
            match read {
                Ok(Some(stored)) => self.add(stored),
                Ok(None) => return Err(BusError::Closed),
                Err(error @ BusError::Corrupt(_)) => tracing::warn!(%error, "an alert cannot be read"),
                Err(error) => return Err(error),
            }
        }
    }

    fn add(&self, stored: Stored<Alert>) {
        let end = {
            let mut ring = self.ring();
            ring.push(stored, self.limit);
            ring.end()
        };
        self.head.send_replace(end);
    }

    /// Nobody panics while holding it.
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interest {
    pub(crate) fn of(hub: &Arc<Hub>) -> Self {
        hub.interested.send_modify(|count| *count = count.saturating_add(1));
        Self { hub: Arc::clone(hub), head: hub.head.subscribe() }
    }

    /// Waits until the stream is followed; safe to cancel.
    pub(crate) async fn followed(&mut self) {
        self.beyond(0).await;
    }

    /// Waits until there is something at or behind that place; safe to cancel.
    pub(crate) async fn beyond(&mut self, next: u64) {
        // The sender lives as long as the hub, which is held here.
        let _ = self.head.wait_for(|head| *head > next).await;
    }

    pub(crate) fn is_followed(&self) -> bool {
        *self.head.borrow() > 0
    }

    /// What there is from a place on, and in which epoch of the ring.
    pub(crate) fn take(&self, next: u64, most: usize) -> (Take, u64) {
        let ring = self.hub.ring();
        (ring.take(next, most), ring.epoch())
    }

    /// How many messages lie behind that place.
    pub(crate) fn lag(&self, next: u64) -> u64 {
        self.head.borrow().saturating_sub(next)
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.hub.bus
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.hub.interested.send_modify(|count| *count = count.saturating_sub(1));
    }
}
