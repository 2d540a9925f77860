//! [`Consumption`]: one client's share of a named consumer. It is given no more alerts than it has credits for, and the
//! server holds no more.

use std::collections::BTreeMap;
use std::time::Duration;

use bus::{BusError, Consumer, Delivery};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, FuturesUnordered};
use proto::alerts::v1::consume_request::{Nack, Request, Settle};
use proto::alerts::v1::consume_response::{Event, Settled};
use proto::alerts::v1::{Alert, ConsumeRequest, ConsumeResponse, Delivered, GoingAway, Heartbeat};
use service::Shutdown;
use tokio::time::{Instant, sleep_until};
use tonic::{Status, Streaming};

use super::cursor::Cursor;
use super::refusal;
use super::streams::Slot;
use super::subscription::timestamp;
use super::wanted::View;

/// The most alerts that may be unsettled at a time.
pub(crate) const MOST_CREDITS: u32 = 256;

/// How many settlements may be under way at a time.
const SETTLING: usize = 64;

/// One client's share of a named consumer.
pub(crate) struct Consumption {
    consumer: Consumer<Alert>,
    asked: Streaming<ConsumeRequest>,
    view: View,
    terms: Terms,
    slot: Slot,
    shutdown: Shutdown,
    beat_at: Instant,
    last: Cursor,
    /// What is unsettled, by its place, and when it will have come again.
    held: BTreeMap<u64, (Delivery<Alert>, Instant)>,
    settling: FuturesUnordered<BoxFuture<'static, Option<Cursor>>>,
    is_over: bool,
}

/// On what terms alerts are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) credits: u32,
    pub(crate) heartbeat: Duration,
    pub(crate) ack_wait: Duration,
}

impl Consumption {
    pub(crate) fn new(
        (consumer, asked): (Consumer<Alert>, Streaming<ConsumeRequest>),
        view: View,
        terms: Terms,
        (slot, shutdown): (Slot, Shutdown),
    ) -> Self {
        let terms = Terms { credits: terms.credits.clamp(1, MOST_CREDITS), ..terms };
        Self {
            consumer,
            asked,
            view,
            terms,
            slot,
            shutdown,
            beat_at: Instant::now(),
            last: Cursor::before(1),
            held: BTreeMap::new(),
            settling: FuturesUnordered::new(),
            is_over: false,
        }
    }

    /// As a stream.
    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<ConsumeResponse, Status>> {
        Box::pin(stream::unfold(self, |mut consumption| async move {
            let next = consumption.next().await?;
            consumption.is_over |= next.is_err();
            Some((next.map(|event| ConsumeResponse { event: Some(event) }), consumption))
        }))
    }

    async fn next(&mut self) -> Option<Result<Event, Status>> {
        while !self.is_over {
            tokio::task::consume_budget().await;
            if Instant::now() >= self.beat_at {
                return Some(self.beat());
            }
            let credits = usize::try_from(self.terms.credits).unwrap_or(usize::MAX);
            let has_credit = self.held.len() < credits && self.settling.len() < SETTLING;
            let expiry = self.held.values().map(|(_, expires)| *expires).min();
            tokio::select! {
                biased;
                () = self.shutdown.requested() => return Some(Ok(self.going_away())),
                Some(settled) = self.settling.next() => if let Some(cursor) = settled {
                    return Some(Ok(self.settled(cursor)));
                },
                asked = self.asked.message(), if self.settling.len() < SETTLING => match asked {
                    Ok(Some(request)) => if let Err(status) = self.heed(request).await {
                        return Some(Err(status));
                    },
                    // The client has no more to say, or is gone: what is unsettled comes again.
                    Ok(None) | Err(_) => return self.leave().await,
                },
                () = until(expiry) => self.expire(),
                () = sleep_until(self.beat_at) => return Some(self.beat()),
                delivery = self.consumer.next(), if has_credit => match delivery {
                    Ok(delivery) => if let Some(event) = self.take(delivery) {
                        return Some(Ok(event));
                    },
                    Err(BusError::Closed) => return Some(Ok(self.going_away())),
                    Err(error) => return Some(Err(refusal::bus(&error))),
                },
            }
        }
        None
    }

    /// What is shown is held until the client settles it; the rest is done with.
    fn take(&mut self, delivery: Delivery<Alert>) -> Option<Event> {
        let cursor = Cursor::behind(delivery.sequence(), delivery.id());
        if !self.view.shows(delivery.message()) {
            self.settling.push(Box::pin(async move {
                if let Err(error) = delivery.ack().await {
                    tracing::debug!(%error, "an alert that is not wanted comes again");
                }
                None
            }));
            return None;
        }
        self.last = cursor;
        let delivered = Delivered {
            alert: Some(self.view.masked(delivery.message())),
            cursor: cursor.to_bytes(),
            stored: Some(timestamp(i128::from(delivery.stored_unix_nanos()))),
            attempt: delivery.attempt(),
        };
        // A little earlier than the bus would: so that it never holds one that another was given.
        let expires = Instant::now() + self.terms.ack_wait.mul_f64(0.9);
        self.held.insert(delivery.sequence(), (delivery, expires));
        self.slot.told().sent();
        Some(Event::Alert(Box::new(delivered)))
    }

    async fn heed(&mut self, request: ConsumeRequest) -> Result<(), Status> {
        match request.request {
            Some(Request::Open(_)) => Err(Status::invalid_argument("`open` comes first, and once")),
            Some(Request::Credit(more)) => {
                self.terms.credits = self.terms.credits.saturating_add(more).min(MOST_CREDITS);
                Ok(())
            }
            Some(Request::Ack(Settle { cursors })) => self.release(&cursors, |cursor, delivery| {
                Box::pin(async move {
                    let acked = delivery.ack().await;
                    acked
                        .inspect_err(|error| tracing::debug!(%error, "an alert comes again"))
                        .ok()
                        .map(|()| cursor)
                })
            }),
            Some(Request::Nack(Nack { cursors, delay })) => {
                let delay = delay.map(Duration::try_from).transpose();
                let delay =
                    delay.map_err(|_| Status::invalid_argument("nack.delay: must not be negative"))?;
                let delay = delay.unwrap_or_default();
                self.release(&cursors, |_, delivery| {
                    Box::pin(async move {
                        if let Err(error) = delivery.retry_after(delay).await {
                            tracing::debug!(%error, "an alert comes again sooner or later");
                        }
                        None
                    })
                })
            }
            Some(Request::Extend(Settle { cursors })) => self.extend(&cursors).await,
            None => Ok(()),
        }
    }

    /// Lets go of alerts. What is not held, since it took too long, comes again anyhow.
    fn release(
        &mut self,
        cursors: &[bytes::Bytes],
        how: impl Fn(Cursor, Delivery<Alert>) -> BoxFuture<'static, Option<Cursor>>,
    ) -> Result<(), Status> {
        for cursor in cursors {
            let cursor = Cursor::of_client(cursor)?;
            if let Some((delivery, _)) = self.held.remove(&cursor.sequence) {
                self.settling.push(how(cursor, delivery));
            }
        }
        Ok(())
    }

    async fn extend(&mut self, cursors: &[bytes::Bytes]) -> Result<(), Status> {
        for cursor in cursors {
            let cursor = Cursor::of_client(cursor)?;
            if let Some((delivery, expires)) = self.held.get_mut(&cursor.sequence) {
                *expires = Instant::now() + self.terms.ack_wait.mul_f64(0.9);
                if let Err(error) = delivery.extend().await {
                    tracing::debug!(%error, "the bus could not be told that an alert is still worked at");
                }
            }
        }
        Ok(())
    }

    /// What was held for too long comes again.
    fn expire(&mut self) {
        let now = Instant::now();
        self.held.retain(|_, (_, expires)| *expires > now);
    }

    /// Finishes the settlements that are under way.
    async fn leave(&mut self) -> Option<Result<Event, Status>> {
        self.held.clear();
        while let Some(settled) = self.settling.next().await {
            if let Some(cursor) = settled {
                return Some(Ok(self.settled(cursor)));
            }
        }
        self.is_over = true;
        None
    }

    fn settled(&self, cursor: Cursor) -> Event {
        Event::Settled(Settled { cursors: vec![cursor.to_bytes()] })
    }

    /// A sign of life, where the client is welcome still.
    fn beat(&mut self) -> Result<Event, Status> {
        self.beat_at = Instant::now() + self.terms.heartbeat;
        self.slot.still().map(|()| Event::Heartbeat(Heartbeat { cursor: self.last.to_bytes(), lag: 0 }))
    }

    fn going_away(&mut self) -> Event {
        self.is_over = true;
        Event::GoingAway(GoingAway { cursor: self.last.to_bytes() })
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
