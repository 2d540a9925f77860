//! The store as a whole: its file, its writer, its consumers, and how to ask them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, Limits};
use super::consumers::Consumers;
use super::disk::{Disk, Fault};
use super::tables::Totals;
use super::writer::{Heads, Job, Order, Queued, Writer};
use crate::backend::Outgoing;
use crate::{BusError, Receipt, Settings, Stream};

/// How many bytes of messages may wait for the disk before publishers wait for room.
const ROOM: usize = 64 << 20;
/// How many writes may wait for the disk.
const QUEUE: usize = 4096;

/// An open store.
pub(super) struct Store {
    pub(super) disk: Arc<Disk>,
    pub(super) heads: Arc<Heads>,
    pub(super) consumers: Arc<Consumers>,
    /// Cancelled when the store is being closed.
    pub(super) closing: CancellationToken,
    timeout: Duration,
    max_bytes: u64,
    orders: mpsc::Sender<Order>,
    room: Arc<Semaphore>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Starts the writer on an open file. Blocks.
    pub(super) fn start(disk: Disk, settings: &Settings) -> Result<Self, BusError> {
        let consumers = Consumers::load(&disk)?;
        let last = |stream| disk.read(|txn| Ok(Totals::of(txn, stream)?.last_sequence));
        let (events, alerts, dead_letters) =
            (last(Stream::Events)?, last(Stream::Alerts)?, last(Stream::DeadLetters)?);
        let heads = Arc::new(Heads::new(|stream| match stream {
            Stream::Events => events,
            Stream::Alerts => alerts,
            Stream::DeadLetters => dead_letters,
        }));
        let disk = Arc::new(disk);
        let (orders, queue) = mpsc::channel(QUEUE);
        let writer =
            Writer { disk: Arc::clone(&disk), heads: Arc::clone(&heads), limits: Limits::of(settings) };
        let thread =
            std::thread::Builder::new()
                .name("bus-writer".into())
                .spawn(move || writer.run(queue))
                .map_err(|error| BusError::Setup(format!("cannot start the writer's thread: {error}")))?;
        Ok(Self {
            disk,
            heads,
            consumers: Arc::new(consumers),
            closing: CancellationToken::new(),
            timeout: settings.timeout,
            max_bytes: settings.max_bytes,
            orders,
            room: Arc::new(Semaphore::new(ROOM)),
            writer: Mutex::new(Some(thread)),
        })
    }

    /// How many bytes a stream may hold.
    pub(super) fn limit(&self, stream: Stream) -> u64 {
        stream.share().of(self.max_bytes)
    }

    pub(super) async fn publish(&self, stream: Stream, message: Outgoing) -> Result<Receipt, BusError> {
        let bytes = message.payload.len();
        let stored = self.write(bytes, move |batch: &mut Batch<'_>| batch.publish(stream, &message));
        tokio::time::timeout(self.timeout, stored).await.map_err(|_| BusError::Timeout(self.timeout))??
    }

    pub(super) async fn trim(&self, stream: Stream, keep: Duration) -> Result<u64, BusError> {
        let (mut removed, mut from) = (0, Some(0));
        while let Some(start) = from {
            let consumers = Arc::clone(&self.consumers);
            let step = self
                .write(0, move |batch: &mut Batch<'_>| batch.trim(stream, keep, start, &consumers))
                .await?;
            removed += step.removed;
            from = step.next;
        }
        Ok(removed)
    }

    /// Has the writer do something; returns once that is on disk. What was begun is done even if nobody waits any
    /// more.
    pub(super) async fn write<T, F>(&self, bytes: usize, work: F) -> Result<T, BusError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Batch<'_>) -> Result<T, Fault> + Send + 'static,
    {
        // One message larger than all the room takes all of it.
        let share = u32::try_from(bytes.min(ROOM)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(share).await.map_err(|_| BusError::Closed)?;
        let (job, answer) = Job::new(work);
        let queued = Queued { work: Box::new(job), bytes, room };
        self.orders.send(Order::Write(queued)).await.map_err(|_| BusError::Closed)?;
        answer.await.map_err(|_| BusError::Closed)?
    }

    /// Does something that blocks on the disk.
    pub(super) async fn blocking<T, F>(self: &Arc<Self>, work: F) -> Result<T, BusError>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, BusError> + Send + 'static,
    {
        let store = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        done.map_err(|error| BusError::Unavailable(format!("reading the store: {error}")))?
    }

    /// Writes what waits, and lets go of the file.
    pub(super) async fn close(self: &Arc<Self>) -> Result<(), BusError> {
        self.closing.cancel();
        let consumers = Arc::clone(&self.consumers);
        let ended = self.write(0, move |batch: &mut Batch<'_>| {
            consumers.all().iter().try_for_each(|durable| {
                durable.share().end();
                batch.keep_progress(durable, &BTreeSet::new())
            })
        });
        if let Err(error) = ended.await {
            // The next process takes this one for one that died, and is the more careful.
            tracing::debug!(%error, "the store does not know that it was closed in order");
        }
        // An error means that the writer has gone already.
        self.orders.send(Order::Stop).await.ok();
        self.blocking(|store| {
            let writer = store.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            if writer.is_some_and(|thread| thread.join().is_err()) {
                return Err(BusError::Unavailable("the writer's thread ended in a panic".into()));
            }
            store.disk.close();
            Ok(())
        })
        .await
    }
}
