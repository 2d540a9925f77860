//! What rule files come down to: rules that refer to nothing but fields.

use std::sync::Arc;

use super::outline::Outline;
use super::texts::Text;
use crate::options::ExtraField;
use crate::priority::Priority;
use crate::syntax::ast::Expr;

/// All rules for audit events, in order of first definition, disabled ones included.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The rules.
    pub rules: Vec<ResolvedRule>,
    /// Which of them are evaluated, in order of evaluation: enabled and grave enough. Rules that a selection turned
    /// on come last.
    pub active: Vec<usize>,
}

/// A rule that stands alone.
#[derive(Debug, Clone)]
pub struct ResolvedRule {
    /// Its name, unique.
    pub name: String,
    /// Its condition as text: exceptions and lists put in, macros by name.
    pub condition: Text,
    /// The condition as a tree without macros. Places are places in the space of texts: inside `condition`, or
    /// inside a macro's text. None if the condition could not be read: then the output alone can be checked, and
    /// there will be no program.
    pub expr: Option<Expr>,
    /// The same condition as its author sees it, for explanations.
    pub outline: Option<Arc<Outline>>,
    /// Its output template. A place in it is `output.base` plus the offset.
    pub output: Text,
    /// Templates added to the output by options, each behind a space.
    pub extra_output: Vec<String>,
    /// Fields added by options.
    pub extra_fields: Vec<ExtraField>,
    /// Its description.
    pub description: String,
    /// How grave it is.
    pub priority: Priority,
    /// `k8s_audit`.
    pub source: String,
    /// Whether the files and selections enable it.
    pub enabled: bool,
    /// Its tags, sorted, each once.
    pub tags: Vec<String>,
    /// Leave the rule out, with a warning, if it names an unknown field.
    pub skip_if_unknown_filter: bool,
}
