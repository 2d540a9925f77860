//! The compiled form of all conditions and outputs together: distinct operands, distinct parts of conditions, and the
//! rules that are made of them.

use crate::check::ir::{Mapping, Predicate};
use crate::fields::{Argument, Field, Meaning};
use crate::output::Template;

use super::index::Index;
use super::scan::Scans;

/// Everything that is evaluated.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) meaning: Meaning,
    pub(super) slots: Vec<Slot>,
    pub(super) nodes: Vec<Node>,
    pub(super) scans: Scans,
    /// In order of evaluation.
    pub(super) rules: Vec<PlannedRule>,
    pub(super) index: Index,
}

/// The place of an operand in [`Plan::slots`], and of its value during an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId(pub(super) usize);

/// The place of a part of a condition in [`Plan::nodes`], and of its verdict during an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(pub(super) usize);

/// An operand whose own operands are others of the same list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Slot {
    Field(&'static Field, Argument),
    Constant(Box<[u8]>),
    Items(Box<[SlotId]>),
    Map(Mapping, SlotId),
    Len(SlotId),
    Join { separator: SlotId, list: SlotId },
    Concat(Box<[SlotId]>),
    Getopt { arguments: SlotId, options: SlotId, selected: Option<u8> },
}

/// A part of a condition whose own parts are others of the same list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Node {
    All(Box<[NodeId]>),
    Any(Box<[NodeId]>),
    Not(NodeId),
    Test(SlotId, Predicate<SlotId>),
}

/// A rule that is evaluated.
#[derive(Debug)]
pub(super) struct PlannedRule {
    /// Its place among all rules.
    pub(super) rule: usize,
    pub(super) condition: NodeId,
    pub(super) template: Template,
}
