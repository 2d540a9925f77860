//! R206: rules that never raise an alert where only the first that matches does.

use super::Finding;
use super::logic::{Budget, Claim, Prover, Trust};
use super::part::Parts;
use super::subject::{Subject, Unit};
use crate::diagnostic::Code;
use crate::options::Matching;

/// The rules of `active`, which are in order of evaluation, that an earlier one always forestalls.
pub(super) fn lint<'u, 'c>(
    subject: &Subject<'c>,
    parts: &Parts<'_>,
    active: &[&'u Unit<'c>],
) -> Vec<(&'u Unit<'c>, Finding)> {
    if subject.options.matching != Matching::First {
        return Vec::new();
    }
    let budget = Budget::default();
    let mut prover = Prover::new(Trust::Everything, &budget);
    let mut found = Vec::new();
    for (at, &rule) in active.iter().enumerate() {
        if budget.is_spent() {
            break;
        }
        let Some(condition) = parts.of(rule) else { continue };
        let before = active.iter().take(at).find(|before| {
            let earlier = parts.of(before);
            earlier.is_some_and(|earlier| prover.implies(Claim::that(condition), Claim::that(earlier)))
        });
        found.extend(before.map(|before| (rule, finding(rule, before))));
    }
    found
}

fn finding(rule: &Unit<'_>, before: &Unit<'_>) -> Finding {
    let message =
        format!("rule `{}` never raises an alert: `{}` matches whatever it matches", rule.name, before.name);
    let help = format!(
        "put it before `{}`, make that one narrower, or let every rule that matches raise an alert",
        before.name
    );
    Finding::new(Code::Shadowed, Some(rule.heading.span), message, help)
        .with_label(before.heading.span.into(), "this rule comes first")
}
