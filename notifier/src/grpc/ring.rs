//! [`Ring`]: the latest alerts, a bounded number of bytes of them, for all subscribers together. It covers the stream
//! without holes from one place to another; whoever is further back reads the bus.

use std::collections::VecDeque;
use std::sync::Arc;

use bus::{Id, Stored};
use prost::Message;
use proto::alerts::v1::Alert;

use super::cursor::Cursor;

/// An alert at its place.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) sequence: u64,
    pub(crate) id: Id,
    pub(crate) stored_unix_nanos: u64,
    pub(crate) alert: Alert,
}

impl Kept {
    pub(crate) fn of(stored: Stored<Alert>) -> Self {
        let Stored { sequence, id, time_unix_nanos, message, .. } = stored;
        Self { sequence, id, stored_unix_nanos: time_unix_nanos, alert: message }
    }

    pub(crate) fn cursor(&self) -> Cursor {
        Cursor::behind(self.sequence, self.id)
    }
}

/// The latest alerts.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    /// What the ring covers: from `start` to before `end`; nothing where both are the same.
    start: u64,
    end: u64,
    last: Option<Id>,
    kept: VecDeque<Arc<Kept>>,
    bytes: usize,
    /// Counts up each time it starts anew, which is no subscriber's doing.
    epoch: u64,
}

/// What a subscriber finds.
#[derive(Debug)]
pub(crate) enum Take {
    /// These, which may be none, and the place behind them and behind what is for others.
    Next(VecDeque<Arc<Kept>>, Cursor),
    /// There is nothing further now.
    CaughtUp,
    /// The ring begins later, at `start`.
    Behind {
        /// The first place of the ring.
        start: u64,
    },
}

impl Ring {
    /// Begins anew, at that place.
    pub(crate) fn restart(&mut self, start: u64) {
        *self = Self { start, end: start, epoch: self.epoch.saturating_add(1), ..Self::default() };
    }

    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Adds the message at the end. One that does not follow on starts the ring anew.
    pub(crate) fn push(&mut self, stored: Stored<Alert>, limit: usize) {
        if stored.sequence != self.end {
            self.restart(stored.sequence);
        }
        self.end = stored.sequence.saturating_add(1);
        self.last = Some(stored.id);
        if stored.addressed {
            return;
        }
        self.bytes = self.bytes.saturating_add(stored.message.encoded_len());
        self.kept.push_back(Arc::new(Kept::of(stored)));
        while self.bytes > limit && self.kept.len() > 1 {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.alert.encoded_len());
            self.start = oldest.sequence.saturating_add(1);
        }
    }

    /// Up to `most` alerts from a place on.
    pub(crate) fn take(&self, next: u64, most: usize) -> Take {
        if next < self.start {
            return Take::Behind { start: self.start };
        }
        if next >= self.end {
            return Take::CaughtUp;
        }
        let from = self.kept.partition_point(|kept| kept.sequence < next);
        let taken: VecDeque<Arc<Kept>> = self.kept.iter().skip(from).take(most).cloned().collect();
        let is_rest = from.saturating_add(taken.len()) >= self.kept.len();
        let upto = match taken.back() {
            Some(last) if !is_rest => last.cursor(),
            _ => Cursor { sequence: self.end.saturating_sub(1), id: self.last },
        };
        Take::Next(taken, upto)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(sequence: u64, addressed: bool) -> Stored<Alert> {
        let id = Id::of([sequence.to_be_bytes().as_slice()]);
        let message = Alert { message: "x".repeat(98), ..Alert::default() };
        Stored { sequence, id, time_unix_nanos: sequence, addressed, message }
    }

    fn taken(ring: &Ring, next: u64, most: usize) -> (Vec<u64>, u64) {
        match ring.take(next, most) {
            Take::Next(taken, upto) => (taken.iter().map(|kept| kept.sequence).collect(), upto.sequence),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_latest_are_kept_and_what_is_for_one_consumer_is_passed_over() {
        let mut ring = Ring::default();
        ring.restart(5);
        assert!(matches!(ring.take(5, 9), Take::CaughtUp));
        assert!(matches!(ring.take(4, 9), Take::Behind { start: 5 }));
        for (sequence, addressed) in [(5, false), (6, true), (7, false), (8, false), (9, true)] {
            ring.push(stored(sequence, addressed), 1000);
        }
        assert_eq!(taken(&ring, 5, 9), (vec![5, 7, 8], 9), "up to the end");
        assert_eq!(taken(&ring, 5, 2), (vec![5, 7], 7), "up to the last that was taken");
        assert_eq!(taken(&ring, 9, 9), (vec![], 9));
        assert!(matches!(ring.take(10, 9), Take::CaughtUp));
    }

    #[test]
    fn its_bytes_are_bounded_and_a_hole_starts_it_anew() {
        let mut ring = Ring::default();
        ring.restart(1);
        (1..=10).for_each(|sequence| ring.push(stored(sequence, false), 300));
        assert_eq!(taken(&ring, 8, 9), (vec![8, 9, 10], 10));
        assert!(matches!(ring.take(7, 9), Take::Behind { start: 8 }));
        let epoch = ring.epoch();
        ring.push(stored(20, false), 300);
        assert!(matches!(ring.take(11, 9), Take::Behind { start: 20 }) && ring.epoch() > epoch);
        ring.push(stored(21, false), 1);
        assert_eq!(taken(&ring, 21, 9), (vec![21], 21), "one is kept, however large");
    }
}
