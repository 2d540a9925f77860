//! One event held against a plan: values and verdicts worked out when they are first asked for.

use super::derive;
use super::holds;
use super::index::RuleSet;
use super::plan::{Node, NodeId, Plan, Slot, SlotId};
use super::scan::{Heard, Scan};
use crate::fields::{Extracted, Facts, Store, Texts};
use crate::output::Values;

/// What is known about the present event; its memory is used again for the next.
#[derive(Debug)]
pub(super) struct Memory {
    store: Store,
    values: Vec<Option<Extracted>>,
    verdicts: Vec<Option<bool>>,
    candidates: RuleSet,
}

/// An event on its way through a plan.
pub(super) struct Run<'a> {
    plan: &'a Plan,
    facts: &'a Facts<'a>,
    memory: &'a mut Memory,
}

impl Memory {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            store: Store::default(),
            values: vec![None; plan.slots.len()],
            verdicts: vec![None; plan.nodes.len()],
            candidates: RuleSet::empty(plan.rules.len()),
        }
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(plan: &'a Plan, facts: &'a Facts<'a>, memory: &'a mut Memory) -> Self {
        memory.store.clear();
        memory.values.fill(None);
        memory.verdicts.fill(None);
        Self { plan, facts, memory }
    }

    /// Finds out which rules can match at all.
    pub(super) fn pick_candidates(&mut self) {
        for slot in self.plan.index.slots() {
            self.value(slot);
        }
        let Memory { store, values, candidates, .. } = &mut *self.memory;
        let texts = Texts::new(self.facts.bytes(), store);
        self.plan.index.candidates(candidates, |slot| match values.get(slot.0) {
            Some(Some(Extracted::Text(piece))) => Some(texts.get(*piece)),
            _ => None,
        });
    }

    /// The next rule at or behind `from`, in order of evaluation, that matches.
    pub(super) fn next_match(&mut self, mut from: usize) -> Option<usize> {
        while let Some(candidate) = self.memory.candidates.next(from) {
            let rule = self.plan.rules.get(candidate)?;
            if self.holds(rule.condition) {
                return Some(candidate);
            }
            from = candidate + 1;
        }
        None
    }

    fn work_out(&mut self, slot: &'a Slot) -> Extracted {
        let plan = self.plan;
        if let Slot::Field(field, argument) = slot {
            return field.extract(plan.meaning, argument, self.facts, &mut self.memory.store);
        }
        derive::inputs(slot).for_each(|input| {
            self.value(input);
        });
        let Memory { store, values, .. } = &mut *self.memory;
        let values = |id: SlotId| values.get(id.0).copied().flatten().unwrap_or(Extracted::Absent);
        derive::derive(plan, slot, values, (self.facts.bytes(), store))
    }

    /// Whether a part of a condition holds.
    pub(super) fn holds(&mut self, id: NodeId) -> bool {
        if let Some(Some(known)) = self.memory.verdicts.get(id.0) {
            return *known;
        }
        let plan = self.plan;
        if let Some(scan) = plan.scans.answering(id) {
            return self.scan(scan, id);
        }
        let verdict = match plan.nodes.get(id.0) {
            Some(Node::All(parts)) => parts.iter().all(|&part| self.holds(part)),
            Some(Node::Any(parts)) => parts.iter().any(|&part| self.holds(part)),
            Some(Node::Not(inner)) => !self.holds(*inner),
            Some(Node::Test(slot, predicate)) => {
                let left = self.value(*slot);
                let right = holds::right(predicate).map(|right| self.value(right));
                holds::holds(predicate, left, right, self.texts())
            }
            None => false,
        };
        if let Some(known) = self.memory.verdicts.get_mut(id.0) {
            *known = Some(verdict);
        }
        verdict
    }
}

impl Run<'_> {
    /// Answers all tests of a scan; the verdict of the one that was asked for.
    fn scan(&mut self, scan: &Scan, asked: NodeId) -> bool {
        let value = self.value(scan.slot);
        let Memory { store, verdicts, .. } = &mut *self.memory;
        for test in scan.tests() {
            if let Some(verdict) = verdicts.get_mut(test.0) {
                *verdict = Some(false);
            }
        }
        let mut left = scan.tests().len();
        if let Extracted::Text(piece) = value {
            scan.find(Texts::new(self.facts.bytes(), store).text(piece), |test| {
                if let Some(verdict) = verdicts.get_mut(test.0)
                    && *verdict == Some(false)
                {
                    *verdict = Some(true);
                    left -= 1;
                }
                if left == 0 { Heard::Enough } else { Heard::More }
            });
        }
        verdicts.get(asked.0).copied().flatten().unwrap_or(false)
    }
}

impl Values for Run<'_> {
    fn value(&mut self, id: SlotId) -> Extracted {
        if let Some(Some(known)) = self.memory.values.get(id.0) {
            return *known;
        }
        let value = match self.plan.slots.get(id.0) {
            Some(slot) => self.work_out(slot),
            None => Extracted::Absent,
        };
        if let Some(known) = self.memory.values.get_mut(id.0) {
            *known = Some(value);
        }
        value
    }

    fn texts(&self) -> Texts<'_> {
        Texts::new(self.facts.bytes(), &self.memory.store)
    }
}
