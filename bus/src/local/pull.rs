//! One worker's share of a durable consumer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::Instant;

use super::consumers::Durable;
use super::read::{self, Span};
use super::share::{Lease, Take};
use super::store::Store;
use crate::backend::{Incoming, Pull, RawDelivery, Settle};
use crate::{BusError, ConsumerSpec, Stream};

/// How long to wait before reading again from a disk that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// A worker's end of a durable consumer.
pub(super) struct Worker {
    store: Arc<Store>,
    durable: Arc<Durable>,
    head: watch::Receiver<u64>,
    prefetch: usize,
}

impl Worker {
    /// Joins the consumer, which is on disk when this returns.
    pub(super) async fn join(
        store: Arc<Store>,
        stream: Stream,
        spec: &ConsumerSpec,
    ) -> Result<Self, BusError> {
        let durable = store.consumers.get_or_create(stream, &spec.name);
        durable
            .share()
            .join(spec)
            .map_err(|why| BusError::Setup(format!("consumer {}: {why}", spec.name)))?;
        let head = store.heads.of(stream).subscribe();
        let worker = Self { store, durable, head, prefetch: spec.prefetch.max(1) };
        let durable = Arc::clone(&worker.durable);
        worker
            .store
            .write(0, move |batch| batch.keep_progress(&durable, &std::collections::BTreeSet::new()))
            .await?;
        Ok(worker)
    }

    /// The next message, if there is one to be given now.
    async fn try_next(&mut self) -> Result<Option<RawDelivery>, BusError> {
        loop {
            let head = *self.head.borrow_and_update();
            while self.durable.share().wants_more(head) {
                self.read_ahead(head).await?;
            }
            let take = self.durable.share().take(Instant::now());
            match take {
                Take::Nothing => return Ok(None),
                Take::Ready(message, lease) => return Ok(Some(self.deliver(message, lease))),
                Take::Again(lease) => {
                    if let Some(delivery) = self.deliver_again(lease).await? {
                        return Ok(Some(delivery));
                    }
                }
            }
        }
    }

    fn deliver(&self, message: Incoming, lease: Lease) -> RawDelivery {
        let settle = Hold { store: Arc::clone(&self.store), durable: Arc::clone(&self.durable), lease };
        RawDelivery { message, attempt: lease.attempt, settle: Box::new(settle) }
    }

    /// Reads a message that comes again; `None` where it was removed meanwhile.
    async fn deliver_again(&self, lease: Lease) -> Result<Option<RawDelivery>, BusError> {
        let mut released = Released { durable: &self.durable, lease: Some(lease) };
        let stream = self.durable.stream();
        let message =
            self.store.blocking(move |store| read::message(&store.disk, stream, lease.sequence)).await?;
        let Some(message) = message else {
            let durable = Arc::clone(&self.durable);
            self.store
                .write(0, move |batch| {
                    batch.settle(&durable, lease.sequence);
                    Ok(())
                })
                .await?;
            return Ok(None);
        };
        released.lease = None;
        Ok(Some(self.deliver(message, lease)))
    }

    /// Reads ahead for all workers, unless another is at it or was just now.
    async fn read_ahead(&self, head: u64) -> Result<(), BusError> {
        let turn = Arc::clone(&self.durable.reading_ahead).lock_owned().await;
        if self.durable.share().is_ready() {
            return Ok(());
        }
        let (durable, prefetch) = (Arc::clone(&self.durable), self.prefetch);
        self.store
            .blocking(move |store| {
                let most = prefetch.saturating_mul(durable.share().workers().max(1));
                let span = Span { from: durable.share().next(), head };
                let (messages, next) = read::ahead(&store.disk, &durable, &span, most)?;
                durable.share().read_ahead(messages, next);
                // The turn ends here, even where the worker that began it was cancelled.
                drop(turn);
                Ok(())
            })
            .await
    }
}

#[async_trait]
impl Pull for Worker {
    async fn next(&mut self) -> Result<RawDelivery, BusError> {
        let durable = Arc::clone(&self.durable);
        let closing = self.store.closing.clone();
        loop {
            let changed = durable.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let again = tokio::select! {
                biased;
                () = closing.cancelled() => return Err(BusError::Closed),
                found = self.try_next() => match found {
                    Ok(Some(delivery)) => return Ok(delivery),
                    Ok(None) => durable.share().next_due(),
                    Err(error) if error.is_transient() => {
                        tracing::warn!(%error, consumer = durable.name(), "reading again in a moment");
                        Some(Instant::now() + PAUSE)
                    }
                    Err(error) => return Err(error),
                },
            };
            tokio::select! {
                () = closing.cancelled() => return Err(BusError::Closed),
                () = changed => {}
                _ = self.head.changed() => {}
                () = until(again) => {}
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.durable.share().leave();
    }
}

/// Waits until then, or for ever.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// A message in a worker's hands.
struct Hold {
    store: Arc<Store>,
    durable: Arc<Durable>,
    lease: Lease,
}

#[async_trait]
impl Settle for Hold {
    async fn ack(&mut self) -> Result<(), BusError> {
        let (durable, sequence) = (Arc::clone(&self.durable), self.lease.sequence);
        self.store
            .write(0, move |batch| {
                batch.settle(&durable, sequence);
                Ok(())
            })
            .await
    }

    async fn retry(&mut self, delay: Duration) -> Result<(), BusError> {
        self.durable.put_off(self.lease, Instant::now() + delay);
        Ok(())
    }

    async fn extend(&mut self) -> Result<(), BusError> {
        self.durable.share().extend(self.lease, Instant::now());
        Ok(())
    }

    fn release(&mut self) {
        self.durable.put_off(self.lease, Instant::now());
    }
}

/// Releases a message whose reading was cancelled.
struct Released<'a> {
    durable: &'a Durable,
    lease: Option<Lease>,
}

impl Drop for Released<'_> {
    fn drop(&mut self) {
        if let Some(lease) = self.lease {
            self.durable.put_off(lease, Instant::now());
        }
    }
}
