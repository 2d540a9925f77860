//! Which parts of a condition decide: the fewest comparisons from which the verdict on the whole follows.

use super::explanation::{Part, PartKind, Reason, Role, Within};

/// How many comparisons it takes to show the verdict on something of that kind.
pub(super) fn weight(kind: &PartKind, holds: bool) -> usize {
    match kind {
        PartKind::Comparison(_) => 1,
        PartKind::Not(inner) | PartKind::Macro(_, inner) | PartKind::Exception(_, inner) => inner.weight,
        PartKind::All(parts) | PartKind::Any(parts) if takes_all(kind, holds) => {
            parts.iter().fold(0, |sum, part| sum.saturating_add(part.weight))
        }
        PartKind::All(parts) | PartKind::Any(parts) => {
            let deciding = parts.iter().filter(|part| part.holds == holds);
            deciding.map(|part| part.weight).min().unwrap_or(0)
        }
    }
}

/// Gives each part its role.
pub(super) fn assign(whole: &mut Part) {
    give(whole, Role::Decisive);
}

/// The decisive comparisons, from left to right.
pub(super) fn reasons(whole: &Part) -> Vec<Reason<'_>> {
    let mut reasons = Vec::new();
    collect(whole, Path { negated: false, within: Vec::new() }, &mut reasons);
    reasons
}

/// Whether one part is not enough to show the verdict.
fn takes_all(kind: &PartKind, holds: bool) -> bool {
    match kind {
        PartKind::All(_) => holds,
        PartKind::Any(_) => !holds,
        _ => true,
    }
}

fn give(part: &mut Part, role: Role) {
    part.role = role;
    let takes_all = takes_all(&part.kind, part.holds);
    let holds = part.holds;
    match &mut part.kind {
        PartKind::Comparison(_) => {}
        PartKind::Not(inner) | PartKind::Macro(_, inner) | PartKind::Exception(_, inner) => {
            give(inner, role);
        }
        PartKind::All(parts) | PartKind::Any(parts) if takes_all || role == Role::Unreached => {
            parts.iter_mut().for_each(|part| give(part, role));
        }
        PartKind::All(parts) | PartKind::Any(parts) => give_one(parts, holds, role),
    }
}

/// One of the parts with that verdict is enough: the lightest. From left to right the first would have been taken.
fn give_one(parts: &mut [Part], holds: bool, role: Role) {
    let deciding = || parts.iter().enumerate().filter(|(_, part)| part.holds == holds);
    let first = deciding().map(|(at, _)| at).next();
    let lightest = deciding().min_by_key(|(_, part)| part.weight).map(|(at, _)| at);
    for (at, part) in parts.iter_mut().enumerate() {
        let role = match role {
            Role::Decisive if Some(at) == lightest => Role::Decisive,
            _ if first.is_some_and(|first| at > first) => Role::Unreached,
            _ => Role::Beside,
        };
        give(part, role);
    }
}

#[derive(Clone)]
struct Path<'e> {
    negated: bool,
    within: Vec<Within<'e>>,
}

impl<'e> Path<'e> {
    fn into(mut self, within: Within<'e>) -> Self {
        self.within.push(within);
        self
    }
}

fn collect<'e>(part: &'e Part, path: Path<'e>, reasons: &mut Vec<Reason<'e>>) {
    if part.role != Role::Decisive {
        return;
    }
    match &part.kind {
        PartKind::All(parts) | PartKind::Any(parts) => {
            parts.iter().for_each(|part| collect(part, path.clone(), reasons));
        }
        PartKind::Not(inner) => collect(inner, Path { negated: !path.negated, ..path }, reasons),
        PartKind::Macro(name, inner) => collect(inner, path.into(Within::Macro(name)), reasons),
        PartKind::Exception(name, inner) => collect(inner, path.into(Within::Exception(name)), reasons),
        PartKind::Comparison(comparison) => {
            let Path { negated, within } = path;
            reasons.push(Reason { comparison, holds: part.holds, negated, within });
        }
    }
}
