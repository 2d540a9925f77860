//! [`Bus`]: the typed face of whichever backend there is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::Instrument;

use crate::backend::{Backend, Outgoing};
use crate::retention::Retention;
use crate::{
    Address, Bucket, BusError, Consumer, ConsumerSpec, Content, DeadLetters, Id, Reader, Settings, Start,
    Stored, Stream, TraceContext, codec, kv, local, nats, spans,
};

/// A handle on the bus; cheap to clone.
#[derive(Clone)]
pub struct Bus {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) retention: Retention,
}

/// Where a published message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its sequence number; 0 where the backend does not say (a duplicate of an alert on NATS).
    pub sequence: u64,
    /// Whether the stream held it already, so that nothing was stored.
    pub duplicate: bool,
}

/// How many bytes a stream holds, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What it holds.
    pub held: u64,
    /// What it may hold.
    pub limit: u64,
}

/// What a stream holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamStatus {
    /// How many messages.
    pub messages: u64,
    /// How many bytes they take.
    pub bytes: u64,
    /// The lowest sequence number held; 0 where none is.
    pub first_sequence: u64,
    /// The highest sequence number ever given; 0 where none was.
    pub last_sequence: u64,
    /// Its durable consumers, by name.
    pub consumers: Vec<ConsumerStatus>,
}

/// How far a durable consumer is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerStatus {
    /// Its name.
    pub name: String,
    /// How many messages it has still to be given: its lag.
    pub pending: u64,
    /// How many it was given and has not settled.
    pub unsettled: u64,
    /// How many of those were given more than once.
    pub redelivered: u64,
}

impl Bus {
    /// Opens the bus, creating what it lacks (streams, tables).
    ///
    /// # Errors
    /// [`BusError::Unavailable`] where no server answers, [`BusError::Busy`] where another process holds the local
    /// store, [`BusError::Setup`] where the server or its streams are not as they must be.
    pub async fn open(address: &Address, settings: &Settings) -> Result<Self, BusError> {
        let backend: Arc<dyn Backend> = match address {
            Address::Local(directory) => Arc::new(local::Local::open(directory, settings).await?),
            Address::Nats(servers) => Arc::new(nats::Nats::connect(servers, settings).await?),
        };
        Ok(Self { backend, retention: Retention::of(settings) })
    }

    /// As [`Bus::open`], for an operator's command: a local store that another process holds is reached through its
    /// unix socket. Such a handle cannot [`consume`](Bus::consume).
    ///
    /// # Errors
    /// As [`Bus::open`].
    pub async fn open_for_operator(address: &Address, settings: &Settings) -> Result<Self, BusError> {
        match (Self::open(address, settings).await, address) {
            (Err(BusError::Busy(_)), Address::Local(directory)) => Ok(Self {
                backend: Arc::new(local::Remote::connect(directory).await?),
                retention: Retention::of(settings),
            }),
            (opened, _) => opened,
        }
    }

    /// Stores a message and returns once it is stored; does nothing where the stream holds its id already. Whoever is
    /// given the message goes on with the trace at hand, where there is one.
    ///
    /// # Errors
    /// Transient ones ([`BusError::is_transient`]) may be tried again with the same message.
    pub async fn publish<M: Content>(&self, message: &M) -> Result<Receipt, BusError> {
        let span = spans::sending(self, M::STREAM);
        let sent = self.publish_traced(message, spans::context(&span)).instrument(span.clone()).await;
        if sent.is_err() {
            spans::not_stored(&span);
        }
        sent
    }

    /// As [`Bus::publish`], for another trace or none: whoever is given the message is given this too. Of a duplicate it
    /// is forgotten.
    ///
    /// # Errors
    /// As those of [`Bus::publish`].
    pub async fn publish_traced<M: Content>(
        &self,
        message: &M,
        trace: Option<TraceContext>,
    ) -> Result<Receipt, BusError> {
        let payload = codec::encode(message)?;
        self.backend.publish(M::STREAM, Outgoing { id: message.id(), payload, only_for: None, trace }).await
    }

    /// As [`Bus::publish`], for one durable consumer only, under an id of its own: that of the message may be known
    /// already.
    ///
    /// # Errors
    /// As those of [`Bus::publish`].
    pub async fn publish_to<M: Content>(
        &self,
        consumer: &str,
        id: Id,
        message: &M,
    ) -> Result<Receipt, BusError> {
        let (payload, only_for) = (codec::encode(message)?, Some(consumer.to_owned()));
        self.backend.publish(M::STREAM, Outgoing { id, payload, only_for, trace: None }).await
    }

    /// Joins a durable consumer, creating it where there is none: each message goes to one worker of all that join
    /// under that name.
    ///
    /// # Errors
    /// [`BusError::Setup`] where its name cannot be one, or, on a local store, workers are at it on other terms. Those of
    /// reaching the bus.
    pub async fn consume<M: Content>(&self, spec: ConsumerSpec) -> Result<Consumer<M>, BusError> {
        if !kv::is_name(&spec.name) {
            return Err(BusError::Setup(format!(
                "`{}` is no name of a consumer: use letters, digits, - and _",
                spec.name
            )));
        }
        let pull = self.backend.consume(M::STREAM, &spec).await?;
        Ok(Consumer::new(self.clone(), spec, pull))
    }

    /// Reads without consuming, from a place on: all that is there now.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn read<M: Content>(&self, start: Start) -> Result<Reader<M>, BusError> {
        Ok(Reader::new(self.backend.read(M::STREAM, start, false).await?))
    }

    /// As [`Bus::read`], and then waits for what comes.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn follow<M: Content>(&self, start: Start) -> Result<Reader<M>, BusError> {
        Ok(Reader::new(self.backend.read(M::STREAM, start, true).await?))
    }

    /// The message with this id. Alerts and dead letters only: the ids of chunks of events are nobody's to know.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn get<M: Content>(&self, id: Id) -> Result<Option<Stored<M>>, BusError> {
        self.backend.get(M::STREAM, id).await?.map(|incoming| Stored::decode(&incoming)).transpose()
    }

    /// What a stream holds and how far its consumers are.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn status(&self, stream: Stream) -> Result<StreamStatus, BusError> {
        self.backend.status(stream).await
    }

    /// How many bytes a stream holds, of how many.
    ///
    /// # Errors
    /// Those of reaching the bus; [`BusError::Setup`] where another process holds the local store.
    pub async fn room(&self, stream: Stream) -> Result<Room, BusError> {
        self.backend.room(stream).await
    }

    /// Whether the bus can be reached and answers, now and whenever that changes. The value is the last one once the handle is
    /// closed or gone; a local store can always be reached.
    pub fn reachable(&self) -> watch::Receiver<bool> {
        self.backend.reachable()
    }

    /// Removes a durable consumer for good, with its claim to all that it has not settled; says whether there was one.
    /// A consumer that nobody works for any more keeps its messages from being trimmed until the stream is full.
    ///
    /// # Errors
    /// [`BusError::Setup`] where somebody works for it; those of reaching the bus.
    pub async fn forget(&self, stream: Stream, consumer: &str) -> Result<bool, BusError> {
        self.backend.forget(stream, consumer).await
    }

    /// Removes messages that are older than `keep` and that every durable consumer has settled; returns how many.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn trim(&self, stream: Stream, keep: Duration) -> Result<u64, BusError> {
        self.backend.trim(stream, keep).await
    }

    /// How long messages stay readable once all durable consumers have settled them.
    pub fn kept_for(&self) -> Duration {
        self.retention.keep()
    }

    /// What could not be used.
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(self.clone())
    }

    /// Keys and values under a name, to be written, read and watched.
    pub fn bucket(&self, name: &str) -> Bucket {
        Bucket::new(self.clone(), name)
    }

    /// Finishes what was begun and lets go of the store.
    ///
    /// # Errors
    /// Where the last writes could not be made durable.
    pub async fn close(&self) -> Result<(), BusError> {
        self.backend.close().await
    }
}
