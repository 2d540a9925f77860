//! What a backend must do, in terms of bytes. Everything above it is typed and the same for all backends.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use tokio::sync::watch;

use crate::durability::Durability;
use crate::kv::Entry;
use crate::{BusError, ConsumerSpec, Id, Receipt, Room, Start, Stream, StreamStatus, TraceContext};

/// A message on its way to a stream.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) id: Id,
    /// Encoded and compressed; of any size: a backend with a limit splits it and puts it together again.
    pub(crate) payload: Bytes,
    /// The one durable consumer it is for; all of them where none. Such a message is never taken for a duplicate of
    /// the one for all.
    pub(crate) only_for: Option<String>,
    /// Which trace it belongs to. Of a duplicate it is forgotten.
    pub(crate) trace: Option<TraceContext>,
}

/// A message as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) id: Id,
    pub(crate) sequence: u64,
    /// When it was stored, in nanoseconds since the Unix epoch.
    pub(crate) time_unix_nanos: u64,
    pub(crate) payload: Bytes,
    /// Whether it is for one durable consumer only.
    pub(crate) addressed: bool,
    pub(crate) trace: Option<TraceContext>,
}

/// A message given to a worker, with the means to settle it.
pub(crate) struct RawDelivery {
    pub(crate) message: Incoming,
    /// 1 for the first time.
    pub(crate) attempt: u64,
    pub(crate) settle: Box<dyn Settle>,
}

/// Settles one delivery. A delivery whose `Settle` is dropped unsettled must come again at once.
#[async_trait]
pub(crate) trait Settle: Send + Sync {
    /// The message is done with. Returns once that is durable.
    async fn ack(&mut self) -> Result<(), BusError>;
    /// Give it to some worker again, not before `delay` has passed.
    async fn retry(&mut self, delay: Duration) -> Result<(), BusError>;
    /// The worker is still at it: start the time for settling anew.
    async fn extend(&mut self) -> Result<(), BusError>;
    /// As `retry` without delay, for `Drop`: must not block and cannot fail.
    fn release(&mut self);
}

/// The messages of a durable consumer, for one worker.
#[async_trait]
pub(crate) trait Pull: Send {
    /// Waits for the next message. Must be safe to cancel: a message is either returned or goes to another worker.
    /// Outages of the bus are waited out; an error is final.
    async fn next(&mut self) -> Result<RawDelivery, BusError>;
}

/// A store of streams and keys.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    async fn publish(&self, stream: Stream, message: Outgoing) -> Result<Receipt, BusError>;
    async fn consume(&self, stream: Stream, spec: &ConsumerSpec) -> Result<Box<dyn Pull>, BusError>;
    /// Ends once all messages of now are read, unless `follow`.
    async fn read(
        &self,
        stream: Stream,
        start: Start,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<Incoming, BusError>>, BusError>;
    /// By id; only of `Alerts` and `DeadLetters`, whose ids people see.
    async fn get(&self, stream: Stream, id: Id) -> Result<Option<Incoming>, BusError>;
    async fn remove(&self, stream: Stream, id: Id) -> Result<bool, BusError>;
    /// Removes a durable consumer; `Setup` where somebody works for it.
    async fn forget(&self, stream: Stream, consumer: &str) -> Result<bool, BusError>;
    async fn status(&self, stream: Stream) -> Result<StreamStatus, BusError>;
    /// What a stream holds of what it may. Only who has the store itself knows.
    async fn room(&self, stream: Stream) -> Result<Room, BusError> {
        Err(BusError::Setup(format!("how much room stream {} has is not told here", stream.name())))
    }
    /// Removes the messages that are older than `keep` and settled by every durable consumer; returns how many.
    async fn trim(&self, stream: Stream, keep: Duration) -> Result<u64, BusError>;

    async fn kv_get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError>;
    /// `None` for `value` deletes. `None` where another revision than the expected one was found.
    async fn kv_put(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<Option<u64>, BusError>;
    /// First every key as it is, then each change.
    async fn kv_watch(&self, bucket: &str) -> Result<BoxStream<'static, Result<Entry, BusError>>, BusError>;

    /// What it is worth that a message is acknowledged; `None` where somebody else's process knows.
    fn durability(&self) -> Option<Durability> {
        None
    }
    /// What it is called where traces name it: `messaging.system`.
    fn system(&self) -> &'static str {
        "saker"
    }
    /// Whether it can be reached, now and from now on. What is on this machine always can.
    fn reachable(&self) -> watch::Receiver<bool> {
        watch::channel(true).1
    }
    /// Finishes what was begun and lets go of the store.
    async fn close(&self) -> Result<(), BusError>;
}
