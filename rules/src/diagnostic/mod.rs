//! What is wrong with rule files, told so that the author can mend it.

mod code;
mod render;

use std::borrow::Cow;
use std::fmt;

pub use code::Code;

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
    /// How the condition that it is in begins, lists and exceptions put in.
    pub condition: Option<String>,
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
            condition: None,
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
        render::render(self, files, render::Palette::default())
    }

    /// The same in the colours of a terminal.
    pub fn render_in_colour(&self, files: &[SourceFile]) -> String {
        render::render(self, files, render::Palette::colours(self.severity))
    }

    /// The line that it is about and a mark under its place, a line each.
    pub(crate) fn excerpt(&self, files: &[SourceFile]) -> String {
        render::excerpt(self, files)
    }

    /// Looks up the line and column that the one-line form gives.
    pub(crate) fn locate(&mut self, files: &[SourceFile]) {
        let span = self.span.unwrap_or(Span::of_file(self.file));
        self.place =
            files.get(span.file).map(|file| (file.name.clone(), Position::of(&file.text, span.start)));
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, Position { line, column })) = &self.place {
            write!(f, "{}:{line}:{column}: ", clean(file))?;
        }
        write!(f, "{}[{}]: {}", self.severity, self.code.id(), clean(&self.message))
    }
}

/// Text of files as one line of a terminal that it cannot steer: control characters are spelled out.
fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let spelled = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(spelled).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (Diagnostic, [SourceFile; 1]) {
        let files = [SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }];
        let mut problem = Diagnostic::new(Code::UnknownKey, "unknown key `a\n\u{1b}[2Jb`")
            .at(Span { file: 0, start: 2, end: 3 })
            .with_label(Span { file: 0, start: 6, end: 7 }, "the other");
        problem.locate(&files);
        (problem, files)
    }

    #[test]
    fn nothing_in_a_file_steers_the_terminal() {
        let (problem, files) = problem("- \u{1b}[2J\t: x\n");
        let told = format!("{problem}\n{}", problem.render(&files));
        insta::assert_snapshot!(told, @r"
        a.yaml:1:3: warning[R113]: unknown key `a\n\u{1b}[2Jb`
        warning[R113]: unknown key `a\n\u{1b}[2Jb`
         --> a.yaml:1:3
          |
        1 | -  [2J : x
          |   ^
         --> a.yaml:1:7
          |
        1 | -  [2J : x
          |       - the other
          = falco: LOAD_UNKNOWN_KEY
        ");
    }

    #[test]
    fn colours_change_nothing_but_the_colours() {
        let (problem, files) = problem("- key: x\n");
        let painted = problem.render_in_colour(&files);
        assert!(painted.starts_with("\u{1b}[1m\u{1b}[33mwarning[R113]\u{1b}[0m"), "{painted:?}");
        let mut parts = painted.split("\u{1b}[");
        let first = parts.next().unwrap().to_owned();
        let plain = parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1);
        assert_eq!(plain, problem.render(&files));
    }
}
