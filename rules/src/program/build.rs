//! From resolved rules to a program: each checked, equal parts of them put together.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::index::Index;
use super::plan::{Node, NodeId, Plan, PlannedRule, Slot, SlotId};
use super::regexes::Regexes;
use super::requirement::Requirement;
use super::scan::Scans;
use super::{Inner, Program, Rule};
use crate::check::ir::{Condition, Operand, Predicate, Test, TextTest};
use crate::check::{ProblemKind, check_condition};
use crate::fields::Meaning;
use crate::options::Options;
use crate::output::{Slots, Template};
use crate::problem::Problem;
use crate::ruleset::resolved::{Resolved, ResolvedRule};
use crate::syntax::ast::{Place, Quantifier};
use crate::value::RegexError;

/// Compiles all rules. What is wrong with any of them is reported; a rule with a problem is left out of evaluation.
#[must_use]
pub fn compile(resolved: &Resolved, options: &Options) -> (Program, Vec<Problem>) {
    let mut builder = Builder::default();
    let mut problems = Vec::new();
    let mut compiled: Vec<Option<Compiled>> = Vec::new();
    for (at, rule) in resolved.rules.iter().enumerate() {
        compiled.push(builder.rule(at, rule, options, &mut problems));
    }
    let mut rules = Vec::new();
    let mut requirements = Vec::new();
    for &rule in &resolved.active {
        if let Some(Compiled { condition, requirement, template }) =
            compiled.get_mut(rule).and_then(Option::take)
        {
            rules.push(PlannedRule { rule, condition, template });
            requirements.push(requirement);
        }
    }
    let plan = builder.plan(options, rules, &requirements);
    let all = resolved.rules.iter().map(described).collect();
    let Options { matching, time_format, .. } = *options;
    (Program { inner: Arc::new(Inner { rules: all, plan, matching, time_format }) }, problems)
}

struct Compiled {
    condition: NodeId,
    requirement: Requirement,
    template: Template,
}

fn described(rule: &ResolvedRule) -> Rule {
    Rule {
        name: rule.name.clone(),
        priority: rule.priority,
        source: rule.source.clone(),
        tags: rule.tags.clone(),
        description: rule.description.clone(),
        enabled: rule.enabled,
    }
}

#[derive(Default)]
pub(super) struct Builder {
    pub(super) slots: Interner<Slot>,
    pub(super) nodes: Interner<Node>,
    pub(super) regexes: Regexes,
}

impl Builder {
    /// Everything that was put in, and rules that are made of it with what each requires.
    pub(super) fn plan(
        self,
        options: &Options,
        rules: Vec<PlannedRule>,
        requirements: &[Requirement],
    ) -> Plan {
        let meaning = if options.falco_exact { Meaning::FalcoExact } else { Meaning::Documented };
        let (slots, nodes) = (self.slots.items, self.nodes.items);
        let scans = Scans::new(&nodes);
        Plan { meaning, slots, nodes, scans, rules, index: Index::new(requirements) }
    }

    fn rule(
        &mut self,
        at: usize,
        rule: &ResolvedRule,
        options: &Options,
        problems: &mut Vec<Problem>,
    ) -> Option<Compiled> {
        if self.regexes.is_full() {
            return None;
        }
        let mut report = |place, kind: ProblemKind| problems.push(problem(at, place, &kind));
        let condition = rule.expr.as_ref().map(check_condition).and_then(|checked| {
            let report_all =
                |found: Vec<_>| found.into_iter().for_each(|(place, kind)| report(Some(place), kind));
            checked.map_err(report_all).ok()
        });
        let template = Template::new(rule, options, self);
        let template =
            template.map_err(|found| found.into_iter().for_each(|(place, kind)| report(place, kind)));
        let (condition, template) = (condition?, template.ok()?);
        if !self.regexes.take_in(&condition) {
            let start = rule.condition.base;
            problems.push(problem(at, Some(start..start), &ProblemKind::Regex(RegexError::TooLarge)));
            return None;
        }
        let requirement = Requirement::of(&condition, self);
        Some(Compiled { condition: self.node(condition), requirement, template })
    }

    pub(super) fn node(&mut self, condition: Condition) -> NodeId {
        let node = match condition {
            Condition::All(parts) => Node::All(self.nodes(parts)),
            Condition::Any(parts) => Node::Any(self.nodes(parts)),
            Condition::Not(inner) => Node::Not(self.node(*inner)),
            Condition::Test(Test { operand, predicate }) => {
                let slot = self.slot(&operand);
                match predicate {
                    // Apart, they are shared with other rules and found in one pass.
                    Predicate::Quantified(Quantifier::Any, tests) if !tests.is_empty() => {
                        Node::Any(self.tests(slot, tests))
                    }
                    Predicate::Quantified(Quantifier::All, tests) if !tests.is_empty() => {
                        Node::All(self.tests(slot, tests))
                    }
                    predicate => Node::Test(slot, self.predicate(predicate)),
                }
            }
        };
        NodeId(self.nodes.intern(node))
    }

    fn nodes(&mut self, parts: Vec<Condition>) -> Box<[NodeId]> {
        parts.into_iter().map(|part| self.node(part)).collect()
    }

    fn tests(&mut self, slot: SlotId, tests: Vec<TextTest>) -> Box<[NodeId]> {
        let nodes = tests.into_iter().map(|test| Node::Test(slot, Predicate::Text(test)));
        nodes.map(|node| NodeId(self.nodes.intern(node))).collect()
    }

    fn predicate(&mut self, predicate: Predicate) -> Predicate<SlotId> {
        match predicate {
            Predicate::Exists => Predicate::Exists,
            Predicate::Text(test) => Predicate::Text(test),
            Predicate::In(set) => Predicate::In(set),
            Predicate::Subset(set) => Predicate::Subset(set),
            Predicate::Overlaps(set) => Predicate::Overlaps(set),
            Predicate::Quantified(quantifier, tests) => Predicate::Quantified(quantifier, tests),
            Predicate::Number(ordering, number) => Predicate::Number(ordering, number),
            Predicate::NumberIn(numbers) => Predicate::NumberIn(numbers),
            Predicate::NumberQuantified(quantifier, ordering, numbers) => {
                Predicate::NumberQuantified(quantifier, ordering, numbers)
            }
            Predicate::Related(relation, right) => Predicate::Related(relation, self.slot(&right)),
        }
    }

    fn slots(&mut self, operands: &[Operand]) -> Box<[SlotId]> {
        operands.iter().map(|operand| self.slot(operand)).collect()
    }
}

impl Slots for Builder {
    fn slot(&mut self, operand: &Operand) -> SlotId {
        let slot = match operand {
            Operand::Field(field, argument) => Slot::Field(field, argument.clone()),
            Operand::Constant(text) => Slot::Constant(text.clone()),
            Operand::Items(items) => Slot::Items(self.slots(items)),
            Operand::Map(mapping, inner) => Slot::Map(*mapping, self.slot(inner)),
            Operand::Len(inner) => Slot::Len(self.slot(inner)),
            Operand::Join(both) => Slot::Join { separator: self.slot(&both.0), list: self.slot(&both.1) },
            Operand::Concat(parts) => Slot::Concat(self.slots(parts)),
            Operand::Getopt(getopt) => Slot::Getopt {
                arguments: self.slot(&getopt.arguments),
                options: self.slot(&getopt.options),
                selected: getopt.selected,
            },
        };
        SlotId(self.slots.intern(slot))
    }
}

fn problem(rule: usize, place: Option<Place>, kind: &ProblemKind) -> Problem {
    Problem { rule, code: kind.code(), message: kind.to_string(), place, help: kind.help() }
}

/// Distinct things and their places.
pub(super) struct Interner<T> {
    pub(super) items: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    pub(super) fn intern(&mut self, item: T) -> usize {
        let items = &mut self.items;
        *self.places.entry(item).or_insert_with_key(|item| {
            items.push(item.clone());
            items.len() - 1
        })
    }
}
