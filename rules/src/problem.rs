//! What is found wrong with a resolved rule once its fields are looked up.

use crate::diagnostic::Code;
use crate::syntax::ast::Place;

/// A problem of one rule. A rule with `skip_if_unknown_filter` is left out of the program where the code is
/// [`Code::UnknownField`] or [`Code::UnknownOutputField`]; loading turns the problem into a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Index of the rule among the resolved ones.
    pub rule: usize,
    /// What kind of problem; says whether it is an error.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// Where, in the space of texts; none for what options added to the output.
    pub place: Option<Place>,
    /// What to do about it.
    pub help: Option<String>,
}
