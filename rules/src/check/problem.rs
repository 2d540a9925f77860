//! What can be wrong with a condition or an output that is fine as a text.

use crate::fields::ArgumentKind;
use crate::syntax::ast::Place;
use crate::value::RegexError;

/// Something wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which rule, by its place among the resolved ones.
    pub rule: usize,
    /// Which part of it.
    pub part: Part,
    /// Where: in a condition or output a place in the space of texts, in an addition a place in that.
    pub place: Place,
    /// What.
    pub kind: ProblemKind,
}

/// A part of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its condition.
    Condition,
    /// Its output.
    Output,
    /// What options add to its output, by its number.
    ExtraOutput(usize),
    /// What options add to its fields, by its number.
    ExtraField(usize),
}

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
    #[error("`{operator}` does not work on {what}; use {instead}")]
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
    #[error("an output cannot end in `%`")]
    EndsInPercent,
    #[error("an output cannot end in a width")]
    EndsInWidth,
    #[error("a width of {width} is more than anybody can read")]
    WidthTooLarge { width: String },
}

impl Problem {
    /// The code of Falco's that says the same.
    #[must_use]
    pub fn falco_code(&self) -> &'static str {
        match self.part {
            Part::Condition => "LOAD_ERR_COMPILE_CONDITION",
            _ => "LOAD_ERR_COMPILE_OUTPUT",
        }
    }

    /// Whether a rule with `skip-if-unknown-filter` is left out for it rather than refused.
    #[must_use]
    pub fn is_skippable(&self) -> bool {
        let unknown = matches!(self.kind, ProblemKind::UnknownField { .. } | ProblemKind::UnknownToken { .. });
        unknown && matches!(self.part, Part::Condition | Part::Output | Part::ExtraOutput(_))
    }
}

fn example(kind: ArgumentKind) -> &'static str {
    match kind {
        ArgumentKind::Index => "0",
        ArgumentKind::Pointer => "/path/to/value",
        _ => "key",
    }
}
