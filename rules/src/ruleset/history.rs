//! How an item came to be what it is: where it was defined, and what changed it.

use crate::source::Span;

/// A step in the making of a rule, macro or list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What was done.
    pub what: What,
    /// To which keys; none if to all of them.
    pub keys: Vec<&'static str>,
    /// Where that is said.
    pub span: Span,
}

/// What was done to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum What {
    Defined,
    Appended,
    Replaced,
}

impl Change {
    pub(super) fn of(what: What, keys: &[&'static str], span: Span) -> Self {
        Self { what, keys: keys.to_vec(), span }
    }
}

/// The history of an item that is defined at `span`, given that of an earlier one of its name.
pub(super) fn defined_after(earlier: Option<&[Change]>, span: Span) -> Vec<Change> {
    let mut history = earlier.unwrap_or_default().to_vec();
    history.push(Change::of(What::Defined, &[], span));
    history
}
