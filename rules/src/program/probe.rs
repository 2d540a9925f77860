//! Parts of conditions and single operands looked at one by one. It is the same evaluation as that of a program, asked
//! for more than which rules match.

use super::Value;
use super::build::Builder;
use super::plan::{Node, NodeId, Plan, SlotId};
use super::run::{Memory, Run};
use crate::check::ir::{Condition, Operand};
use crate::fields::{Extracted, Facts, Texts};
use crate::options::Options;
use crate::output::{Slots, Template, Values};

/// Collects what is to be looked at.
#[derive(Default)]
pub(crate) struct ProbeBuilder(Builder);

/// What is looked at, compiled.
#[derive(Debug)]
pub(crate) struct Probe(Plan);

/// An event that is being looked at.
pub(crate) struct Probing<'a>(Run<'a>);

/// What makes one condition out of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// All of them.
    All,
    /// Any of them.
    Any,
}

impl ProbeBuilder {
    /// Whether the regular expressions of a condition have room beside those of the others.
    pub(crate) fn has_room_for(&mut self, condition: &Condition) -> bool {
        self.0.regexes.take_in(condition)
    }

    /// A condition.
    pub(crate) fn condition(&mut self, condition: Condition) -> NodeId {
        self.0.node(condition)
    }

    /// Several conditions as one.
    pub(crate) fn group(&mut self, group: Group, parts: impl Iterator<Item = NodeId>) -> NodeId {
        let parts = parts.collect();
        NodeId(self.0.nodes.intern(match group {
            Group::All => Node::All(parts),
            Group::Any => Node::Any(parts),
        }))
    }

    /// The opposite of a condition.
    pub(crate) fn negated(&mut self, inner: NodeId) -> NodeId {
        NodeId(self.0.nodes.intern(Node::Not(inner)))
    }

    /// Everything that was put in, compiled.
    pub(crate) fn finish(self, options: &Options) -> Probe {
        Probe(self.0.plan(options, Vec::new(), &[]))
    }
}

impl Slots for ProbeBuilder {
    fn slot(&mut self, operand: &Operand) -> SlotId {
        self.0.slot(operand)
    }
}

impl Probe {
    /// Looks at an event.
    pub(crate) fn look<T>(&self, facts: &Facts<'_>, look: impl FnOnce(&mut Probing<'_>) -> T) -> T {
        let mut memory = Memory::new(&self.0);
        look(&mut Probing(Run::new(&self.0, facts, &mut memory)))
    }
}

impl Probing<'_> {
    /// Whether a condition holds.
    pub(crate) fn holds(&mut self, node: NodeId) -> bool {
        self.0.holds(node)
    }

    /// The value of an operand.
    pub(crate) fn value(&mut self, slot: SlotId) -> Extracted {
        self.0.value(slot)
    }

    /// The texts behind values.
    pub(crate) fn texts(&self) -> Texts<'_> {
        self.0.texts()
    }

    /// The value of a template that is nothing but one field, or its text.
    pub(crate) fn single(&mut self, template: &Template) -> Option<Value> {
        template.single(&mut self.0)
    }

    /// An output and its fields.
    pub(crate) fn render(
        &mut self,
        template: &Template,
        time_unix_nanos: i64,
    ) -> (String, Vec<(String, Option<Value>)>) {
        template.render(time_unix_nanos, &mut self.0)
    }
}
