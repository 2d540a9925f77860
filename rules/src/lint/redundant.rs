//! R204: parts of a condition that change nothing, as far as one can see without leaving the text they stand in: what
//! macros and lists hold may change.

use super::Finding;
use super::contradiction::{SIDE_BY_SIDE, excerpt, flat_all, flat_any};
use super::logic::{Claim, Prover, Trust, is_always_true, is_idle};
use super::part::Part;
use super::subject::{Subject, Unit};
use super::values::{Value, finite};
use crate::check::ir::{Operand, Ordering, Predicate, Test};
use crate::diagnostic::Code;

pub(super) fn lint(subject: &Subject<'_>, unit: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut search = Search { subject, prover: Prover::new(Trust::Text, &subject.budget), found: Vec::new() };
    part.each(&mut |part| match part {
        Part::All(parts) => search.all(&flat_all(parts)),
        Part::Any(parts) => search.any(&flat_any(parts)),
        Part::Not(inner, _) if matches!(**inner, Part::Not(..)) => {
            let finding = search.finding(part, "two negations cancel each other out".to_owned());
            search.found.push(finding);
        }
        _ => {}
    });
    // In macros these are how switches are made.
    if unit.is_rule() {
        part.each(&mut |part| match part {
            Part::All(parts) | Part::Any(parts) => search.idle(parts),
            _ => {}
        });
    }
    search.found
}

struct Search<'s, 'c> {
    subject: &'s Subject<'c>,
    prover: Prover<'s>,
    found: Vec<Finding>,
}

impl Search<'_, '_> {
    /// Each part that another one implies; of two that say the same, the later.
    fn all(&mut self, parts: &[&Part<'_>]) {
        for (wide, narrow) in self.one_for_each(parts, |part, other| (other, part)) {
            self.found.push(redundant(self.subject, wide, narrow, "implies it"));
        }
    }

    /// Each part that implies another one; of two that say the same, the later.
    fn any(&mut self, parts: &[&Part<'_>]) {
        for (narrow, wide) in self.one_for_each(parts, |part, other| (part, other)) {
            self.found.push(redundant(self.subject, narrow, wide, "covers it"));
        }
    }

    /// Each part that is idle beside another; `order` says which of the two must imply which.
    fn one_for_each<'p, 's>(
        &mut self,
        parts: &[&'p Part<'s>],
        order: impl Fn(&'p Part<'s>, &'p Part<'s>) -> (&'p Part<'s>, &'p Part<'s>),
    ) -> Vec<(&'p Part<'s>, &'p Part<'s>)> {
        let mut implies = |(a, b)| self.prover.implies(Claim::that(a), Claim::that(b));
        let parts = parts.get(..SIDE_BY_SIDE.min(parts.len())).unwrap_or_default();
        let mut found = Vec::new();
        for (at, &part) in parts.iter().enumerate() {
            let decisive = parts.iter().enumerate().find(|&(place, &other)| {
                place != at && implies(order(part, other)) && (place < at || !implies(order(other, part)))
            });
            found.extend(decisive.map(|(_, &other)| (part, other)));
        }
        found
    }

    /// What is always or never true beside something else.
    fn idle(&mut self, parts: &[Part<'_>]) {
        for part in parts {
            let bare = if let Part::Not(inner, _) = part { inner } else { part };
            let Part::Test(comparison) = bare else { continue };
            let verdict = if is_always_true(&comparison.test) {
                "always"
            } else if is_never_true(&comparison.test) {
                "never"
            } else {
                continue;
            };
            let message = format!("`{}` is {verdict} true", excerpt(self.subject, bare));
            let finding = self.finding(bare, message);
            let help = "drop it; a rule is turned off with `enabled: false`".to_owned();
            self.found.push(Finding { help, ..finding });
        }
    }

    fn finding(&self, part: &Part<'_>, message: String) -> Finding {
        let help = "drop both `not`";
        Finding::new(Code::Redundant, self.subject.span(&part.place()), message, help)
    }
}

fn redundant(subject: &Subject<'_>, part: &Part<'_>, because: &Part<'_>, how: &str) -> Finding {
    let (redundant, because_of) = (excerpt(subject, part), excerpt(subject, because));
    let message = if redundant == because_of {
        format!("`{redundant}` stands here twice")
    } else {
        format!("`{redundant}` changes nothing: `{because_of}` {how}")
    };
    let help = "drop it, or mend what was meant to be different";
    Finding::new(Code::Redundant, subject.span(&part.place()), message, help)
        .with_label(subject.span(&because.place()), "this stands beside it")
}

/// Whether a comparison is one of those that hold for no event.
fn is_never_true(test: &Test) -> bool {
    let Operand::Field(field, _) = &test.operand else { return false };
    if !is_idle(&test.operand) {
        return false;
    }
    let no_time = |value: &Value<'_>| match value {
        Value::Text(text) => *text == b"0" || !text.iter().all(u8::is_ascii_digit),
        Value::Number(_) => false,
    };
    match &test.predicate {
        Predicate::Number(Ordering::Less, 0) => true,
        Predicate::Number(Ordering::Equal, 0) => field.name == "evt.num",
        Predicate::Number(Ordering::Equal, 1) => field.name == "evt.is_async",
        _ if field.name == "evt.asynctype" => true,
        _ if field.name.ends_with(".rawtime") => {
            finite(test).is_some_and(|values| !values.is_empty() && values.iter().all(no_time))
        }
        _ => false,
    }
}
