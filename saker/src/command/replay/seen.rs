//! [`Seen`]: which alerts were raised already. An event that was sent twice raises each once, as the bus sees to.

use std::collections::{HashSet, VecDeque};

use bus::{Content, Id};
use proto::alerts::v1::Alert;

/// How many ids are remembered: some 64 MiB of them.
const MOST: usize = 1 << 20;

/// The ids of the latest alerts, of all rulesets together: what one of them forgets the other does, too.
#[derive(Debug, Default)]
pub(super) struct Seen {
    known: HashSet<Id>,
    /// In the order in which they are forgotten.
    order: VecDeque<Id>,
}

impl Seen {
    /// Leaves out the alerts that were raised already, of what each ruleset raised by one chunk.
    pub(super) fn leave_out<'a>(&mut self, of_each: impl Iterator<Item = &'a mut Vec<Alert>>) {
        let mut new = Vec::new();
        for alerts in of_each {
            let mut here = HashSet::new();
            alerts.retain(|alert| !self.known.contains(&alert.id()) && here.insert(alert.id()));
            new.extend(here);
        }
        new.into_iter().for_each(|id| self.note(id));
    }

    fn note(&mut self, id: Id) {
        if !self.known.insert(id) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alerts(names: &[&str]) -> Vec<Alert> {
        let alert = |name: &&str| Alert { id: Id::of([name.as_bytes()]).to_string(), ..Alert::default() };
        names.iter().map(alert).collect()
    }

    #[test]
    fn alerts_count_once_for_each_ruleset() {
        let mut seen = Seen::default();
        let mut chunk = [alerts(&["a", "b", "a"]), alerts(&["b", "c"])];
        seen.leave_out(chunk.iter_mut());
        assert_eq!(chunk, [alerts(&["a", "b"]), alerts(&["b", "c"])]);
        let mut next = [alerts(&["c", "d"]), alerts(&["a", "d"])];
        seen.leave_out(next.iter_mut());
        assert_eq!(next, [alerts(&["d"]), alerts(&["d"])]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut seen = Seen::default();
        for number in 0..=MOST {
            seen.note(Id::of([number.to_le_bytes().as_slice()]));
        }
        assert_eq!((seen.known.len(), seen.order.len()), (MOST, MOST));
    }
}
