//! Dead letters: what could not be used, kept with its reason, to be looked at, put back or dropped.

use std::time::{SystemTime, UNIX_EPOCH};

use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

use crate::backend::Outgoing;
use crate::{Bus, BusError, Content, Id, Reader, Receipt, Start, Stored, Stream, codec};

/// Why something could not be used: a short stable word, and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    code: &'static str,
    text: String,
}

impl Reason {
    /// `code` is one of those in docs/dead-letters.md.
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The short stable word.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence for a person.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A dead letter that holds a whole message, which can be put back.
    pub fn about<M: Content>(self, message: &M) -> Draft {
        let payload = message.encode_to_vec();
        let mut draft = self.about_bytes(M::STREAM, &payload);
        draft.letter.replayable = true;
        draft
    }

    /// A dead letter that holds bytes which are no message; `received` is all there was.
    pub fn about_bytes(self, stream: Stream, received: &[u8]) -> Draft {
        let letter = DeadLetter {
            code: self.code.to_owned(),
            reason: self.text,
            stream: stream.name().to_owned(),
            length: u64::try_from(received.len()).unwrap_or(u64::MAX),
            hash: blake3::hash(received).to_hex().to_string(),
            payload: bytes::Bytes::copy_from_slice(received),
            ..DeadLetter::default()
        };
        Draft { letter, sequence: 0 }
    }
}

/// A dead letter in the making.
#[derive(Debug, Clone)]
pub struct Draft {
    letter: DeadLetter,
    sequence: u64,
}

impl Draft {
    /// The cluster it came from.
    #[must_use]
    pub fn of_cluster(mut self, cluster: &str) -> Self {
        cluster.clone_into(&mut self.letter.cluster);
        self
    }

    /// Keep no more than the first `limit` bytes; length and hash stay those of all.
    #[must_use]
    pub fn truncated_to(mut self, limit: usize) -> Self {
        if self.letter.payload.len() > limit {
            self.letter.payload.truncate(limit);
            self.letter.replayable = false;
        }
        self
    }

    /// The durable consumer that rejected it.
    #[must_use]
    pub(crate) fn by_consumer(mut self, consumer: &str) -> Self {
        consumer.clone_into(&mut self.letter.consumer);
        self
    }

    /// The place of the message that was rejected: a message put back and rejected again is another dead letter.
    #[must_use]
    pub fn at_sequence(mut self, sequence: u64) -> Self {
        self.sequence = sequence;
        self
    }

    /// The dead letter, dated now.
    pub fn build(self) -> DeadLetter {
        let Self { mut letter, sequence } = self;
        let parts: [&[u8]; 6] = [
            letter.stream.as_bytes(),
            letter.consumer.as_bytes(),
            letter.cluster.as_bytes(),
            letter.code.as_bytes(),
            letter.hash.as_bytes(),
            &sequence.to_le_bytes(),
        ];
        letter.id = Id::of(parts).to_string();
        letter.time_unix_nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| u64::try_from(since.as_nanos()).ok())
            .unwrap_or_default();
        letter
    }
}

/// The dead letters of a bus.
pub struct DeadLetters {
    bus: Bus,
}

impl DeadLetters {
    pub(crate) fn new(bus: Bus) -> Self {
        Self { bus }
    }

    /// Reads them from a place on.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn list(&self, start: Start) -> Result<Reader<DeadLetter>, BusError> {
        self.bus.read(start).await
    }

    /// The one with this id.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn get(&self, id: Id) -> Result<Option<Stored<DeadLetter>>, BusError> {
        self.bus.get(id).await
    }

    /// Removes one for good; says whether it was there.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn drop_letter(&self, id: Id) -> Result<bool, BusError> {
        self.bus.backend.remove(Stream::DeadLetters, id).await
    }

    /// Puts the message of one back on its stream, for the consumer that rejected it, and then removes the letter.
    /// `None` where there is no such letter, or it holds no whole message.
    ///
    /// # Errors
    /// Those of reaching the bus; the letter stays then.
    pub async fn replay(&self, id: Id) -> Result<Option<Receipt>, BusError> {
        let Some(Stored { message: letter, .. }) = self.get(id).await? else { return Ok(None) };
        let Some((stream, payload)) = message_of(&letter)? else { return Ok(None) };
        let only_for = (!letter.consumer.is_empty()).then(|| letter.consumer.clone());
        // The letter's id, not the message's: the stream still knows the message and would take it for a duplicate.
        let receipt =
            self.bus.backend.publish(stream, Outgoing { id, payload, only_for, trace: None }).await?;
        self.drop_letter(id).await?;
        Ok(Some(receipt))
    }
}

/// The message in a letter, encoded anew as the bus stores it.
fn message_of(letter: &DeadLetter) -> Result<Option<(Stream, bytes::Bytes)>, BusError> {
    fn encoded<M: Content>(payload: &bytes::Bytes) -> Result<bytes::Bytes, BusError> {
        let message = M::decode(payload.clone()).map_err(|error| BusError::Corrupt(error.to_string()))?;
        codec::encode(&message)
    }
    if !letter.replayable {
        return Ok(None);
    }
    Ok(match Stream::from_name(&letter.stream) {
        Some(Stream::Events) => Some((Stream::Events, encoded::<EventChunk>(&letter.payload)?)),
        Some(Stream::Alerts) => Some((Stream::Alerts, encoded::<Alert>(&letter.payload)?)),
        Some(Stream::DeadLetters) | None => None,
    })
}
