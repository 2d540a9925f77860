//! Messages for the mistakes people make most in conditions.

use super::error::SyntaxError;
use super::operand::Parser;
use super::operators::operator_names;

/// What may follow a complete condition.
const JOINERS: &str = "`and`, `or` or the end of the condition";

impl Parser<'_> {
    /// Something stands behind a complete condition.
    pub(super) fn unexpected_behind_condition(&self) -> SyntaxError {
        let error = self.expected(JOINERS);
        let before = self.cursor.passed().split_whitespace().next_back();
        if let Some(word @ ("and" | "or" | "not")) = before {
            return error.with_help(format!("there is nothing for this `{word}` to join"));
        }
        match self.cursor.rest().chars().next() {
            Some(')') => error.with_help("there is no `(` for this `)`"),
            Some(',') => error.with_help("a list stands in parentheses: `field in (a, b)`"),
            Some('(') => error.with_help("a value that contains parentheses needs quotes"),
            Some('=' | '"' | '\'') => {
                error.with_help("a value that contains `=`, `,`, quotes or blanks needs quotes")
            }
            Some('.' | '-' | '/' | '[') => {
                error.with_help("a macro's name consists of letters, digits and `_` only")
            }
            _ => error.with_help("a value of several words needs quotes"),
        }
    }

    /// No operator stands behind a field.
    pub(super) fn no_operator(&self) -> SyntaxError {
        let error = self.expected("an operator");
        let rest = self.cursor.rest();
        let word = rest.get(..self.cursor.word_here().len()).unwrap_or_default();
        let closest = operator_names()
            // To compare takes time and memory that grow with the length.
            .filter(|name| word.len() <= name.len() + 2)
            .map(|name| (strsim::damerau_levenshtein(&word.to_ascii_lowercase(), name), name))
            .min();
        match closest {
            Some((0, name)) if name == word => error.with_help(format!("a blank must follow `{name}`")),
            Some((distance, name)) if distance <= 2 && word.len() > 2 => {
                error.with_help(format!("did you mean `{name}`?"))
            }
            _ => error.with_help(format!("operators are {}", operator_names().collect::<Vec<_>>().join(" "))),
        }
    }

    /// No value stands behind an operator.
    pub(super) fn no_value(&self) -> SyntaxError {
        let error = self.expected("a value, `val(field)` or a transformer");
        match self.cursor.rest().chars().next() {
            Some('"' | '\'') => error.with_help("the quotes are never closed"),
            Some('(') => error.with_help("to compare with several values use `in (…)`"),
            Some('=') => error.with_help("a value that starts with `=` needs quotes"),
            _ => error,
        }
    }

    /// A list goes on with neither a comma nor its end.
    pub(super) fn unclosed_list(&self) -> SyntaxError {
        let error = self.expected("`,` or `)`");
        match self.cursor.rest().chars().next() {
            Some('=') => error.with_help("a value that contains `=` needs quotes"),
            Some('"' | '\'') => {
                error.with_help("the quotes are never closed, or follow a value without a comma")
            }
            None => error.with_help("the list is never closed"),
            _ => error.with_help("a value of several words needs quotes"),
        }
    }
}
