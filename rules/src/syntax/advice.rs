//! Messages for the mistakes people make most in conditions.

use super::ast::Place;
use super::error::SyntaxError;
use super::habits;
use super::operand::Parser;
use super::operators::{function_names, operator_names};
use crate::nearest::closest_word;

/// What may follow a complete condition.
const JOINERS: &str = "`and`, `or` or the end of the condition";

impl Parser<'_> {
    /// Something stands behind a complete condition.
    pub(super) fn unexpected_behind_condition(&self) -> SyntaxError {
        let error = self.expected(JOINERS);
        let (before, rest) = (self.cursor.passed(), self.cursor.rest());
        let word = self.here();
        let last = before.split_whitespace().next_back().unwrap_or_default();
        if let Some(joiner) = habits::joiner(word) {
            let case = if word.starts_with(char::is_alphabetic) { ", in lower case" } else { "" };
            return error.with_help(format!("write `{joiner}`{case}"));
        }
        if matches!(last, "and" | "or" | "not") {
            return error.with_help(format!("there is nothing for this `{last}` to join"));
        }
        if before.trim_end().ends_with("=~") {
            return error.with_help("write `regex` instead of `=~`");
        }
        if let Some(help) = self.behind_name() {
            return error.with_help(help);
        }
        match rest.chars().next() {
            Some(')') => error.with_help("there is no `(` for this `)`"),
            Some(',') => error.with_help("a list stands in parentheses: `field in (a, b)`"),
            Some('(') if before.ends_with(char::is_whitespace) => {
                error.with_help("`and` or `or` has to stand before this parenthesis")
            }
            Some('(') => error.with_help("a value that contains parentheses needs quotes"),
            Some('=' | '"' | '\'') => {
                error.with_help("a value that contains `=`, `,`, quotes or blanks needs quotes")
            }
            Some('#') => error.with_help("a condition contains no remarks"),
            _ if rest.starts_with("//") => error.with_help("a condition contains no remarks"),
            _ if habits::is_field_like(word) => error
                .with_help("comparisons are joined by `and` or `or`; a value of several words needs quotes"),
            _ => error.with_help("a value of several words needs quotes"),
        }
    }

    /// Advice where what stands before is a name by itself, and so was taken for a macro.
    fn behind_name(&self) -> Option<String> {
        let before = self.cursor.passed().trim_end();
        let bare = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let name = before.get(bare.len()..).filter(|name| !name.is_empty())?;
        let opening = bare.trim_end();
        let is_alone = opening.is_empty()
            || opening.ends_with('(')
            || opening
                .split_whitespace()
                .next_back()
                .is_some_and(|word| matches!(word, "and" | "or" | "not"));
        if !is_alone {
            return None;
        }
        if name == "exists" {
            return Some("`exists` stands behind the field: `ka.user.name exists`".to_owned());
        }
        if name.eq_ignore_ascii_case("not") {
            return Some("write `not`, in lower case".to_owned());
        }
        let rest = self.cursor.rest();
        match rest.chars().next()? {
            '(' if name == "val" => Some(
                "a field on the left is written without `val`; `val(…)` is for the right side".to_owned(),
            ),
            '(' if rest.starts_with("()") => {
                Some("a macro is used by its name, without parentheses".to_owned())
            }
            '(' => Some(match closest_word(name, function_names()) {
                Some(function) => format!("did you mean `{function}(…)`?"),
                None => {
                    let names: Vec<_> = function_names().collect();
                    format!("transformers are {}; a macro has no parentheses", names.join(" "))
                }
            }),
            '=' | '!' | '<' | '>' | '.' => {
                Some(format!("`{name}` is read as a macro; a field's name has a dot in it, like `ka.verb`"))
            }
            '-' | '/' | '[' | ':' => {
                Some("a macro's name consists of letters, digits and `_` only".to_owned())
            }
            _ => None,
        }
    }

    /// Neither a field nor a macro stands where a comparison should be.
    pub(super) fn no_comparison(&self) -> SyntaxError {
        let error = self.expected("a field, a transformer, a macro or `(`");
        let (before, rest) = (self.cursor.passed().trim_end(), self.cursor.rest());
        match rest.chars().next() {
            None => error.with_help("the condition ends where a comparison should follow"),
            Some('!') => error.with_help("negation is written `not`: `not ka.user.name exists`"),
            Some('"' | '\'') => error.with_help("fields and macros stand without quotes"),
            Some('$' | '%' | '@') => error.with_help("fields and macros are written by their names alone"),
            Some(')') if before.ends_with('(') => error.with_help("there is nothing between the parentheses"),
            Some('{' | '[') => error.with_help("comparisons are grouped by parentheses: `( … )`"),
            Some('&' | '|') => error.with_help("write `and` and `or`, between two comparisons"),
            Some('#') => error.with_help("a condition contains no remarks"),
            _ => error,
        }
    }

    /// No operator stands behind a field.
    pub(super) fn no_operator(&self) -> SyntaxError {
        let error = self.expected("an operator");
        let word = self.here();
        if self.cursor.rest().starts_with('\u{a0}') {
            return error.with_help("this is a no-break space, as word processors make them; type a blank");
        }
        if let Some(help) = habits::operator(word) {
            return error.with_help(help);
        }
        if word.starts_with(['.', '[', '-', ':']) {
            return error.with_help("a field's name consists of letters, digits, `_` and single dots");
        }
        match closest_word(word, operator_names()) {
            Some(name) if name == word => error.with_help(format!("a blank must follow `{name}`")),
            Some(name) => error.with_help(format!("did you mean `{name}`?")),
            None => {
                error.with_help(format!("operators are {}", operator_names().collect::<Vec<_>>().join(" ")))
            }
        }
    }

    /// No value stands behind an operator.
    pub(super) fn no_value(&self) -> SyntaxError {
        let error = self.expected("a value, `val(field)` or a transformer");
        let operator = self.cursor.passed().split_whitespace().next_back().unwrap_or_default();
        match self.cursor.rest().chars().next() {
            None => {
                error.with_help("the condition ends where a value should follow; an empty text is `\"\"`")
            }
            Some('"' | '\'') => error.with_help("the quotes are never closed"),
            Some('(') if operator.ends_with("!=") => {
                error.with_help("to compare with several values write `not field in (…)`")
            }
            Some('(') if operator.ends_with('=') => {
                error.with_help("to compare with several values write `field in (…)`")
            }
            Some('(') => {
                error.with_help(format!("to compare with several values write `{operator} anyof (…)`"))
            }
            Some('=') => error.with_help("a value that starts with `=` needs quotes"),
            Some(')') => error.with_help("a value is missing; an empty text is `\"\"`"),
            _ => error,
        }
    }

    /// No number stands behind an operator that compares numbers.
    pub(super) fn no_number(&self) -> SyntaxError {
        let error = self.expected("a number, `val(field)` or a transformer");
        match self.cursor.rest().chars().next() {
            Some('"' | '\'') => error.with_help("a number stands without quotes"),
            Some('>') if self.cursor.passed().ends_with('<') => error.with_help("unequal is written `!=`"),
            _ => error.with_help("<, <=, > and >= compare numbers only; for texts there are = and !="),
        }
    }

    /// No list stands behind an operator that wants one.
    pub(super) fn no_list(&self) -> SyntaxError {
        let error = self.expected("a list in parentheses, a name, `val(field)` or a transformer");
        match self.cursor.rest().chars().next() {
            Some('$' | '%' | '@') => error.with_help("a list is written by its name alone: `in (names)`"),
            _ => error.with_help("a list stands in parentheses, with commas: `in (a, b)`"),
        }
    }

    /// A list that was opened there goes on with neither a comma nor its end.
    pub(super) fn unclosed_list(&self, opened: Place) -> SyntaxError {
        let error = self.expected("`,` or `)`");
        match self.cursor.rest().chars().next() {
            Some('=') => error.with_help("a value that contains `=` needs quotes"),
            Some('"' | '\'') => {
                error.with_help("the quotes are never closed, or follow a value without a comma")
            }
            Some(',') => error.with_help("a value is missing before the comma"),
            Some('(') => {
                error.with_help("lists have no lists in them; a value with parentheses needs quotes")
            }
            None => error.with_help("the list is never closed").opened_at(opened),
            _ => error.with_help("commas stand between values; a value of several words needs quotes"),
        }
    }

    /// A comma without a value behind it.
    pub(super) fn no_element(&self) -> SyntaxError {
        let error = self.expected("a value behind the comma");
        match self.cursor.rest().chars().next() {
            Some(')') => error.with_help("leave the last comma out"),
            Some(',') => error.with_help("leave one of the commas out; an empty text is `\"\"`"),
            _ => error,
        }
    }

    /// Something else than a blank follows `and` or `or`.
    pub(super) fn no_blank_behind(&self, word: &str) -> SyntaxError {
        let error = self.expected(&format!("a blank or `(` behind `{word}`"));
        if self.cursor.is_at_end() {
            return error.with_help(format!("nothing follows this `{word}`; leave it out"));
        }
        error.with_help(format!(
            "a value of several words needs quotes; where `{word}` is meant, put a blank behind it"
        ))
    }

    /// The word that stands here.
    fn here(&self) -> &str {
        self.cursor.rest().get(..self.cursor.word_here().len()).unwrap_or_default()
    }
}
