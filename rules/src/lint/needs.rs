//! How much of requests must be logged for a rule to match.

use crate::check::check_condition;
use crate::check::ir::{Condition, Predicate, Test};
use crate::fields::Level;
use crate::ruleset::resolved::ResolvedRule;

/// The lowest audit level at which a rule can match; events below it lack what it asks for. None if its condition
/// cannot be evaluated.
#[must_use]
pub fn needs(rule: &ResolvedRule) -> Option<Level> {
    let condition = check_condition(rule.expr.as_ref()?).ok()?;
    Some(if_it_is(&condition))
}

/// The level below which a condition never holds.
fn if_it_is(condition: &Condition) -> Level {
    match condition {
        Condition::All(parts) => parts.iter().map(if_it_is).max().unwrap_or(Level::Metadata),
        Condition::Any(parts) => parts.iter().map(if_it_is).min().unwrap_or(Level::Metadata),
        Condition::Not(inner) => if_it_is_not(inner),
        Condition::Test(test) => of_test(test),
    }
}

/// The level below which the negation of a condition never holds. What is absent makes a comparison false, so that its
/// negation asks for nothing.
fn if_it_is_not(condition: &Condition) -> Level {
    match condition {
        Condition::All(parts) => parts.iter().map(if_it_is_not).min().unwrap_or(Level::Metadata),
        Condition::Any(parts) => parts.iter().map(if_it_is_not).max().unwrap_or(Level::Metadata),
        Condition::Not(inner) => if_it_is(inner),
        Condition::Test(_) => Level::Metadata,
    }
}

/// The level below which a comparison lacks a field.
pub(super) fn of_test(test: &Test) -> Level {
    let mut fields = test.operand.fields();
    if let Predicate::Related(_, right) = &test.predicate {
        fields.extend(right.fields());
    }
    fields.iter().map(|(field, argument)| field.level(argument)).max().unwrap_or(Level::Metadata)
}
