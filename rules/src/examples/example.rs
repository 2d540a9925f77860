//! Examples as they are read.

use std::fmt;

use super::event;
use super::expected::Shown;
use crate::diagnostic::Diagnostic;
use crate::ruleset::sourced::Sourced;
use crate::source::{Position, SourceFile, Span};

/// A file of examples.
#[derive(Debug, Clone)]
pub struct ExampleFile {
    /// The file itself.
    pub file: SourceFile,
    /// The rules that it says it is about: paths relative to it, and `builtin`.
    pub rules: Vec<String>,
    /// Its examples in order, those that could be read.
    pub examples: Vec<Example>,
    /// Everything that is wrong with it, in order.
    pub mistakes: Vec<Diagnostic>,
    /// The rules of examples that could not be read, and where they are named.
    pub(super) lost: Vec<(String, Span)>,
}

impl ExampleFile {
    /// A file of which nothing could be read.
    #[must_use]
    pub fn unread(file: SourceFile) -> Self {
        Self { file, rules: Vec::new(), examples: Vec::new(), mistakes: Vec::new(), lost: Vec::new() }
    }
}

/// An event, and whether a rule must match it.
#[derive(Debug, Clone)]
pub struct Example {
    /// The rule it is about.
    pub rule: String,
    /// What is expected of it.
    pub must: Must,
    /// What it shows.
    pub why: Option<String>,
    /// Where it starts.
    pub position: Position,
    /// The file that its event stands in, as it names it; none where the example changes the event or the rules.
    pub event_file: Option<String>,
    pub(super) rule_span: Span,
    pub(super) event: event::Given,
    pub(super) with: Option<Sourced>,
    pub(super) output: Option<String>,
    pub(super) fields: Vec<(String, Shown)>,
}

/// What is expected of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// It matches.
    Match,
    /// It does not.
    NotMatch,
}

impl fmt::Display for Must {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Match => "match",
            Self::NotMatch => "not match",
        })
    }
}

impl Example {
    /// Its event, as it would come in.
    #[must_use]
    pub fn event(&self) -> Vec<u8> {
        // Reading made sure that there is one.
        self.event.bytes().unwrap_or_default()
    }

    /// Whether it brings rules of its own along.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        self.with.is_some()
    }
}
