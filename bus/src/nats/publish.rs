//! Messages on their way to the server: bounded in number and bytes, and answered within a time.

use std::sync::Arc;

use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::failure::NotStored;
use super::link::Link;
use super::{names, parts, topology};
use crate::backend::Outgoing;
use crate::{BusError, Receipt, Settings, Stream};

/// How many messages may be under way. More of them starve the consumers on the same connection.
const MAX_MESSAGES: u32 = 256;

/// How many kibibytes may be under way.
const MAX_KIBIBYTES: u32 = 16 << 10;

/// A message larger than this is split, whatever the server allows: the server's own advice is to stay well below 1 MB.
const LARGEST: usize = 512 << 10;

/// What subject and headers may take of the server's `max_payload`.
const HEADROOM: usize = 4 << 10;

/// The way to the server, shared by all who publish over a connection.
#[derive(Clone)]
pub(super) struct Publisher {
    pub(super) link: Link,
    settings: Settings,
    messages: Arc<Semaphore>,
    kibibytes: Arc<Semaphore>,
}

/// One message to be stored on one subject.
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) payload: Bytes,
}

impl Publisher {
    pub(super) fn new(link: Link, settings: Settings) -> Self {
        let messages = Arc::new(Semaphore::new(permits(MAX_MESSAGES)));
        let kibibytes = Arc::new(Semaphore::new(permits(MAX_KIBIBYTES)));
        Self { link, settings, messages, kibibytes }
    }

    /// Stores a message, in parts if it is too large for one.
    pub(super) async fn publish(&self, stream: Stream, message: Outgoing) -> Result<Receipt, BusError> {
        self.link.check_up()?;
        self.link.unless_silent(Box::pin(self.publish_anyway(stream, message))).await
    }

    async fn publish_anyway(&self, stream: Stream, message: Outgoing) -> Result<Receipt, BusError> {
        if message.payload.len() > self.part_size()? {
            return parts::publish(self, stream, message).await;
        }
        let only_for = message.only_for.as_deref();
        let subject = names::subject(stream, only_for, &names::key(stream, message.id))?;
        self.store(Letter { subject, headers: headers(stream, &message), payload: message.payload }).await
    }

    /// How large the payload of a message may be.
    pub(super) fn part_size(&self) -> Result<usize, BusError> {
        let max_payload = self.link.client.max_payload();
        max_payload.min(LARGEST).checked_sub(HEADROOM).filter(|size| *size >= HEADROOM).ok_or_else(|| {
            BusError::Setup(format!(
                "the NATS server takes no more than {max_payload} bytes: raise its `max_payload`"
            ))
        })
    }

    /// Stores one message and waits for the server to say so. Does nothing where it is stored already.
    pub(super) async fn store(&self, letter: Letter) -> Result<Receipt, BusError> {
        let _room = self.room(letter.payload.len()).await?;
        match self.send(&letter).await {
            Err(NotStored::NoStream) => {
                // Somebody removed the stream, or the server lost its store. Or it has no leader yet: asking tells.
                topology::ensure(&self.link, &self.settings).await?;
                self.send(&letter).await.or_else(receipt_of)
            }
            sent => sent.or_else(receipt_of),
        }
    }

    async fn send(&self, letter: &Letter) -> Result<Receipt, NotStored> {
        let mut message = PublishMessage::build().payload(letter.payload.clone());
        for (name, value) in &letter.headers {
            message = message.header(*name, value.as_str());
        }
        let not_stored = |error| NotStored::of_publish(&error, self.link.timeout);
        let answered = async {
            let answer = self.link.jetstream.send_publish(letter.subject.clone(), message).await;
            answer.map_err(not_stored)?.await.map_err(not_stored)
        };
        let asked = Instant::now();
        let acknowledged = self
            .link
            .if_permitted(&letter.subject, answered)
            .await
            .map_err(|failure| NotStored::Failed(failure.into()))?;
        match &acknowledged {
            Ok(_) | Err(NotStored::Duplicate | NotStored::Failed(BusError::Full(_))) => {
                self.link.pulse.answered()
            }
            Err(NotStored::Failed(BusError::Timeout(_))) => self.link.missed(asked),
            Err(_) => {}
        }
        let acknowledged = acknowledged?;
        Ok(Receipt { sequence: acknowledged.sequence, duplicate: acknowledged.duplicate })
    }

    /// Waits for others to get their answers, until there is room for `size` more bytes.
    async fn room(&self, size: usize) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), BusError> {
        let kibibytes = u32::try_from(size.div_ceil(1 << 10)).unwrap_or(u32::MAX).clamp(1, MAX_KIBIBYTES);
        let both = async {
            let message = self.messages.clone().acquire_owned().await.map_err(|_| BusError::Closed)?;
            let kibibytes = self.kibibytes.clone().acquire_many_owned(kibibytes).await;
            Ok((message, kibibytes.map_err(|_| BusError::Closed)?))
        };
        timeout(self.link.timeout, both).await.map_err(|_| BusError::Timeout(self.link.timeout))?
    }

    /// Takes no more messages and waits for the answers to those under way.
    pub(super) async fn close(&self) {
        let answered = self.messages.acquire_many(MAX_MESSAGES);
        // Those that do not answer in time have failed, and their callers know.
        drop(timeout(self.link.timeout, answered).await);
        self.messages.close();
    }
}

/// The headers of a message that is stored whole, or of the head of one that is not.
pub(super) fn headers(stream: Stream, message: &Outgoing) -> Vec<(&'static str, String)> {
    let id = message.id.to_string();
    // Where the subject is the id, the subject keeps duplicates out, for as long as the message is kept. The server
    // remembers these ids for longer: a dead letter that was removed could not be stored again.
    let message_id = match (stream, &message.only_for) {
        (Stream::Events, None) => Some(id.clone()),
        (Stream::Events, Some(consumer)) => Some(format!("{id}:{consumer}")),
        (Stream::Alerts | Stream::DeadLetters, _) => None,
    };
    let trace = message.trace.iter().flat_map(|trace| {
        let state = (!trace.state().is_empty()).then(|| (names::TRACESTATE, trace.state().to_owned()));
        std::iter::once((names::TRACEPARENT, trace.parent().to_owned())).chain(state)
    });
    std::iter::once((names::ID, id)).chain(message_id.map(|id| ("Nats-Msg-Id", id))).chain(trace).collect()
}

fn receipt_of(not_stored: NotStored) -> Result<Receipt, BusError> {
    match not_stored {
        NotStored::Duplicate => Ok(Receipt { sequence: 0, duplicate: true }),
        NotStored::NoStream => {
            Err(BusError::Unavailable("nobody serves the stream; has it a leader?".into()))
        }
        NotStored::Failed(error) => Err(error),
    }
}

fn permits(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
