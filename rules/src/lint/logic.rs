//! Whether one condition holds wherever another does, proved from how they are made. What cannot be proved within a
//! number of steps counts as not so.

use std::cell::Cell;

use super::part::{Comparison, Part};
use super::values::{Value, disjoint, finite, holds, implied};
use crate::check::ir::{Operand, Ordering, Predicate, Test};

/// Steps for one question.
const STEPS: u32 = 20_000;
/// Steps for all questions that lints ask of a ruleset.
const ALL_STEPS: u32 = 20_000_000;
/// How deep conditions may be taken apart.
const DEPTH: u32 = 300;
/// Larger sets of values are not gone through.
const VALUES: usize = 64;

/// What a proof may build on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Only what stands in the text itself: macros and lists are there to be changed.
    Text,
    /// Also what macros and lists are now, but for those that are always or never true: these wait to be changed.
    Present,
    /// Everything.
    Everything,
}

/// A condition that is to hold, or is not to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'p, 's> {
    part: &'p Part<'s>,
    holds: bool,
}

/// A claim taken apart.
pub(super) enum Shape<'p, 's> {
    All(Vec<Claim<'p, 's>>),
    Any(Vec<Claim<'p, 's>>),
    /// A macro by its name.
    Call(&'s str),
    Test(&'p Comparison<'s>),
}

impl<'p, 's> Claim<'p, 's> {
    pub(super) fn that(part: &'p Part<'s>) -> Self {
        Self { part, holds: true }
    }

    pub(super) fn not(self) -> Self {
        Self { holds: !self.holds, ..self }
    }

    /// Its parts and whether each is to hold; macros taken apart unless only the text counts.
    pub(super) fn shape(self, trust: Trust) -> (Shape<'p, 's>, bool) {
        let all = |parts: &'p [Part<'s>]| {
            parts.iter().map(|part| Claim { part, holds: self.holds }).collect::<Vec<_>>()
        };
        let shape = match self.part {
            Part::All(parts) if self.holds => Shape::All(all(parts)),
            Part::All(parts) => Shape::Any(all(parts)),
            Part::Any(parts) if self.holds => Shape::Any(all(parts)),
            Part::Any(parts) => Shape::All(all(parts)),
            Part::Not(inner, _) => return Claim { part: inner, holds: !self.holds }.shape(trust),
            Part::Call(name, _) if trust == Trust::Text => Shape::Call(&name.text),
            Part::Call(_, body) => return Claim { part: body, holds: self.holds }.shape(trust),
            Part::Test(comparison) => Shape::Test(comparison),
        };
        (shape, self.holds)
    }

    /// The comparisons that each must hold for it to hold.
    pub(super) fn required(self, visit: &mut dyn FnMut(&'p Comparison<'s>)) {
        match self.shape(Trust::Everything) {
            (Shape::All(claims), _) => claims.into_iter().for_each(|claim| claim.required(visit)),
            (Shape::Test(comparison), true) => visit(comparison),
            _ => {}
        }
    }
}

/// Whether an operand is one that macros use to be always or never true.
pub(super) fn is_idle(operand: &Operand) -> bool {
    matches!(operand, Operand::Field(field, _)
        if field.name.starts_with("evt.") || matches!(field.name, "jevt.rawtime" | "json.rawtime"))
}

/// Whether a comparison holds for every event.
pub(super) fn is_always_true(test: &Test) -> bool {
    let always_there = matches!(&test.operand, Operand::Field(field, _)
        if is_idle(&test.operand) && !matches!(field.name, "evt.asynctype" | "evt.hostname"));
    let holds = matches!(test.predicate, Predicate::Exists | Predicate::Number(Ordering::AtLeast, 0));
    always_there && holds
}

/// The steps that are left for several provers, one after the other.
#[derive(Debug)]
pub(super) struct Budget(Cell<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(ALL_STEPS))
    }
}

impl Budget {
    /// Whether no question can be answered any more.
    pub(super) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// Answers questions as long as there are steps left.
pub(super) struct Prover<'b> {
    trust: Trust,
    steps: u32,
    budget: &'b Budget,
}

impl<'b> Prover<'b> {
    pub(super) fn new(trust: Trust, budget: &'b Budget) -> Self {
        Self { trust, steps: 0, budget }
    }

    /// Whether `b` holds wherever `a` does.
    pub(super) fn implies(&mut self, a: Claim<'_, '_>, b: Claim<'_, '_>) -> bool {
        let left = self.budget.0.get();
        let given = STEPS.min(left);
        self.steps = given;
        let proved = self.prove(a, b, DEPTH);
        self.budget.0.set(left - (given - self.steps));
        proved
    }

    /// Whether the two never hold at once.
    pub(super) fn excludes(&mut self, a: Claim<'_, '_>, b: Claim<'_, '_>) -> bool {
        self.implies(a, b.not()) || self.implies(b, a.not())
    }

    /// Takes a claim apart, which costs a step for each part.
    fn take_apart<'p, 's>(&mut self, claim: Claim<'p, 's>) -> Option<(Shape<'p, 's>, bool)> {
        let (shape, holds) = claim.shape(self.trust);
        let parts = match &shape {
            Shape::All(parts) | Shape::Any(parts) => parts.len(),
            _ => 0,
        };
        self.spend(parts.saturating_add(1)).then_some((shape, holds))
    }

    /// Whether there are so many steps left; they are not any more.
    fn spend(&mut self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.steps.checked_sub(steps));
        self.steps = left.unwrap_or_default();
        left.is_some()
    }

    fn prove(&mut self, a: Claim<'_, '_>, b: Claim<'_, '_>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let Some((right, right_holds)) = self.take_apart(b) else { return false };
        if let Shape::All(parts) = &right {
            return parts.iter().all(|&part| self.prove(a, part, depth));
        }
        let Some((left, left_holds)) = self.take_apart(a) else { return false };
        match (&left, &right) {
            (Shape::Any(parts), _) => return parts.iter().all(|&part| self.prove(part, b, depth)),
            (Shape::All(parts), _) if parts.iter().any(|&part| self.prove(part, b, depth)) => return true,
            (_, Shape::Any(parts)) if parts.iter().any(|&part| self.prove(a, part, depth)) => return true,
            _ => {}
        }
        match (left, right) {
            (Shape::Test(p), Shape::Any(_)) if left_holds => self.each_value(p, b, depth),
            (Shape::Test(p), Shape::Test(q)) => self.test_implies((p, left_holds), (q, right_holds)),
            (Shape::Call(a), Shape::Call(b)) => a == b && left_holds == right_holds,
            (_, Shape::Test(q)) => self.is_always((q, right_holds)),
            _ => false,
        }
    }

    /// Whether `b` holds for each of the values that let `p` hold.
    fn each_value(&mut self, p: &Comparison<'_>, b: Claim<'_, '_>, depth: u32) -> bool {
        if !self.counts(p) {
            return false;
        }
        let values = finite(&p.test).filter(|values| !values.is_empty() && values.len() <= VALUES);
        values.is_some_and(|values| {
            values.into_iter().all(|value| self.holds_for(b, (&p.test.operand, value), depth))
        })
    }

    /// Whether a claim holds wherever an operand has a value.
    fn holds_for(&mut self, claim: Claim<'_, '_>, known: (&Operand, Value<'_>), depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let Some(taken) = self.take_apart(claim) else { return false };
        match taken {
            (Shape::All(parts), _) => parts.iter().all(|&part| self.holds_for(part, known, depth)),
            (Shape::Any(parts), _) => parts.iter().any(|&part| self.holds_for(part, known, depth)),
            (Shape::Test(q), wanted) => {
                self.counts(q)
                    && q.test.operand == *known.0
                    && self.spend(effort(&q.test))
                    && holds(&q.test, known.1) == Some(wanted)
            }
            (Shape::Call(_), _) => false,
        }
    }

    fn test_implies(&mut self, a: (&Comparison<'_>, bool), b: (&Comparison<'_>, bool)) -> bool {
        if self.is_always(b) {
            return true;
        }
        if !self.counts(a.0) || !self.counts(b.0) {
            return false;
        }
        let (p, q) = (&a.0.test, &b.0.test);
        let steps = size(p).saturating_mul(effort(q)).max(size(q).saturating_mul(effort(p)));
        if steps > 1 && !self.spend(steps) {
            return false;
        }
        match (a.1, b.1) {
            (true, true) => implied(p, q),
            (true, false) => disjoint(p, q),
            (false, false) => implied(q, p),
            (false, true) => false,
        }
    }

    /// Whether a comparison may be built on.
    fn counts(&self, comparison: &Comparison<'_>) -> bool {
        match self.trust {
            Trust::Everything => true,
            Trust::Present => !is_idle(&comparison.test.operand) && !is_empty(&comparison.test),
            Trust::Text => comparison.written && !is_idle(&comparison.test.operand),
        }
    }

    /// Whether it is as claimed for every event.
    fn is_always(&self, (comparison, claimed): (&Comparison<'_>, bool)) -> bool {
        let known = if claimed { is_always_true(&comparison.test) } else { is_empty(&comparison.test) };
        self.trust == Trust::Everything && known
    }
}

/// How many values a comparison is with.
fn size(test: &Test) -> usize {
    match &test.predicate {
        Predicate::In(set) | Predicate::Subset(set) | Predicate::Overlaps(set) => set.len(),
        _ => effort(test),
    }
}

/// How many comparisons it takes to see whether one holds for a value.
fn effort(test: &Test) -> usize {
    match &test.predicate {
        Predicate::Quantified(_, tests) => tests.len(),
        Predicate::NumberIn(numbers) | Predicate::NumberQuantified(_, _, numbers) => numbers.len(),
        _ => 1,
    }
}

/// Whether a comparison is with a list of nothing, which holds for no event.
pub(super) fn is_empty(test: &Test) -> bool {
    match &test.predicate {
        Predicate::In(set) | Predicate::Overlaps(set) => set.is_empty(),
        Predicate::Subset(set) => set.is_empty() && matches!(test.operand, Operand::Field(..)),
        Predicate::Quantified(_, tests) => tests.is_empty(),
        Predicate::NumberIn(numbers) => numbers.is_empty(),
        Predicate::NumberQuantified(_, _, numbers) => numbers.is_empty(),
        _ => false,
    }
}
