//! [`Tally`]: alerts that are counted in place of being sent, each once, however often it comes. Pure.

use std::collections::{HashSet, VecDeque};

use bus::{Content, Id};
use proto::alerts::v1::{Alert, Example, Summary};
use proto::notifier::v1::Tally as Wire;

/// How many alerts are told by their message.
const EXAMPLES: usize = 3;

/// A longer message of an example is cut.
const LONGEST_MESSAGE: usize = 300;

/// How many alerts are known by their id. A group is told once it has as many.
pub(crate) const MEMBERS: usize = 4096;

/// What an alert is known by: the beginning of its id, which is a hash of its content.
type Member = [u8; 8];

/// Alerts that were counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tally {
    summary: Summary,
    /// The oldest first.
    order: VecDeque<Member>,
    known: HashSet<Member>,
}

/// Alerts by what they are known by, sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Members(Vec<Member>);

impl Tally {
    /// Whether the alert was counted.
    pub(crate) fn has(&self, alert: &Alert) -> bool {
        self.known.contains(&member(alert))
    }

    /// Counts an alert; says whether it was not counted before.
    pub(crate) fn count(&mut self, alert: &Alert) -> bool {
        if !self.known.insert(member(alert)) {
            return false;
        }
        self.order.push_back(member(alert));
        if self.order.len() > MEMBERS
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        let time = alert.time_unix_nanos;
        let Summary { count, first_unix_nanos, last_unix_nanos, examples } = &mut self.summary;
        let earlier = *count == 0 || time < *first_unix_nanos;
        *first_unix_nanos = if earlier { time } else { *first_unix_nanos };
        *last_unix_nanos = if *count == 0 { time } else { time.max(*last_unix_nanos) };
        *count = count.saturating_add(1);
        if examples.len() < EXAMPLES {
            examples.push(example(alert));
        }
        true
    }

    /// What was counted.
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Whether no more can be told apart.
    pub(crate) fn is_full(&self) -> bool {
        self.order.len() >= MEMBERS
    }

    /// Those that were counted.
    pub(crate) fn members(&self) -> Members {
        let mut members: Vec<Member> = self.order.iter().copied().collect();
        members.sort_unstable();
        Members(members)
    }

    pub(crate) fn of_wire(wire: Wire) -> Self {
        let order: VecDeque<Member> = wire.members.as_chunks().0.iter().copied().collect();
        Self { summary: wire.summary.unwrap_or_default(), known: order.iter().copied().collect(), order }
    }

    pub(crate) fn to_wire(&self) -> Wire {
        Wire { summary: Some(self.summary.clone()), members: self.order.iter().flatten().copied().collect() }
    }
}

impl Members {
    /// Whether the alert is one of them.
    pub(crate) fn have(&self, alert: &Alert) -> bool {
        self.0.binary_search(&member(alert)).is_ok()
    }

    pub(crate) fn of_wire(bytes: &[u8]) -> Self {
        Self(bytes.as_chunks().0.to_vec())
    }

    pub(crate) fn to_wire(&self) -> Vec<u8> {
        self.0.concat()
    }
}

fn member(alert: &Alert) -> Member {
    let id: Id = alert.id();
    let [a, b, c, d, e, f, g, h, ..] = *id.as_bytes();
    [a, b, c, d, e, f, g, h]
}

fn example(alert: &Alert) -> Example {
    let message = match alert.message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", alert.message.get(..end).unwrap_or_default()),
        None => alert.message.clone(),
    };
    Example { id: alert.id.clone(), message, time_unix_nanos: alert.time_unix_nanos }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::numbered;

    #[test]
    fn each_alert_counts_once_and_the_first_are_shown() {
        let mut tally = Tally::default();
        let counted = [3, 1, 4, 1, 5, 3, 9].map(|number| tally.count(&numbered(number)));
        assert_eq!(counted, [true, true, true, false, true, false, true]);
        let summary = tally.summary();
        assert_eq!((summary.count, summary.first_unix_nanos, summary.last_unix_nanos), (5, 1, 9));
        let examples: Vec<&str> = summary.examples.iter().map(|example| example.message.as_str()).collect();
        assert_eq!(examples, ["alert 3", "alert 1", "alert 4"]);
        assert!(tally.has(&numbered(9)) && !tally.has(&numbered(2)));
        assert!(tally.members().have(&numbered(3)));
    }

    #[test]
    fn a_tally_survives_the_bus() {
        let mut tally = Tally::default();
        assert!((0..10).all(|number| tally.count(&numbered(number))));
        assert_eq!(Tally::of_wire(tally.to_wire()), tally);
        let members = tally.members();
        assert_eq!(Members::of_wire(&members.to_wire()), members);
        assert_eq!(Tally::of_wire(Wire::default()), Tally::default());
    }

    #[test]
    fn the_oldest_are_forgotten_and_still_counted() {
        let mut tally = Tally::default();
        let more = u64::try_from(MEMBERS).unwrap() + 5;
        assert!((0..more).all(|number| tally.count(&numbered(number))));
        assert!(tally.is_full() && tally.summary().count == more);
        assert!(!tally.has(&numbered(4)) && tally.has(&numbered(5)));
    }

    #[test]
    fn long_messages_are_cut() {
        let long = Alert { message: "ü".repeat(1000), ..numbered(1) };
        let mut tally = Tally::default();
        assert!(tally.count(&long));
        assert_eq!(tally.summary().examples[0].message.chars().count(), 301);
    }
}
