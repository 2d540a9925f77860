//! Conditions as text: cursor, parser, tree, printer.

mod advice;
pub mod ast;
mod condition;
mod cursor;
mod error;
mod escape;
mod habits;
mod layout;
mod operand;
mod operators;
pub mod print;

pub use condition::{parse_condition, parse_condition_at};
pub use error::SyntaxError;
pub use layout::layout;
pub use operand::{operand_prefixes, parse_operand};
pub(crate) use operators::{functions, operator_names};

/// Productions that may stand inside one another. Falco's libraries from 0.26 on count the same and stop at the same
/// number: about 199 nested parentheses. Falco 0.44.1 stops nowhere, which lets a rule exhaust its stack.
pub const MAX_DEPTH: usize = 1000;

/// Which meaning of the language a text is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// As documented: a quoted text may end in an escaped backslash.
    #[default]
    Saker,
    /// As Falco 0.44.1 reads it: a quote behind a backslash never closes a text, escaped backslash or not.
    Falco,
    /// As documented, over alerts: fields are those of alerts, and names of priorities stand where a number would.
    Alerts,
}
