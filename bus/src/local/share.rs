//! What the workers of a durable consumer share, in memory: which messages are ready, which are held by a worker, and
//! when those come again. Pure: told the time, and never waiting.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::progress::{Gap, Progress};
use crate::backend::Incoming;
use crate::{ConsumerSpec, ConsumerStatus};

/// The state of a durable consumer. Its size is bounded by `max_unsettled` and what is read ahead.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// The first sequence number not yet looked at.
    next: u64,
    /// Read ahead, in order; all below `next`, none given.
    ready: VecDeque<Incoming>,
    unsettled: BTreeMap<u64, Held>,
    /// When each unsettled message comes again, but for those being settled.
    due: BTreeSet<(Instant, u64)>,
    last_token: u64,
    last_came_again: bool,
    /// The terms, set by the first of the workers at hand.
    ack_wait: Duration,
    max_unsettled: usize,
    workers: usize,
    /// How many processes before this one did not end in order.
    deaths: u64,
    /// Those may have given any message below this one to a worker, and told nobody.
    doubtful: u64,
    stage: Stage,
}

/// How far the process is with this consumer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// No worker has joined yet.
    #[default]
    Idle,
    /// Messages are given to workers.
    Working,
    /// The process ends, in order.
    Ended,
}

#[derive(Debug)]
struct Held {
    attempts: u64,
    /// Which handing out holds it: an earlier holder may settle it, but not put it off.
    token: u64,
    /// `None` while it is being settled.
    due: Option<Instant>,
}

/// A message handed out: to whom, for the how manieth time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) sequence: u64,
    pub(super) attempt: u64,
    token: u64,
}

/// What there is for a worker.
#[derive(Debug)]
pub(super) enum Take {
    /// A message that was read ahead.
    Ready(Incoming, Lease),
    /// A message that comes again and must be read again.
    Again(Lease),
    /// Nothing, or as many are unsettled as may be.
    Nothing,
}

impl Share {
    /// The state after a restart: what was held then is due now. Attempts are kept with what is settled only, so after
    /// processes that did not end in order each of them counts for one.
    pub(super) fn restored(progress: &Progress, now: Instant) -> Self {
        let deaths = progress.unfinished;
        let mut share = Self { next: progress.next.max(1), deaths, ..Self::default() };
        for gap in &progress.gaps {
            let attempts = gap.attempts.max(deaths);
            share.unsettled.insert(gap.sequence, Held { attempts, token: 0, due: Some(now) });
            share.due.insert((now, gap.sequence));
        }
        share
    }

    /// What is to be kept on disk once `settling` are settled.
    pub(super) fn progress(&self, settling: &BTreeSet<u64>) -> Progress {
        let gaps = self.unsettled.iter().filter(|(sequence, _)| !settling.contains(sequence));
        let gaps: Vec<_> =
            gaps.map(|(sequence, held)| Gap { sequence: *sequence, attempts: held.attempts }).collect();
        let next = self.first_not_given();
        let is_past_doubt = next >= self.doubtful && gaps.iter().all(|gap| gap.sequence >= self.doubtful);
        let unfinished = match self.stage {
            Stage::Idle => self.deaths,
            Stage::Working if is_past_doubt => 1,
            Stage::Working => self.deaths.saturating_add(1),
            Stage::Ended => 0,
        };
        Progress { next, gaps, unfinished }
    }

    /// The process ends in order. One that gave no messages, as an operator's, tells nothing of those before it.
    pub(super) fn end(&mut self) {
        if self.stage == Stage::Working {
            self.stage = Stage::Ended;
        }
    }

    /// Adds a worker; where others are there already, only on their terms.
    pub(super) fn join(&mut self, spec: &ConsumerSpec) -> Result<(), String> {
        let (ack_wait, max_unsettled) = (spec.ack_wait, spec.max_unsettled.max(1));
        if self.workers > 0 && (self.ack_wait, self.max_unsettled) != (ack_wait, max_unsettled) {
            return Err(format!(
                "its workers run with ack_wait {:?} and max_unsettled {}, not {ack_wait:?} and {max_unsettled}",
                self.ack_wait, self.max_unsettled
            ));
        }
        (self.ack_wait, self.max_unsettled) = (ack_wait, max_unsettled);
        if self.stage == Stage::Idle && self.deaths > 0 {
            let most = u64::try_from(max_unsettled).unwrap_or(u64::MAX);
            self.doubtful = self.first_not_given().saturating_add(most);
        }
        self.stage = Stage::Working;
        self.workers += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.workers = self.workers.saturating_sub(1);
    }

    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    /// Hands out a message: by turns one that comes again, the one due longest, and a new one. Thus a message that
    /// every worker drops does not keep the others waiting.
    pub(super) fn take(&mut self, now: Instant) -> Take {
        let again = self.due.first().copied().filter(|(due, _)| *due <= now);
        let is_news_turn = self.last_came_again && self.has_room() && self.is_ready();
        self.last_came_again = again.is_some() && !is_news_turn;
        match again.filter(|_| self.last_came_again) {
            Some((due, sequence)) => {
                self.due.remove(&(due, sequence));
                Take::Again(self.lease(sequence, now))
            }
            None => self.take_new(now),
        }
    }

    fn take_new(&mut self, now: Instant) -> Take {
        let message = if self.has_room() { self.ready.pop_front() } else { None };
        match message {
            Some(message) => {
                let lease = self.lease(message.sequence, now);
                Take::Ready(message, lease)
            }
            None => Take::Nothing,
        }
    }

    fn has_room(&self) -> bool {
        self.unsettled.len() < self.max_unsettled
    }

    /// Whether to read ahead on a stream that goes up to `head`.
    pub(super) fn wants_more(&self, head: u64) -> bool {
        self.ready.is_empty() && self.next <= head && self.has_room()
    }

    fn lease(&mut self, sequence: u64, now: Instant) -> Lease {
        self.last_token += 1;
        let due = now + self.ack_wait;
        let attempts = if sequence < self.doubtful { self.deaths } else { 0 };
        let held = self.unsettled.entry(sequence).or_insert(Held { attempts, token: 0, due: None });
        held.attempts = held.attempts.saturating_add(1);
        held.token = self.last_token;
        held.due = Some(due);
        self.due.insert((due, sequence));
        Lease { sequence, attempt: held.attempts, token: held.token }
    }

    /// Puts a message off until `due`, if this lease still holds it.
    pub(super) fn put_off(&mut self, lease: Lease, due: Instant) {
        let Some(held) = self.unsettled.get_mut(&lease.sequence) else { return };
        let Some(was_due) = held.due.filter(|_| held.token == lease.token) else { return };
        self.due.remove(&(was_due, lease.sequence));
        held.due = Some(due);
        self.due.insert((due, lease.sequence));
    }

    /// As [`put_off`](Share::put_off) by the time for settling.
    pub(super) fn extend(&mut self, lease: Lease, now: Instant) {
        self.put_off(lease, now + self.ack_wait);
    }

    /// A message is about to be settled; it does not come again meanwhile.
    pub(super) fn begin_settling(&mut self, sequence: u64) {
        let Some(held) = self.unsettled.get_mut(&sequence) else { return };
        if let Some(due) = held.due.take() {
            self.due.remove(&(due, sequence));
        }
    }

    /// It is settled, durably.
    pub(super) fn settled(&mut self, sequence: u64) {
        self.begin_settling(sequence);
        self.unsettled.remove(&sequence);
    }

    /// It could not be settled, and comes again.
    pub(super) fn not_settled(&mut self, sequence: u64, now: Instant) {
        let Some(held) = self.unsettled.get_mut(&sequence) else { return };
        if held.due.is_none() {
            held.due = Some(now);
            self.due.insert((now, sequence));
        }
    }

    /// Whether a message needs this consumer no longer.
    pub(super) fn is_done_with(&self, sequence: u64) -> bool {
        sequence < self.first_not_given() && !self.unsettled.contains_key(&sequence)
    }

    /// The first message neither given nor passed over.
    pub(super) fn first_not_given(&self) -> u64 {
        self.ready.front().map_or(self.next, |message| message.sequence)
    }

    /// The first message to look at when reading ahead.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes what was read ahead; everything before `next` was looked at.
    pub(super) fn read_ahead(&mut self, messages: impl IntoIterator<Item = Incoming>, next: u64) {
        self.ready.extend(messages);
        self.next = self.next.max(next);
    }

    /// When the next unsettled message comes again.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    pub(super) fn status(&self, name: &str, pending: u64) -> ConsumerStatus {
        let redelivered = self.unsettled.values().filter(|held| held.attempts > 1).count();
        ConsumerStatus {
            name: name.to_owned(),
            pending,
            unsettled: u64::try_from(self.unsettled.len()).unwrap_or(u64::MAX),
            redelivered: u64::try_from(redelivered).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests;
