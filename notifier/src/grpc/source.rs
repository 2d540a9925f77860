//! [`Source`]: the alerts from a place on, for one subscriber: from the ring where that reaches back far enough, and
//! from the bus where it does not.

use std::collections::VecDeque;
use std::sync::Arc;

use bus::{BusError, Reader, Start, Stored};
use proto::alerts::v1::Alert;
use proto::alerts::v1::gap::Reason;

use super::cursor::Cursor;
use super::hub::{Hub, Interest};
use super::ring::{Kept, Take};

/// How many alerts are taken from the ring at once.
const AT_ONCE: usize = 32;

/// The alerts from a place on.
pub(crate) struct Source {
    interest: Interest,
    /// All up to here was given.
    at: Cursor,
    ready: VecDeque<Arc<Kept>>,
    ready_until: Cursor,
    catching_up: Option<CatchingUp>,
    stashed: Option<Stored<Alert>>,
    /// The ring's epoch in which all of its alerts were taken, while that is so.
    live_in: Option<u64>,
}

/// Reading the bus, since the ring began at `until`.
struct CatchingUp {
    reader: Reader<Alert>,
    until: u64,
    met_unreadable: bool,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
    /// An alert.
    Alert(Arc<Kept>),
    /// Messages are missing, up to `to`.
    Missing { from: Cursor, to: Cursor, reason: Reason },
    /// The subscriber fell out of the ring, which begins behind `to`. It is given all nevertheless, unless it is told to
    /// [skip](Source::skip_to).
    Slow { from: Cursor, to: Cursor },
    /// There is nothing further now.
    CaughtUp,
}

impl Source {
    /// From behind that place on.
    pub(crate) fn new(hub: &Arc<Hub>, at: Cursor) -> Self {
        Self {
            interest: Interest::of(hub),
            at,
            ready: VecDeque::new(),
            ready_until: at,
            catching_up: None,
            stashed: None,
            live_in: None,
        }
    }

    /// The place up to which all was given.
    pub(crate) fn at(&self) -> Cursor {
        self.at
    }

    /// How many messages lie behind that place.
    pub(crate) fn lag(&self) -> u64 {
        self.interest.lag(self.at.next())
    }

    /// Goes on behind that place.
    pub(crate) fn skip_to(&mut self, to: Cursor) {
        self.at = to;
        (self.catching_up, self.stashed) = (None, None);
        self.ready.clear();
    }

    /// Waits until there is more; safe to cancel.
    pub(crate) async fn more(&mut self) {
        self.interest.beyond(self.at.next()).await;
    }

    /// What comes next; safe to cancel.
    ///
    /// # Errors
    /// Those of the bus; where they are transient, it may be asked again.
    pub(crate) async fn step(&mut self) -> Result<Step, BusError> {
        loop {
            if let Some(step) = self.at_hand() {
                return Ok(step);
            }
            if self.catching_up.is_some() {
                if let Some(step) = self.catch_up().await? {
                    return Ok(step);
                }
                continue;
            }
            if !self.interest.is_followed() {
                self.interest.followed().await;
            }
            let (take, epoch) = self.interest.take(self.at.next(), AT_ONCE);
            match take {
                Take::Next(ready, until) => {
                    self.live_in = Some(epoch);
                    (self.ready, self.ready_until) = (ready, until);
                    if self.ready.is_empty() {
                        self.at = until;
                    }
                }
                Take::CaughtUp => {
                    self.live_in = Some(epoch);
                    return Ok(Step::CaughtUp);
                }
                Take::Behind { start } => {
                    if self.live_in.take() == Some(epoch) {
                        return Ok(Step::Slow { from: self.at, to: Cursor::before(start) });
                    }
                    let reader = self.interest.bus().read(Start::Sequence(self.at.next())).await?;
                    self.catching_up = Some(CatchingUp { reader, until: start, met_unreadable: false });
                }
            }
        }
    }

    fn at_hand(&mut self) -> Option<Step> {
        if let Some(stored) = self.stashed.take() {
            self.at = Cursor::behind(stored.sequence, stored.id);
            return (!stored.addressed).then(|| Step::Alert(Arc::new(Kept::of(stored))));
        }
        let kept = self.ready.pop_front()?;
        self.at = if self.ready.is_empty() { self.ready_until } else { kept.cursor() };
        Some(Step::Alert(kept))
    }

    /// Reads on from the bus; `None` where that has come to its end.
    async fn catch_up(&mut self) -> Result<Option<Step>, BusError> {
        while let Some(CatchingUp { reader, until, met_unreadable }) = self.catching_up.as_mut() {
            let missing = |reason: bool| if reason { Reason::Unreadable } else { Reason::Trimmed };
            match reader.next().await {
                Ok(Some(stored)) if stored.sequence > self.at.next() => {
                    let (from, to) = (self.at, Cursor::before(stored.sequence));
                    let reason = missing(std::mem::take(met_unreadable));
                    (self.at, self.stashed) = (to, Some(stored));
                    return Ok(Some(Step::Missing { from, to, reason }));
                }
                Ok(Some(stored)) => {
                    self.stashed = Some(stored);
                    if let Some(step) = self.at_hand() {
                        return Ok(Some(step));
                    }
                }
                Ok(None) => {
                    let (until, reason) = (*until, missing(*met_unreadable));
                    self.catching_up = None;
                    if self.at.next() >= until {
                        return Ok(None);
                    }
                    // It was asked for all before `until`: what did not come is not there.
                    let (from, to) = (self.at, Cursor::before(until));
                    self.at = to;
                    return Ok(Some(Step::Missing { from, to, reason }));
                }
                Err(BusError::Corrupt(_)) => *met_unreadable = true,
                Err(error) => {
                    self.catching_up = None;
                    return Err(error);
                }
            }
        }
        Ok(None)
    }
}
