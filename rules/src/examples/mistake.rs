//! What is wrong with a file of examples, told like what is wrong with rules.

use crate::diagnostic::render::Page;
use crate::diagnostic::{Code, Label};
use crate::source::{Position, SourceFile, Span};

/// A mistake in a file of examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// Where; the file is always the one of the examples.
    pub span: Span,
    /// A remark on that place.
    pub remark: Option<String>,
    /// What else has to do with it.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The kind of problem, where it is one of the rules in `with`.
    pub code: Option<Code>,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), span, remark: None, labels: Vec::new(), help: None, code: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Several lines: the message, the part of the file, advice.
    #[must_use]
    pub fn render(&self, file: &SourceFile) -> String {
        let code = self.code.map_or_else(String::new, |code| format!("[{}]", code.id()));
        let page = Page {
            heading: format!("error{code}: {}", self.message),
            span: self.span,
            remark: self.remark.as_deref().unwrap_or_default(),
            labels: &self.labels,
            notes: self.help.iter().map(|help| format!("help: {help}")).collect(),
        };
        page.render(std::slice::from_ref(file))
    }

    /// The line and column it stands at.
    #[must_use]
    pub fn position(&self, file: &SourceFile) -> Position {
        Position::of(&file.text, self.span.start)
    }
}
