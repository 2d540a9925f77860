//! What can be wrong with a condition or an output that is fine as a text.

use crate::diagnostic::Code;
use crate::fields::{ArgumentKind, fields};
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
    #[error("`%{text}` starts no known field: {reason}")]
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
            Self::NotANumber { .. } | Self::NotATruthValue { .. } | Self::ValueTooLong { .. } => {
                Code::BadConstant
            }
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
            Self::UnknownField { name } | Self::UnknownToken { text: name, .. } => {
                nearest_field(name).map(|field| format!("did you mean `{field}`?"))
            }
            Self::Operator { instead, .. } => Some(format!("use {instead}")),
            Self::Regex(RegexError::Escape(_)) => Some(
                "there is no \\d, \\w or \\s: write [0-9], [[:alnum:]_] or [[:space:]]; and in quotes, a backslash is written twice"
                    .to_owned(),
            ),
            Self::EndsInPercent => Some("a percent sign cannot be written; leave it out".to_owned()),
            _ => None,
        }
    }
}

/// The field whose name is most like `name`, if any is.
fn nearest_field(name: &str) -> Option<&'static str> {
    // To compare takes time and memory that grow with the length.
    if name.len() > 100 {
        return None;
    }
    let likeness = |field: &str| strsim::normalized_damerau_levenshtein(field, name);
    let names = fields().map(|field| (likeness(field.name), field.name));
    let (likeness, nearest) = names.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness > 0.6).then_some(nearest)
}

fn example(kind: ArgumentKind) -> &'static str {
    match kind {
        ArgumentKind::Index => "0",
        ArgumentKind::Pointer => "/path/to/value",
        _ => "key",
    }
}
