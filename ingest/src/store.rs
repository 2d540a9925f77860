//! Puts all of a body onto the bus, and comes back only once it is stored there.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bus::BusError;
use futures::{Stream, StreamExt};
use proto::bus::v1::DeadLetter;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;

use crate::batch::{Batch, Batches};
use crate::dead_letter;
use crate::monitor::Monitor;
use crate::reach::Reach;
use crate::split::NotJson;

/// How many messages of one body are on their way at a time.
const IN_FLIGHT: usize = 16;

/// How many KiB of messages of all bodies are encoded at a time; a larger one goes alone.
const ENCODED_KIB: u32 = 32 << 10;

/// The way onto the bus, shared by all requests.
#[derive(Clone)]
pub(crate) struct Store {
    bus: Reach,
    /// Counts KiB of messages that are encoded, which takes a few times their size.
    room: Arc<Semaphore>,
    patience: Duration,
    monitor: Monitor,
}

/// What became of a body. All but `received` add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    /// Events, and pieces that are none.
    pub(crate) received: usize,
    /// Events that are new on the bus.
    pub(crate) stored: usize,
    /// Events that the bus held already.
    pub(crate) duplicates: usize,
    /// Pieces that are dead letters now.
    pub(crate) quarantined: usize,
}

/// Why a body is not stored, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Nothing in it is JSON; its head is kept.
    #[error(transparent)]
    NotJson(#[from] NotJson),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("nothing was stored for {0:?}")]
    Stalled(Duration),
    #[error("splitting the body failed: {0}")]
    Split(#[from] JoinError),
}

impl Store {
    /// `patience`: how long to wait while the bus stores nothing.
    pub(crate) fn new(bus: Reach, patience: Duration) -> Self {
        let room = Arc::new(Semaphore::new(usize::try_from(ENCODED_KIB).unwrap_or(1)));
        Self { bus, room, patience, monitor: Monitor::unobserved() }
    }

    /// Tells what it stores.
    pub(crate) fn telling(self, monitor: Monitor) -> Self {
        Self { monitor, ..self }
    }

    /// Fails where nothing can be stored yet, so that no body is read for nothing.
    pub(crate) fn check_reached(&self) -> Result<(), StoreError> {
        self.bus.bus()?;
        Ok(())
    }

    /// Stores a body. It may be handed in again after an error: what was stored is not stored again.
    pub(crate) async fn store(&self, batches: Batches) -> Result<Counts, StoreError> {
        let whole = (batches.origin().clone(), batches.body().clone(), batches.redactor().clone());
        let stored =
            one_by_one(batches).map(|batch| async { self.publish(batch?).await }).buffer_unordered(IN_FLIGHT);
        let mut stored = pin!(stored);
        let mut total = Counts::default();
        loop {
            let next = timeout(self.patience, stored.next())
                .await
                .map_err(|_| StoreError::Stalled(self.patience))?;
            match next {
                None => return Ok(total),
                Some(Ok(counts)) => total.add(counts),
                Some(Err(StoreError::NotJson(error))) => {
                    let letter = dead_letter::of_body(&whole.0, &error, &whole.1, &whole.2);
                    let stored = timeout(self.patience, self.publish_letter(&letter)).await;
                    stored.map_err(|_| StoreError::Stalled(self.patience))??;
                    return Err(error.into());
                }
                Some(Err(error)) => return Err(error),
            }
        }
    }

    async fn publish(&self, batch: Batch) -> Result<Counts, StoreError> {
        let counts = match batch {
            Batch::Chunk(chunk) => {
                let events = chunk.events.len();
                self.monitor.received(events);
                let _room = self.room(chunk.events.iter().map(|event| event.len()).sum()).await;
                let published = self.bus.bus()?.publish(&chunk).await;
                self.monitor.fullness.learns(&published);
                let receipt = published?;
                let (stored, duplicates) = if receipt.duplicate { (0, events) } else { (events, 0) };
                Counts { received: events, stored, duplicates, quarantined: 0 }
            }
            Batch::Letter(letter, pieces) => {
                self.monitor.received(pieces);
                self.publish_letter(&letter).await?;
                Counts { received: pieces, quarantined: pieces, ..Counts::default() }
            }
        };
        self.monitor.add(counts);
        Ok(counts)
    }

    async fn publish_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        let _room = self.room(letter.payload.len()).await;
        let published = self.bus.bus()?.publish(letter).await;
        self.monitor.fullness.learns(&published);
        if !published?.duplicate {
            self.monitor.letter(&letter.code);
        }
        Ok(())
    }

    /// Waits until a message of so many bytes may be encoded; given back when dropped.
    async fn room(&self, bytes: usize) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).clamp(1, ENCODED_KIB);
        // Never closed: there is always a permit in the end.
        self.room.acquire_many(kib).await.ok()
    }
}

/// The messages of a body, each made when it is asked for, on a thread of its own: reading some hundred MB at a stretch
/// would hold up every other request.
fn one_by_one(batches: Batches) -> impl Stream<Item = Result<Batch, StoreError>> {
    futures::stream::unfold(Some(batches), |batches| async {
        let mut batches = batches?;
        match spawn_blocking(move || (batches.next(), batches)).await {
            Ok((next, batches)) => next.map(|batch| (batch.map_err(Into::into), Some(batches))),
            Err(error) => Some((Err(error.into()), None)),
        }
    })
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.received += other.received;
        self.stored += other.stored;
        self.duplicates += other.duplicates;
        self.quarantined += other.quarantined;
    }
}
