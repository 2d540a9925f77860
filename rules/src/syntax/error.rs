//! What is wrong with a text that is no condition.

use super::ast::Place;

/// A text that could not be read, and where it stopped making sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What was expected or is not allowed.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What to do about it, where that can be said.
    pub help: Option<String>,
    /// Where what is missing was begun.
    pub opened: Option<Place>,
}

impl SyntaxError {
    /// A problem at `place` without advice.
    pub(super) fn new(message: impl Into<String>, place: Place) -> Self {
        Self { message: message.into(), place, help: None, opened: None }
    }

    /// The same with the place of an opening parenthesis.
    pub(super) fn opened_at(self, opened: Place) -> Self {
        Self { opened: Some(opened), ..self }
    }

    /// The same with advice.
    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}
