//! What an event must have for a condition to hold: for some fields, one of some values. The index goes by it.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::SlotId;
use crate::check::ir::{Condition, Operand, Ordering, Predicate, Test, TextTest};
use crate::fields::Shape;
use crate::output::Slots;
use crate::syntax::ast::Quantifier;

/// More values than this are not worth an index.
const MAX_VALUES: usize = 256;

/// For each of some slots the values of which it must have one. An event that lacks any of them cannot match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Requirement {
    pub(super) slots: BTreeMap<SlotId, BTreeSet<Box<[u8]>>>,
}

impl Requirement {
    /// Of a condition.
    pub(super) fn of(condition: &Condition, slots: &mut dyn Slots) -> Self {
        match condition {
            Condition::All(parts) => {
                parts.iter().map(|part| Self::of(part, slots)).reduce(Self::and).unwrap_or_default()
            }
            Condition::Any(parts) => {
                parts.iter().map(|part| Self::of(part, slots)).reduce(Self::or).unwrap_or_default()
            }
            Condition::Not(inner) => match &**inner {
                Condition::Not(twice) => Self::of(twice, slots),
                _ => Self::default(),
            },
            Condition::Test(test) => Self::of_test(test, slots),
        }
    }

    fn of_test(test: &Test, slots: &mut dyn Slots) -> Self {
        if !matches!(test.operand, Operand::Field(..)) || test.operand.shape() == Shape::List {
            return Self::default();
        }
        let values: BTreeSet<Box<[u8]>> = match &test.predicate {
            Predicate::Text(TextTest::Ordered(Ordering::Equal, value)) => BTreeSet::from([value.clone()]),
            Predicate::Quantified(Quantifier::Any | Quantifier::One, tests) if tests.len() <= MAX_VALUES => {
                match tests.iter().map(equal_to).collect() {
                    Some(values) => values,
                    None => return Self::default(),
                }
            }
            Predicate::In(set) if set.len() <= MAX_VALUES => set.iter().map(Box::from).collect(),
            _ => return Self::default(),
        };
        Self { slots: BTreeMap::from([(slots.slot(&test.operand), values)]) }
    }

    fn and(mut self, other: Self) -> Self {
        for (slot, values) in other.slots {
            let both = match self.slots.remove(&slot) {
                Some(own) => own.intersection(&values).cloned().collect(),
                None => values,
            };
            self.slots.insert(slot, both);
        }
        self
    }

    fn or(self, mut other: Self) -> Self {
        let either = self.slots.into_iter().filter_map(|(slot, mut values)| {
            values.append(&mut other.slots.remove(&slot)?);
            (values.len() <= MAX_VALUES).then_some((slot, values))
        });
        Self { slots: either.collect() }
    }
}

/// The one text for which a test holds, if it is such a test.
fn equal_to(test: &TextTest) -> Option<Box<[u8]>> {
    match test {
        TextTest::Ordered(Ordering::Equal, value) => Some(value.clone()),
        _ => None,
    }
}
