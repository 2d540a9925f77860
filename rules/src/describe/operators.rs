//! The operators with what they mean and the types they work on.

use crate::check::is_supported;
use crate::fields::{Kind, Shape};
use crate::syntax::ast::Operator;

/// Operators that mean the same but for their name, and what that is.
const MEANINGS: &[(&[&str], &str)] = &[
    (&["exists"], "there is a value; an empty text is one, an empty list is none"),
    (&["=", "=="], "the same, byte for byte"),
    (&["!="], "there is a value, and it is another"),
    (&["<", "<=", ">", ">="], "smaller or greater; texts byte by byte, so `99` is greater than `400`"),
    (&["contains"], "the value stands somewhere in the text"),
    (&["icontains"], "the same, upper or lower case"),
    (&["startswith"], "the text starts with the value"),
    (&["endswith"], "the text ends with the value"),
    (
        &["glob"],
        "the whole text matches the pattern: `*` is any text, slashes too, `?` any character, `[a-c]` one of these",
    ),
    (&["iglob"], "the same, upper or lower case"),
    (
        &["regex"],
        "the whole text matches the POSIX extended regular expression; there is no `\\d`, `\\w` or `\\s`",
    ),
    (&["in"], "a text: it is one of the values; a list: each element is"),
    (&["intersects"], "a text: it is one of the values; a list: at least one element is"),
    (&["pmatch"], "the path lies at or below one of the values"),
];

/// The columns of the table.
const TYPES: [(&str, &[(Kind, Shape)]); 4] = [
    ("texts", &[(Kind::Text, Shape::Single)]),
    ("lists", &[(Kind::Text, Shape::List)]),
    (
        "numbers, times",
        &[
            (Kind::Number, Shape::Single),
            (Kind::AbsoluteTime, Shape::Single),
            (Kind::RelativeTime, Shape::Single),
        ],
    ),
    ("truth values", &[(Kind::Flag, Shape::Single)]),
];

/// A row of the table of operators.
pub(super) struct Row {
    pub(super) names: &'static [&'static str],
    pub(super) meaning: &'static str,
    /// Whether they work on each of the types.
    pub(super) works_on: [bool; TYPES.len()],
}

/// The types, in the order of [`Row::works_on`].
pub(super) fn type_names() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(name, _)| *name)
}

pub(super) fn rows() -> impl Iterator<Item = Row> {
    MEANINGS.iter().map(|(names, meaning)| {
        let operators: Vec<_> = names.iter().filter_map(|name| Operator::from_name(name)).collect();
        // `exists` is no operator with a right-hand side: it asks nothing of the type.
        let works = |(kind, shape): &(Kind, Shape)| {
            operators.iter().all(|operator| is_supported(*kind, *shape, *operator))
        };
        Row { names, meaning, works_on: TYPES.map(|(_, types)| types.iter().all(works)) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::operator_names;

    #[test]
    fn every_operator_that_works_on_anything_has_a_row() {
        for name in operator_names() {
            let works = Operator::from_name(name).is_none_or(|operator| {
                TYPES
                    .iter()
                    .any(|(_, types)| types.iter().any(|(kind, shape)| is_supported(*kind, *shape, operator)))
            });
            let rows = MEANINGS.iter().filter(|(names, _)| names.contains(&name)).count();
            assert_eq!(rows, usize::from(works), "{name}");
        }
    }
}
