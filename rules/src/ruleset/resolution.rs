//! What resolving comes to: rules that stand alone, and what was found wrong on the way, in Falco's order.

use super::collection::Collection;
use super::macros::Trees;
use super::resolved::Resolved;
use super::texts::Texts;
use super::usage::Usage;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::Expr;

/// When Falco, which stops at the first problem, would come upon one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Reading the condition of the nth macro.
    MacroText(usize),
    /// Putting macros into the nth macro.
    MacroTree(usize),
    /// A step in the compilation of the nth rule.
    Rule(usize, RuleStep),
}

impl Stage {
    /// The position of the rule that is being compiled.
    pub(crate) fn rule(self) -> Option<usize> {
        match self {
            Self::Rule(position, _) => Some(position),
            Self::MacroText(_) | Self::MacroTree(_) => None,
        }
    }
}

/// The steps of compiling a rule, in Falco's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RuleStep {
    Exceptions,
    Output,
    OutputFields,
    Text,
    Tree,
    Fields,
}

/// A problem and when it comes up.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) stage: Stage,
    pub(crate) diagnostic: Diagnostic,
}

/// What resolving comes to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Resolution {
    pub(crate) resolved: Resolved,
    /// The position among all rules of each resolved one.
    pub(crate) positions: Vec<usize>,
    /// Positions and conditions of the rules for system calls.
    pub(crate) foreign: Vec<(usize, Expr)>,
    /// The conditions of macros.
    pub(crate) trees: Trees,
    pub(crate) texts: Texts,
    pub(crate) findings: Vec<Finding>,
    pub(crate) usage: Usage,
}

/// Warnings of macros and lists that nothing uses.
pub(crate) fn unused(collection: &Collection, usage: &Usage) -> Vec<Diagnostic> {
    let macros = collection.macros.iter().filter(|known| !usage.uses_macro(&known.name)).map(|known| {
        let message = format!("macro `{}` is used by no rule and no macro", known.name);
        let warning = Diagnostic::new(Code::UnusedMacro, message).at(known.heading.span);
        warning.inside(&known.heading.context)
    });
    let lists = collection.lists.iter().filter(|list| !usage.uses_list(&list.name)).map(|list| {
        let message = format!("list `{}` is used by no rule, macro or list", list.name);
        let warning = Diagnostic::new(Code::UnusedList, message).at(list.heading.span);
        warning.inside(&list.heading.context)
    });
    macros.chain(lists).collect()
}
