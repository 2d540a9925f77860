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
    /// The terms, set by the first of the workers at hand.
    ack_wait: Duration,
    max_unsettled: usize,
    workers: usize,
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
    /// Nothing is ready; there may be more on the stream.
    Empty,
    /// As many are unsettled as may be.
    Full,
}

impl Share {
    /// The state after a restart: what was held then is due now.
    pub(super) fn restored(progress: &Progress, now: Instant) -> Self {
        let mut share = Self { next: progress.next.max(1), ..Self::default() };
        for gap in &progress.gaps {
            share.unsettled.insert(gap.sequence, Held { attempts: gap.attempts, token: 0, due: Some(now) });
            share.due.insert((now, gap.sequence));
        }
        share
    }

    /// What is to be kept on disk once `settling` are settled.
    pub(super) fn progress(&self, settling: &BTreeSet<u64>) -> Progress {
        let gaps = self.unsettled.iter().filter(|(sequence, _)| !settling.contains(sequence));
        let gaps =
            gaps.map(|(sequence, held)| Gap { sequence: *sequence, attempts: held.attempts }).collect();
        Progress { next: self.first_not_given(), gaps }
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
        self.workers += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.workers = self.workers.saturating_sub(1);
    }

    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    /// Hands out what has been due longest, or else the next message.
    pub(super) fn take(&mut self, now: Instant) -> Take {
        if let Some((due, sequence)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
            self.due.remove(&(due, sequence));
            return Take::Again(self.lease(sequence, now));
        }
        if self.unsettled.len() >= self.max_unsettled {
            return Take::Full;
        }
        match self.ready.pop_front() {
            Some(message) => {
                let lease = self.lease(message.sequence, now);
                Take::Ready(message, lease)
            }
            None => Take::Empty,
        }
    }

    fn lease(&mut self, sequence: u64, now: Instant) -> Lease {
        self.last_token += 1;
        let due = now + self.ack_wait;
        let held = self.unsettled.entry(sequence).or_insert(Held { attempts: 0, token: 0, due: None });
        held.attempts += 1;
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
