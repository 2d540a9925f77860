//! The transformers with what they make of what.

use crate::check::check_operand;
use crate::syntax::ast::Function;
use crate::syntax::{Dialect, parse_operand};

/// A row of the table of transformers.
pub(super) struct Row {
    /// How it is written, over fields that there are.
    pub(super) example: &'static str,
    pub(super) doc: &'static str,
}

/// The row of each.
pub(super) fn row(function: Function) -> Row {
    let (example, doc) = match function {
        Function::ToLower => {
            ("tolower(ka.user.name)", "ASCII letters in lower case; of a list, in each element")
        }
        Function::ToUpper => ("toupper(ka.verb)", "ASCII letters in upper case; of a list, in each element"),
        Function::B64 => ("b64(jevt.value[/requestObject/data/key])", "decodes Base64; absent if it is none"),
        Function::Basename => ("basename(ka.uri)", "what stands behind the last slash"),
        Function::Len => {
            ("len(ka.user.groups)", "the elements of a list, or the bytes of a text; never 0 for a list")
        }
        Function::Join => ("join(\",\", ka.user.groups)", "the elements of a list with a text between them"),
        Function::Concat => (
            "concat(ka.target.namespace, \"/\", ka.target.name)",
            "texts end to end; absent if any of them is",
        ),
        Function::Getopt => (
            "getopt(ka.user.groups, \"ab:\")",
            "the options in a list of arguments, as `getopt` finds them; with `[b]` behind it, the value of `-b`",
        ),
    };
    Row { example, doc }
}

impl Row {
    /// The type of what comes out, as the check of conditions says it.
    pub(super) fn gives(&self) -> &'static str {
        let operand = parse_operand(self.example, Dialect::Saker).ok();
        let checked = operand.and_then(|operand| check_operand(&operand).ok());
        checked.map_or("", |operand| operand.kind().name(operand.shape()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::functions;

    #[test]
    fn the_examples_are_right() {
        for function in functions() {
            let row = row(function);
            assert!(row.example.starts_with(&format!("{}(", function.name())), "{}", row.example);
            assert_ne!(row.gives(), "", "{}", row.example);
        }
    }
}
