//! What can be wrong with a condition or an output that is fine as a text.

use super::instead::instead_of;
use crate::diagnostic::Code;
use crate::fields::ArgumentKind;
use crate::value::RegexError;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ProblemKind {
    #[error("there is no field `{name}`")]
    UnknownField { name: String },
    #[error("`{field}` takes no argument, but `[{argument}]` is given")]
    ArgumentNotAllowed { field: &'static str, argument: String },
    #[error("`{field}` needs an argument: `{field}[{}]`", example(*kind))]
    ArgumentMissing { field: &'static str, kind: ArgumentKind },
    #[error("`{argument}` is no index for `{field}`: digits only, and none of them a leading zero")]
    ArgumentNotAnIndex { field: &'static str, argument: String },
    #[error("the argument of `{field}` contains a {what}, which an argument cannot")]
    ArgumentCharacter { field: &'static str, what: &'static str },
    #[error("`{operator}` does not work on {what}")]
    Operator { operator: String, what: &'static str, instead: &'static str },
    #[error("`{value}` is not a number in decimal digits")]
    NotANumber { value: String },
    #[error("`{value}` is neither true nor false")]
    NotATruthValue { value: String },
    #[error("`{value}` is no priority")]
    NotAPriority { value: String },
    #[error("the value is {len} bytes long, and at most 255 can be compared")]
    ValueTooLong { len: usize },
    #[error("not a POSIX regular expression: {0}")]
    Regex(RegexError),
    #[error("`{operator}` takes no field on its right")]
    NoFieldOnTheRight { operator: &'static str },
    #[error("{left} cannot be compared with {right}")]
    Incomparable { left: &'static str, right: &'static str },
    #[error("`{function}` {what}")]
    Transformer { function: &'static str, what: &'static str },
    #[error("macro `{0}` is not known here")]
    UnresolvedMacro(String),
    #[error("`%{text}` is no field{}", because(reason))]
    UnknownToken { text: String, reason: String },
    #[error("an output cannot be empty")]
    EmptyOutput,
    #[error("an output cannot end in `%`")]
    EndsInPercent,
    #[error("an output cannot end in a width")]
    EndsInWidth,
    #[error("a width of {width} is more than anybody can read")]
    WidthTooLarge { width: String },
}

impl ProblemKind {
    /// Its code, where it is found in a condition.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownField { .. } => Code::UnknownField,
            Self::ArgumentNotAllowed { .. }
            | Self::ArgumentMissing { .. }
            | Self::ArgumentNotAnIndex { .. }
            | Self::ArgumentCharacter { .. } => Code::FieldArgument,
            Self::Operator { .. } => Code::OperatorNotSupported,
            Self::NotANumber { .. }
            | Self::NotATruthValue { .. }
            | Self::NotAPriority { .. }
            | Self::ValueTooLong { .. } => Code::BadConstant,
            Self::Regex(_) => Code::BadPattern,
            Self::NoFieldOnTheRight { .. } | Self::Incomparable { .. } => Code::TypeMismatch,
            Self::Transformer { .. } => Code::BadTransformer,
            Self::UnresolvedMacro(_) => Code::UndefinedMacro,
            Self::UnknownToken { .. } => Code::UnknownOutputField,
            Self::EmptyOutput | Self::EndsInPercent | Self::EndsInWidth | Self::WidthTooLarge { .. } => {
                Code::OutputSyntax
            }
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownField { name } => instead_of(name),
            Self::UnknownToken { reason, .. } if !reason.is_empty() => None,
            Self::UnknownToken { text, .. } => {
                token_advice(text).map(str::to_owned).or_else(|| instead_of(text))
            }
            Self::Operator { what: "lists", .. } => Some(
                "use in, intersects or exists: `intersects (a, b)` holds if any element is one of these, `in (a, b)` if all are"
                    .to_owned(),
            ),
            Self::Operator { instead, .. } => Some(format!("use {instead}")),
            Self::Regex(error) => regex_advice(error).map(str::to_owned),
            Self::ArgumentNotAllowed { field, .. } => Some(format!("write `{field}` alone")),
            Self::NotANumber { .. } => Some("the field is a number; write digits only".to_owned()),
            Self::NotATruthValue { .. } => Some("write `= true` or `= false`".to_owned()),
            Self::NotAPriority { .. } => Some(
                "write emergency, alert, critical, error, warning, notice, informational or debug".to_owned(),
            ),
            Self::ValueTooLong { .. } => Some("compare with a part of it: contains, startswith".to_owned()),
            Self::NoFieldOnTheRight { .. } => Some("write a constant there".to_owned()),
            Self::Incomparable { left: "a list of texts", .. } | Self::Incomparable { right: "a list of texts", .. } => {
                Some("both sides have to be lists; `join` makes a text of a list".to_owned())
            }
            Self::EndsInPercent => Some("a percent sign cannot be written; leave it out".to_owned()),
            Self::EndsInWidth => Some("behind `%` and a width stands a field: `%20ka.user.name`".to_owned()),
            _ => None,
        }
    }
}

/// What behind a `%` in an output is a common mistake.
fn token_advice(text: &str) -> Option<&'static str> {
    match text.chars().next() {
        None => Some("a percent sign cannot be written: it starts a field, as in `%ka.user.name`"),
        Some('%') => Some("a percent sign cannot be written, not even by two; leave it out"),
        Some('{' | '(') => Some("a field stands behind `%` without braces: `%ka.user.name`"),
        _ if !text.contains(['.', '(']) => {
            Some("a field's name has a dot in it: `%ka.user.name`; a percent sign itself cannot be written")
        }
        _ => None,
    }
}

fn regex_advice(error: &RegexError) -> Option<&'static str> {
    Some(match error {
        RegexError::Escape(_) => {
            "there is no \\d, \\w or \\s: write [0-9], [[:alnum:]_] or [[:space:]]; and in quotes, a backslash is written twice"
        }
        RegexError::RepeatsNothing(sign) if sign.starts_with('?') => {
            "there are no flags and groups like (?i) and (?:…): icontains and iglob ignore case, as does `tolower(field) regex …`"
        }
        RegexError::RepeatsNothing(_) => {
            "`.*` stands for any text; patterns like `*.yaml` are written with `glob`"
        }
        RegexError::MissingParenthesis | RegexError::UnexpectedParenthesis => {
            "a parenthesis that stands for itself is written `[(]` or `[)]`"
        }
        RegexError::MissingBracket => "a bracket that stands for itself is written `[[]`",
        RegexError::Range(_) => {
            "the smaller character comes first; a dash that stands for itself comes last: `[a-z-]`"
        }
        RegexError::TooLarge | RegexError::RepeatSize(_) | RegexError::TooDeep => {
            "simplify the expression, or write it as several comparisons"
        }
    })
}

/// A reason, unless there is nothing to say.
fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

fn example(kind: ArgumentKind) -> &'static str {
    match kind {
        ArgumentKind::Index => "0",
        ArgumentKind::Pointer => "/path/to/value",
        _ => "key",
    }
}
