//! Which rules can match an event at all, by the values of a few fields that many of them require.

use std::collections::{BTreeMap, HashMap};

use super::plan::SlotId;
use super::requirement::Requirement;

/// How many fields are looked at.
const MAX_KEYS: usize = 8;
/// How much memory the sets of rules for one of them may take.
const MAX_KEY_BYTES: usize = 16 << 20;

/// Rules by the values that they require.
#[derive(Debug)]
pub(super) struct Index {
    all: RuleSet,
    keys: Vec<Key>,
}

/// One field that rules are picked by.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) slot: SlotId,
    by_value: HashMap<Box<[u8]>, RuleSet>,
    /// The rules that do not care about this field.
    others: RuleSet,
}

/// A set of rules, a bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleSet(Vec<u64>);

impl Index {
    /// Of the requirements of rules in order of evaluation.
    pub(super) fn new(requirements: &[Requirement]) -> Self {
        let mut counts: BTreeMap<SlotId, usize> = BTreeMap::new();
        for slot in requirements.iter().flat_map(|requirement| requirement.slots.keys()) {
            *counts.entry(*slot).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let worth_it = counts.into_iter().filter(|&(slot, _)| bytes(slot, requirements) <= MAX_KEY_BYTES);
        let keys = worth_it.take(MAX_KEYS).map(|(slot, _)| Key::new(slot, requirements)).collect();
        Self { all: RuleSet::full(requirements.len()), keys }
    }

    /// Sets `candidates` to the rules that may match an event in which `value_of` gives the values of slots.
    pub(super) fn candidates<'v>(
        &self,
        candidates: &mut RuleSet,
        mut value_of: impl FnMut(SlotId) -> Option<&'v [u8]>,
    ) {
        candidates.0.clone_from(&self.all.0);
        for key in &self.keys {
            let found = value_of(key.slot).and_then(|value| key.by_value.get(value));
            if candidates.keep(found.unwrap_or(&key.others)) {
                return;
            }
        }
    }

    /// The slots it looks at.
    pub(super) fn slots(&self) -> impl Iterator<Item = SlotId> {
        self.keys.iter().map(|key| key.slot)
    }
}

/// The most that the sets of rules for the values of a slot can take.
fn bytes(slot: SlotId, requirements: &[Requirement]) -> usize {
    let values = requirements.iter().filter_map(|requirement| requirement.slots.get(&slot));
    values.map(|values| values.len().saturating_mul(requirements.len() / 8)).sum()
}

impl Key {
    fn new(slot: SlotId, requirements: &[Requirement]) -> Self {
        let mut others = RuleSet::empty(requirements.len());
        for (rule, requirement) in requirements.iter().enumerate() {
            if !requirement.slots.contains_key(&slot) {
                others.insert(rule);
            }
        }
        let mut by_value = HashMap::new();
        for (rule, requirement) in requirements.iter().enumerate() {
            for value in requirement.slots.get(&slot).into_iter().flatten() {
                by_value.entry(value.clone()).or_insert_with(|| others.clone()).insert(rule);
            }
        }
        Self { slot, by_value, others }
    }
}

impl RuleSet {
    pub(super) fn empty(rules: usize) -> Self {
        Self(vec![0; rules.div_ceil(64)])
    }

    fn full(rules: usize) -> Self {
        let mut all = Self::empty(rules);
        (0..rules).for_each(|rule| all.insert(rule));
        all
    }

    fn insert(&mut self, rule: usize) {
        if let Some(word) = self.0.get_mut(rule / 64) {
            *word |= 1 << (rule % 64);
        }
    }

    /// Removes what is not in `others` too; whether nothing is left.
    fn keep(&mut self, others: &Self) -> bool {
        let mut left = 0;
        for (own, other) in self.0.iter_mut().zip(&others.0) {
            *own &= other;
            left |= *own;
        }
        left == 0
    }

    /// The first member at or behind `from`.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let first = from / 64;
        let mut words = self.0.iter().enumerate().skip(first);
        words.find_map(|(at, &word)| {
            let word = if at == first { word & (u64::MAX << (from % 64)) } else { word };
            let bit = usize::try_from(word.trailing_zeros()).ok()?;
            (word != 0).then_some(at * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_rules() {
        let mut set = RuleSet::empty(130);
        [0, 63, 64, 129].into_iter().for_each(|rule| set.insert(rule));
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(rule) = set.next(from) {
            found.push(rule);
            from = rule + 1;
        }
        assert_eq!(found, [0, 63, 64, 129]);
        assert!(set.keep(&RuleSet::empty(130)));
        assert_eq!(RuleSet::full(3).0, [0b111]);
    }
}
