//! [`Subscription`]: one subscriber's stream. It is pulled: nothing is read for a client that does not read, so that a
//! slow one costs no memory and holds up nobody.

use std::collections::VecDeque;
use std::time::Duration;

use bus::BusError;
use futures::stream::{self, BoxStream};
use proto::alerts::v1::gap::Reason;
use proto::alerts::v1::subscribe_response::Event;
use proto::alerts::v1::{Delivered, Gap, GoingAway, Heartbeat, OnGap, OnSlow, SubscribeResponse};
use service::Shutdown;
use tokio::time::{Instant, sleep, sleep_until};
use tonic::Status;

use super::cursor::Cursor;
use super::monitor;
use super::refusal;
use super::ring::Kept;
use super::source::{Source, Step};
use super::start::Start;
use super::streams::Slot;
use super::wanted::View;

/// How long to wait for a bus that is away.
const AGAIN: Duration = Duration::from_millis(500);

/// On what terms alerts are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) on_gap: OnGap,
    pub(crate) on_slow: OnSlow,
    pub(crate) heartbeat: Duration,
    /// The last place to send, where the stream is to end there.
    pub(crate) until: Option<u64>,
}

/// One subscriber's stream.
pub(crate) struct Subscription {
    source: Source,
    view: View,
    terms: Terms,
    slot: Slot,
    shutdown: Shutdown,
    beat_at: Instant,
    waiting: VecDeque<Event>,
    is_over: bool,
}

impl Subscription {
    pub(crate) fn new(source: Source, view: View, terms: Terms, (slot, shutdown): (Slot, Shutdown)) -> Self {
        let beat_at = Instant::now();
        Self { source, view, terms, slot, shutdown, beat_at, waiting: VecDeque::new(), is_over: false }
    }

    /// Begins with a sign of life and, where something is missing before the start, with that.
    pub(crate) fn greeting(mut self, start: &Start) -> Self {
        self.waiting.push_back(self.heartbeat());
        if let Some((from, reason)) = start.missing {
            let count = match reason {
                Reason::Trimmed => start.at.sequence.saturating_sub(from.sequence),
                _ => 0,
            };
            self.waiting.push_back(gap(from, start.at, reason, count));
        }
        self.beat_at = Instant::now() + self.terms.heartbeat;
        self
    }

    /// As a stream.
    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<SubscribeResponse, Status>> {
        Box::pin(stream::unfold(self, |mut subscription| async move {
            let next = subscription.next().await?;
            Some((next.map(|event| SubscribeResponse { event: Some(event) }), subscription))
        }))
    }

    /// The next event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Event, Status>> {
        if let Some(event) = self.waiting.pop_front() {
            return Some(Ok(event));
        }
        if self.is_over {
            return None;
        }
        loop {
            tokio::task::consume_budget().await;
            if self.terms.until.is_some_and(|until| self.source.at().sequence >= until) {
                self.is_over = true;
                return Some(Ok(self.heartbeat()));
            }
            let shutdown = self.shutdown.clone();
            let beat_at = self.beat_at;
            let step = tokio::select! {
                biased;
                () = shutdown.requested() => return Some(Ok(self.going_away())),
                () = sleep_until(beat_at) => return Some(self.beat()),
                step = self.step() => step,
            };
            let said = match step {
                Ok(Some(step)) => self.say(step),
                Ok(None) => continue,
                Err(BusError::Closed) => return Some(Ok(self.going_away())),
                Err(error) => Err(refusal::bus(&error)),
            };
            match said {
                Ok(None) => {}
                Ok(Some(event)) => return Some(Ok(event)),
                Err(status) => {
                    self.is_over = true;
                    return Some(Err(status));
                }
            }
        }
    }

    /// The next step; `None` to look again. Safe to cancel.
    async fn step(&mut self) -> Result<Option<Step>, BusError> {
        match self.source.step().await {
            Ok(Step::CaughtUp) => {
                self.source.more().await;
                Ok(None)
            }
            Ok(step) => Ok(Some(step)),
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "alerts cannot be read for a subscriber; trying again");
                sleep(AGAIN).await;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn say(&mut self, step: Step) -> Result<Option<Event>, Status> {
        match step {
            Step::Alert(kept) if self.view.shows(&kept.alert) => {
                self.slot.told().sent();
                Ok(Some(Event::Alert(Box::new(delivered(&kept, &self.view)))))
            }
            Step::Alert(_) | Step::CaughtUp => Ok(None),
            Step::Missing { from, to, reason } => {
                // What can never be read must not end the stream again and again.
                if self.terms.on_gap == OnGap::Continue || reason == Reason::Unreadable {
                    return Ok(Some(gap(from, to, reason, to.sequence.saturating_sub(from.sequence))));
                }
                self.slot.told().refused(monitor::Reason::Missing);
                Err(refusal::missing(reason, to))
            }
            Step::Slow { from, to } => match self.terms.on_slow {
                OnSlow::Unspecified => Ok(None),
                OnSlow::Disconnect => {
                    self.slot.told().refused(monitor::Reason::Slow);
                    Err(refusal::too_slow(from))
                }
                OnSlow::DropOldest => {
                    let count = to.sequence.saturating_sub(from.sequence);
                    self.slot.told().dropped(count);
                    self.source.skip_to(to);
                    Ok(Some(gap(from, to, Reason::Slow, count)))
                }
            },
        }
    }

    /// A sign of life, where the client is welcome still.
    fn beat(&mut self) -> Result<Event, Status> {
        self.beat_at = Instant::now() + self.terms.heartbeat;
        let still = self.slot.still();
        self.is_over = still.is_err();
        still.map(|()| self.heartbeat())
    }

    fn heartbeat(&self) -> Event {
        Event::Heartbeat(Heartbeat { cursor: self.source.at().to_bytes(), lag: self.source.lag() })
    }

    fn going_away(&mut self) -> Event {
        self.is_over = true;
        Event::GoingAway(GoingAway { cursor: self.source.at().to_bytes() })
    }
}

/// An alert at its place, as clients are sent it.
pub(crate) fn delivered(kept: &Kept, view: &View) -> Delivered {
    Delivered {
        alert: Some(view.masked(&kept.alert)),
        cursor: kept.cursor().to_bytes(),
        stored: Some(timestamp(i128::from(kept.stored_unix_nanos))),
        attempt: 0,
    }
}

/// A time. Every count of nanoseconds that 64 bits hold is within range.
pub(crate) fn timestamp(unix_nanos: i128) -> prost_types::Timestamp {
    const SECOND: i128 = 1_000_000_000;
    prost_types::Timestamp {
        seconds: i64::try_from(unix_nanos.div_euclid(SECOND)).unwrap_or(i64::MAX),
        nanos: i32::try_from(unix_nanos.rem_euclid(SECOND)).unwrap_or_default(),
    }
}

fn gap(from: Cursor, to: Cursor, reason: Reason, count: u64) -> Event {
    Event::Gap(Gap { from: from.to_bytes(), to: to.to_bytes(), reason: reason.into(), count })
}
