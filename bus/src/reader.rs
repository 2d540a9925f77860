//! Reading a stream without consuming it.

use std::marker::PhantomData;

use futures::StreamExt;
use futures::stream::{BoxStream, Fuse};

use crate::backend::Incoming;
use crate::{BusError, Content, Id, codec};

/// Where a reader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the first message held.
    Earliest,
    /// At the first message at or behind this sequence number.
    Sequence(u64),
    /// At the first message stored at or after this time, in nanoseconds since the Unix epoch.
    Time(u64),
    /// Behind the last message of now.
    Latest,
}

/// A message together with its place on the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored<M> {
    /// Its sequence number, growing along the stream, from 1.
    pub sequence: u64,
    /// Its id.
    pub id: Id,
    /// When it was stored, in nanoseconds since the Unix epoch.
    pub time_unix_nanos: u64,
    /// Whether it is for one durable consumer only.
    pub addressed: bool,
    /// The message itself.
    pub message: M,
}

impl<M: Content> Stored<M> {
    pub(crate) fn decode(incoming: &Incoming) -> Result<Self, BusError> {
        Ok(Self {
            sequence: incoming.sequence,
            id: incoming.id,
            time_unix_nanos: incoming.time_unix_nanos,
            addressed: incoming.addressed,
            message: codec::decode(&incoming.payload)?,
        })
    }
}

/// The messages of a stream from a place on, in order.
pub struct Reader<M> {
    messages: Fuse<BoxStream<'static, Result<Incoming, BusError>>>,
    content: PhantomData<fn() -> M>,
}

impl<M: Content> Reader<M> {
    pub(crate) fn new(messages: BoxStream<'static, Result<Incoming, BusError>>) -> Self {
        Self { messages: messages.fuse(), content: PhantomData }
    }

    /// The next message; `None` at the end and ever after, which a following reader never reaches.
    ///
    /// # Errors
    /// [`BusError::Corrupt`] for a message that cannot be decoded (reading may go on behind it); others are final.
    pub async fn next(&mut self) -> Result<Option<Stored<M>>, BusError> {
        match self.messages.next().await {
            None => Ok(None),
            Some(incoming) => Stored::decode(&incoming?).map(Some),
        }
    }
}
