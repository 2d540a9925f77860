//! What a sink has taken already: an alert whose acknowledgement was lost comes again, and must not be sent again.

use std::collections::{HashSet, VecDeque};

use bus::{Delivery, Id};
use proto::alerts::v1::Alert;

/// More than can be unsettled at a time.
const REMEMBERED: u16 = 16 * 1024;

/// A message of the bus: its place and its id. A place alone would be another message's once a stream is made anew.
pub(crate) type Key = (u64, Id);

/// The last alerts that the sink has taken, of this process.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    known: HashSet<Key>,
    order: VecDeque<Key>,
}

/// The key of a delivered alert.
pub(crate) fn key(delivery: &Delivery<Alert>) -> Key {
    (delivery.sequence(), delivery.id())
}

impl Sent {
    pub(crate) fn contains(&self, key: Key) -> bool {
        self.known.contains(&key)
    }

    pub(crate) fn remember(&mut self, key: Key) {
        if self.known.insert(key) {
            self.order.push_back(key);
        }
        while self.order.len() > usize::from(REMEMBERED) {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_are_remembered() {
        let mut sent = Sent::default();
        let key = |number: u64| (number, Id::of([number.to_le_bytes().as_slice()]));
        for number in 0..=u64::from(REMEMBERED) {
            sent.remember(key(number));
            sent.remember(key(number));
        }
        assert!(!sent.contains(key(0)));
        assert!(sent.contains(key(1)) && sent.contains(key(REMEMBERED.into())));
        assert!(!sent.contains((1, key(2).1)));
        assert_eq!(sent.order.len(), sent.known.len());
    }
}
