//! How many bytes each stream may hold: its share of `bus.max_bytes`, which a NATS server reserves when the stream is made.

use crate::Stream;

/// No stream is made smaller than this: it holds one message at least.
pub(crate) const SMALLEST: u64 = 8 << 20;

/// A stream's share of `bus.max_bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// What everything else is measured by: the events that API servers may send while no evaluator is there.
    Whole,
    /// Alerts are fewer than events, and wait for the slowest sink.
    Half,
    /// The exceptions: what could not be used, and the parts of messages that are too large for one. Only events above
    /// half a megabyte, compressed, come in parts.
    Quarter,
}

impl Share {
    /// In bytes.
    pub(crate) fn of(self, max_bytes: u64) -> u64 {
        let share = match self {
            Self::Whole => max_bytes,
            Self::Half => max_bytes / 2,
            Self::Quarter => max_bytes / 4,
        };
        share.max(SMALLEST.min(max_bytes)).max(1)
    }
}

impl Stream {
    /// Its share of what the bus may hold.
    pub(crate) fn share(self) -> Share {
        match self {
            Self::Events => Share::Whole,
            Self::Alerts => Share::Half,
            Self::DeadLetters => Share::Quarter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_events_may_take() {
        let of = |max_bytes| [Share::Whole, Share::Half, Share::Quarter].map(|share| share.of(max_bytes));
        assert_eq!(of(10 << 30), [10 << 30, 5 << 30, 5 << 29]);
        assert_eq!(of(20 << 20), [20 << 20, 10 << 20, SMALLEST]);
        assert_eq!(of(1 << 20), [1 << 20; 3], "less than the smallest is as much as was asked for");
        assert_eq!(of(0), [1; 3]);
    }
}
