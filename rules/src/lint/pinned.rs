//! What is known of an event by the time one comparison of a rule decides.

use super::logic::{Claim, Shape, Trust};
use super::part::{Comparison, Part};
use super::values::{Value, finite, plain_name};

/// More that is known than this is left out.
const MOST: usize = 256;
/// Parts of conditions that are looked at for the values of one field.
const LOOKS: usize = 1024;

/// The comparisons that must hold besides the one that is looked at.
pub(super) struct Known<'p, 's> {
    comparisons: Vec<&'p Comparison<'s>>,
    claims: Vec<Claim<'p, 's>>,
}

impl<'p, 's> Known<'p, 's> {
    pub(super) fn comparisons(&self) -> &[&'p Comparison<'s>] {
        &self.comparisons
    }

    /// The values that a field must have one of, if there is such a set.
    pub(super) fn values(&self, name: &str) -> Option<Vec<&'p [u8]>> {
        let mut looks = LOOKS;
        self.claims.iter().find_map(|claim| values(*claim, name, &mut looks))
    }

    /// Whether a field must have one of these values.
    pub(super) fn is_one_of(&self, name: &str, values: &[&str]) -> bool {
        let pinned = self.values(name).filter(|pinned| !pinned.is_empty());
        pinned.is_some_and(|pinned| {
            pinned.iter().all(|value| values.iter().any(|known| known.as_bytes() == *value))
        })
    }
}

/// Visits the comparisons that can make a condition hold by holding themselves, with what is known then.
pub(super) fn each_positive<'p, 's>(
    part: &'p Part<'s>,
    visit: &mut dyn FnMut(&'p Comparison<'s>, &Known<'p, 's>),
) {
    let mut known = Known { comparisons: Vec::new(), claims: Vec::new() };
    walk(Claim::that(part), &mut known, visit);
}

fn walk<'p, 's>(
    claim: Claim<'p, 's>,
    known: &mut Known<'p, 's>,
    visit: &mut dyn FnMut(&'p Comparison<'s>, &Known<'p, 's>),
) {
    match claim.shape(Trust::Everything) {
        (Shape::All(claims), _) => {
            let (comparisons, before) = (known.comparisons.len(), known.claims.len());
            let free = MOST.saturating_sub(before);
            known.claims.extend(claims.iter().take(free));
            for claim in claims.iter().take(free) {
                claim.required(&mut |comparison| known.comparisons.push(comparison));
            }
            known.comparisons.truncate(comparisons.max(MOST));
            claims.into_iter().for_each(|claim| walk(claim, known, visit));
            known.comparisons.truncate(comparisons);
            known.claims.truncate(before);
        }
        (Shape::Any(claims), _) => claims.into_iter().for_each(|claim| walk(claim, known, visit)),
        (Shape::Test(comparison), true) => visit(comparison, known),
        _ => {}
    }
}

fn values<'p>(claim: Claim<'p, '_>, name: &str, looks: &mut usize) -> Option<Vec<&'p [u8]>> {
    *looks = looks.checked_sub(1)?;
    match claim.shape(Trust::Everything) {
        (Shape::All(claims), _) => claims.into_iter().find_map(|claim| values(claim, name, looks)),
        (Shape::Any(claims), _) => {
            let all: Option<Vec<_>> = claims.into_iter().map(|claim| values(claim, name, looks)).collect();
            all.map(|all| all.concat())
        }
        (Shape::Test(comparison), true) if plain_name(&comparison.test.operand) == Some(name) => {
            let text = |value| match value {
                Value::Text(text) => Some(text),
                Value::Number(_) => None,
            };
            finite(&comparison.test)?.into_iter().map(text).collect()
        }
        _ => None,
    }
}
