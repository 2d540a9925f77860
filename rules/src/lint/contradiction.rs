//! R203: parts of a condition that contradict one another.

use super::Finding;
use super::logic::{Claim, Prover, Trust};
use super::part::Part;
use super::subject::{Subject, Unit};
use super::values::exhaustive;
use crate::diagnostic::Code;

/// More parts side by side are not held against one another.
pub(super) const SIDE_BY_SIDE: usize = 64;

pub(super) fn lint(subject: &Subject<'_>, _: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut prover = Prover::new(Trust::Present, &subject.budget);
    let mut found = Vec::new();
    part.each(&mut |part| match part {
        Part::All(parts) => found.extend(never(subject, &mut prover, &flat_all(parts))),
        Part::Any(parts) => found.extend(always(subject, &mut prover, &flat_any(parts))),
        _ => {}
    });
    found
}

/// The parts of a conjunction, those of conjunctions among them included.
pub(super) fn flat_all<'p, 's>(parts: &'p [Part<'s>]) -> Vec<&'p Part<'s>> {
    parts
        .iter()
        .flat_map(|part| match part {
            Part::All(inner) => flat_all(inner),
            part => vec![part],
        })
        .collect()
}

/// The parts of a disjunction, those of disjunctions among them included.
pub(super) fn flat_any<'p, 's>(parts: &'p [Part<'s>]) -> Vec<&'p Part<'s>> {
    parts
        .iter()
        .flat_map(|part| match part {
            Part::Any(inner) => flat_any(inner),
            part => vec![part],
        })
        .collect()
}

/// The first pair, if any, that is as `is_so` says.
pub(super) fn pairs<'p, 's>(
    parts: &[&'p Part<'s>],
    mut is_so: impl FnMut(&'p Part<'s>, &'p Part<'s>) -> bool,
) -> Vec<(&'p Part<'s>, &'p Part<'s>)> {
    let parts = parts.get(..SIDE_BY_SIDE.min(parts.len())).unwrap_or_default();
    let mut found = Vec::new();
    for (at, &later) in parts.iter().enumerate() {
        let earlier = parts.iter().take(at).find(|earlier| is_so(earlier, later));
        found.extend(earlier.map(|&earlier| (earlier, later)));
    }
    found
}

fn never(subject: &Subject<'_>, prover: &mut Prover<'_>, parts: &[&Part<'_>]) -> Option<Finding> {
    let contradict = pairs(parts, |a, b| prover.excludes(Claim::that(a), Claim::that(b)));
    let (earlier, later) = contradict.first()?;
    let (one, other) = (excerpt(subject, earlier), excerpt(subject, later));
    let message = format!("`{one}` and `{other}` are never both true");
    let help = "join them by `or`, or drop one of them: with both nothing matches";
    Some(finding(subject, (earlier, later), message, help))
}

fn always(subject: &Subject<'_>, prover: &mut Prover<'_>, parts: &[&Part<'_>]) -> Option<Finding> {
    let cover = pairs(parts, |a, b| covers(a, b) || prover.implies(Claim::that(a).not(), Claim::that(b)));
    let (earlier, later) = cover.first()?;
    let (one, other) = (excerpt(subject, earlier), excerpt(subject, later));
    let whenever = if covers(earlier, later) { " where the field is there" } else { "" };
    let message = format!("one of `{one}` and `{other}` is always true{whenever}");
    let help = "join them by `and`, or drop one of them: with both everything matches";
    Some(finding(subject, (earlier, later), message, help))
}

fn covers(a: &Part<'_>, b: &Part<'_>) -> bool {
    match (a, b) {
        (Part::Test(a), Part::Test(b)) => exhaustive(&a.test, &b.test),
        _ => false,
    }
}

fn finding(
    subject: &Subject<'_>,
    (earlier, later): (&Part<'_>, &Part<'_>),
    message: String,
    help: &str,
) -> Finding {
    let finding = Finding::new(Code::Contradiction, subject.span(&later.place()), message, help);
    finding.with_label(subject.span(&earlier.place()), "contradicts this")
}

/// How a part is called in messages.
pub(super) fn excerpt(subject: &Subject<'_>, part: &Part<'_>) -> String {
    subject.excerpt(&part.place())
}
