//! What is wrong with a file of examples, told like what is wrong with rules.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// A mistake at a place in the file of examples.
pub(super) fn mistake(message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadExample, message).at(span)
}
