//! What is wrong with rule files, told so that the author can mend it.

mod code;
mod locate;
mod render;

use std::fmt;

pub use code::Code;
pub(crate) use locate::locate;

use crate::source::{Position, SourceFile, Span};

/// Whether a problem stops the ruleset from loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// A problem of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of problem.
    pub code: Code,
    /// Usually the code's own.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Option<Span>,
    /// A remark on that place; the item it stands in unless there is better.
    pub remark: Option<String>,
    /// What else has to do with it.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// The items it stands in, the outermost first.
    pub context: Vec<Location>,
    /// The file whose loading brought it up; not always the one it stands in.
    pub file: usize,
    /// File and position for the one-line form, once known.
    pub(crate) place: Option<(String, Position)>,
}

/// A remark on another part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Which part.
    pub span: Span,
    /// What it has to do with the problem.
    pub text: String,
}

/// An item that a problem stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// What kind of item.
    pub item: ItemType,
    /// Its name, if it has one.
    pub name: String,
    /// Where it is.
    pub span: Span,
}

/// The kinds of items, named as Falco's validation names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ItemType {
    ValueFor,
    Exceptions,
    Exception,
    ExceptionValues,
    ExceptionValue,
    RulesContent,
    RulesContentItem,
    RequiredEngineVersion,
    RequiredPluginVersions,
    RequiredPluginVersionsEntry,
    RequiredPluginVersionsAlternative,
    List,
    ListItem,
    Macro,
    MacroCondition,
    Rule,
    RuleCondition,
    ConditionExpression,
    RuleOutput,
    RulePriority,
    Overrides,
}

impl ItemType {
    /// As Falco's validation prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ValueFor => "value for",
            Self::Exceptions => "exceptions",
            Self::Exception => "exception",
            Self::ExceptionValues => "exception values",
            Self::ExceptionValue => "exception value",
            Self::RulesContent => "rules content",
            Self::RulesContentItem => "rules content item",
            Self::RequiredEngineVersion => "required_engine_version",
            Self::RequiredPluginVersions => "required plugin versions",
            Self::RequiredPluginVersionsEntry => "required plugin versions entry",
            Self::RequiredPluginVersionsAlternative => "required plugin versions alternative",
            Self::List => "list",
            Self::ListItem => "list item",
            Self::Macro => "macro",
            Self::MacroCondition => "macro condition",
            Self::Rule => "rule",
            Self::RuleCondition => "rule condition",
            Self::ConditionExpression => "condition expression",
            Self::RuleOutput => "rule output",
            Self::RulePriority => "rule priority",
            Self::Overrides => "overrides",
        }
    }
}

impl Diagnostic {
    /// A problem of that kind, place unknown.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            span: None,
            remark: None,
            labels: Vec::new(),
            help: None,
            context: Vec::new(),
            file: 0,
            place: None,
        }
    }

    /// The same at a place.
    pub fn at(self, span: Span) -> Self {
        Self { span: Some(span), ..self }
    }

    /// The same inside these items.
    pub fn inside(self, context: &[Location]) -> Self {
        Self { context: context.to_vec(), ..self }
    }

    /// The same with advice.
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same with a remark on another place.
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Whether it stops the ruleset from loading.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Several lines: the message, the part of the file, advice.
    pub fn render(&self, files: &[SourceFile]) -> String {
        render::render(self, files)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, Position { line, column })) = &self.place {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        write!(f, "{}[{}]: {}", self.severity, self.code.id(), self.message)
    }
}
