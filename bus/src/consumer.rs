//! Durable consumers, and the guard that a delivered message is.

use std::marker::PhantomData;
use std::time::Duration;

use tracing::Span;

use crate::backend::{Pull, RawDelivery, Settle};
use crate::{Bus, BusError, Content, Id, Reason, TraceContext, codec, spans};

/// A durable consumer: who shares the messages, and on what terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerSpec {
    /// Its name: letters, digits, `-` and `_`. Workers that join under one name share the messages.
    pub name: String,
    /// How long a worker may hold a message before it goes to another.
    pub ack_wait: Duration,
    /// How many messages may be unsettled at a time, over all workers: the bound that slows the consumer down.
    pub max_unsettled: usize,
    /// How many messages a worker is handed ahead of its asking.
    pub prefetch: usize,
}

impl ConsumerSpec {
    /// A consumer of that name with terms that suit most: 30 s, 256 messages, 8 ahead.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ack_wait: Duration::from_secs(30), max_unsettled: 256, prefetch: 8 }
    }
}

/// One worker's share of a durable consumer.
pub struct Consumer<M> {
    bus: Bus,
    spec: ConsumerSpec,
    pull: Box<dyn Pull>,
    content: PhantomData<fn() -> M>,
}

impl<M: Content> Consumer<M> {
    pub(crate) fn new(bus: Bus, spec: ConsumerSpec, pull: Box<dyn Pull>) -> Self {
        Self { bus, spec, pull, content: PhantomData }
    }

    /// Waits for the next message; safe to cancel. Outages of the bus are waited out. A message that cannot be
    /// decoded goes to the dead letters by itself and is passed over.
    ///
    /// # Errors
    /// [`BusError::Closed`] once the bus is closing; others are final too.
    pub async fn next(&mut self) -> Result<Delivery<M>, BusError> {
        loop {
            let RawDelivery { message, attempt, settle } = self.pull.next().await?;
            let origin = Origin { bus: self.bus.clone(), consumer: self.spec.name.clone() };
            let guard = Guard { settle: Some(settle) };
            match codec::decode::<M>(&message.payload) {
                Ok(decoded) => {
                    return Ok(Delivery {
                        message: decoded,
                        id: message.id,
                        sequence: message.sequence,
                        stored_unix_nanos: message.time_unix_nanos,
                        attempt,
                        addressed: message.addressed,
                        trace: message.trace,
                        origin,
                        guard,
                    });
                }
                Err(error) => {
                    let reason = Reason::new("undecodable", error.to_string());
                    let letter = reason.about_bytes(M::STREAM, &message.payload);
                    self.bus.publish(&letter.by_consumer(&origin.consumer).build()).await?;
                    guard.ack().await?;
                }
            }
        }
    }
}

/// A message delivered to this worker. Settle it with [`ack`](Delivery::ack), [`retry_after`](Delivery::retry_after) or
/// [`reject`](Delivery::reject); dropped, it goes to another worker at once.
#[must_use = "a delivery that is dropped comes again"]
pub struct Delivery<M> {
    message: M,
    id: Id,
    sequence: u64,
    stored_unix_nanos: u64,
    attempt: u64,
    addressed: bool,
    trace: Option<TraceContext>,
    origin: Origin,
    guard: Guard,
}

impl<M: Content> Delivery<M> {
    /// The message.
    pub fn message(&self) -> &M {
        &self.message
    }

    /// The message's id.
    pub fn id(&self) -> Id {
        self.id
    }

    /// The message's place on its stream.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When the message was stored, in nanoseconds since the Unix epoch.
    pub fn stored_unix_nanos(&self) -> u64 {
        self.stored_unix_nanos
    }

    /// How often the message has been delivered, this time included.
    pub fn attempt(&self) -> u64 {
        self.attempt
    }

    /// Whether the message is for this consumer only: put back for it, or sent to it.
    pub fn is_addressed(&self) -> bool {
        self.addressed
    }

    /// Which trace the message belongs to, where its sender said so.
    pub fn trace(&self) -> Option<&TraceContext> {
        self.trace.as_ref()
    }

    /// The span of the work on the message, as a child of what sent it; none where it belongs to no trace.
    pub fn span(&self) -> Span {
        let of =
            |context| spans::processing::<M>(&self.origin.bus, &self.origin.consumer, self.attempt, context);
        self.trace.as_ref().map_or_else(Span::none, of)
    }

    /// The message is done with. Returns once the bus will not deliver it again.
    ///
    /// # Errors
    /// Where the bus could not be told: the message will come again.
    pub async fn ack(self) -> Result<(), BusError> {
        self.guard.ack().await
    }

    /// Deliver the message again, to whichever worker, once `delay` has passed.
    ///
    /// # Errors
    /// Where the bus could not be told: the message will come again, perhaps sooner or later.
    pub async fn retry_after(self, delay: Duration) -> Result<(), BusError> {
        self.guard.retry(delay).await
    }

    /// The message cannot be used: keep it with the dead letters, and do not deliver it again.
    ///
    /// # Errors
    /// Where it could not be kept: the message will come again.
    pub async fn reject(self, reason: Reason) -> Result<(), BusError> {
        let letter =
            reason.about(&self.message).by_consumer(&self.origin.consumer).at_sequence(self.sequence);
        self.origin.bus.publish(&letter.build()).await?;
        self.guard.ack().await
    }

    /// The worker is still at it: start [`ConsumerSpec::ack_wait`] anew.
    ///
    /// # Errors
    /// Where the bus could not be told.
    pub async fn extend(&mut self) -> Result<(), BusError> {
        self.guard.extend().await
    }
}

/// Where a rejected message is reported.
struct Origin {
    bus: Bus,
    consumer: String,
}

/// Releases the message when it is dropped unsettled: to forget a message is to have it again, never to lose it.
struct Guard {
    settle: Option<Box<dyn Settle>>,
}

impl Guard {
    async fn ack(mut self) -> Result<(), BusError> {
        let Some(settle) = self.settle.as_mut() else { return Ok(()) };
        settle.ack().await?;
        self.settle = None;
        Ok(())
    }

    async fn retry(mut self, delay: Duration) -> Result<(), BusError> {
        let Some(settle) = self.settle.as_mut() else { return Ok(()) };
        settle.retry(delay).await?;
        self.settle = None;
        Ok(())
    }

    async fn extend(&mut self) -> Result<(), BusError> {
        match self.settle.as_mut() {
            Some(settle) => settle.extend().await,
            None => Ok(()),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(mut settle) = self.settle.take() {
            settle.release();
        }
    }
}
