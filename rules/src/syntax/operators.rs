//! The words and signs between two sides of a comparison.

use super::ast::{Function, Operator, Quantifier};
use super::cursor::Cursor;

/// Operators whose right-hand side is a number, in the order they are tried.
const NUMERIC: &[(&str, Operator)] =
    &[("<=", Operator::Le), ("<", Operator::Lt), (">=", Operator::Ge), (">", Operator::Gt)];

/// Operators whose right-hand side is a text and that are signs.
const SIGNS: &[(&str, Operator)] = &[("==", Operator::DoubleEq), ("=", Operator::Eq), ("!=", Operator::Ne)];

/// Operators whose right-hand side is a text and that are words: a blank must follow.
const WORDS: &[(&str, Operator)] = &[
    ("glob", Operator::Glob),
    ("iglob", Operator::IGlob),
    ("contains", Operator::Contains),
    ("icontains", Operator::IContains),
    ("bcontains", Operator::BContains),
    ("startswith", Operator::StartsWith),
    ("bstartswith", Operator::BStartsWith),
    ("endswith", Operator::EndsWith),
    ("regex", Operator::Regex),
];

/// Operators whose right-hand side is a list.
const LISTS: &[(&str, Operator)] =
    &[("intersects", Operator::Intersects), ("in", Operator::In), ("pmatch", Operator::PMatch)];

const QUANTIFIERS: &[(&str, Quantifier)] =
    &[("oneof", Quantifier::One), ("anyof", Quantifier::Any), ("allof", Quantifier::All)];

const FUNCTIONS: &[(&str, Function)] = &[
    ("tolower", Function::ToLower),
    ("toupper", Function::ToUpper),
    ("b64", Function::B64),
    ("basename", Function::Basename),
    ("len", Function::Len),
    ("join", Function::Join),
    ("concat", Function::Concat),
    ("getopt", Function::Getopt),
];

/// An operator with the kind of right-hand side it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    Number(Operator),
    Text(Operator),
    List(Operator),
}

/// The operator here.
///
/// A word operator without a blank behind it is not one, but Falco has then moved past it and goes on looking for a
/// list operator there: `x containsin (a)` is `x in (a)`. So do we.
pub(super) fn operator(cursor: &mut Cursor<'_>) -> Option<Asks> {
    if let Some(operator) = first_literal(cursor, NUMERIC) {
        return Some(Asks::Number(operator));
    }
    if let Some(operator) = first_literal(cursor, SIGNS) {
        return Some(Asks::Text(operator));
    }
    if let Some(operator) = first_literal(cursor, WORDS)
        && cursor.blank()
    {
        return Some(Asks::Text(operator));
    }
    first_literal(cursor, LISTS).map(Asks::List)
}

/// `oneof`, `anyof` or `allof` with the blank behind it; without one it is a value.
pub(super) fn quantifier(cursor: &mut Cursor<'_>) -> Option<Quantifier> {
    let start = cursor.at();
    let found = first_literal(cursor, QUANTIFIERS).filter(|_| cursor.blank());
    if found.is_none() {
        cursor.rewind(start);
    }
    found
}

/// The name of a transformer with its opening parenthesis.
pub(super) fn function(cursor: &mut Cursor<'_>) -> Option<Function> {
    let start = cursor.at();
    let found = first_literal(cursor, FUNCTIONS).filter(|_| cursor.literal("("));
    if found.is_none() {
        cursor.rewind(start);
    }
    found
}

/// Every transformer.
pub(crate) fn functions() -> impl Iterator<Item = Function> {
    FUNCTIONS.iter().map(|(_, function)| *function)
}

/// Every operator as it is written, `exists` included; for messages and suggestions.
pub(crate) fn operator_names() -> impl Iterator<Item = &'static str> {
    let tables = [NUMERIC, SIGNS, WORDS, LISTS];
    std::iter::once("exists").chain(tables.into_iter().flatten().map(|(name, _)| *name))
}

/// Every transformer as it is written; for messages and suggestions.
pub(super) fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, _)| *name)
}

fn first_literal<T: Copy>(cursor: &mut Cursor<'_>, table: &[(&str, T)]) -> Option<T> {
    table.iter().find(|(token, _)| cursor.literal(token)).map(|(_, meaning)| *meaning)
}

fn name_of<T: PartialEq>(wanted: &T, table: &'static [(&'static str, T)]) -> Option<&'static str> {
    table.iter().find(|(_, meaning)| meaning == wanted).map(|(name, _)| *name)
}

impl Operator {
    /// As it is written.
    pub fn name(self) -> &'static str {
        [NUMERIC, SIGNS, WORDS, LISTS].into_iter().find_map(|table| name_of(&self, table)).unwrap_or_default()
    }

    /// Whether it compares with a list: `in`, `intersects`, `pmatch`.
    pub fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::Intersects | Self::PMatch)
    }

    /// Whether it compares with a text, and so may be followed by `oneof`, `anyof` or `allof`.
    pub fn takes_text(self) -> bool {
        [SIGNS, WORDS].into_iter().any(|table| name_of(&self, table).is_some())
    }

    /// The operator of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let tables = [NUMERIC, SIGNS, WORDS, LISTS];
        tables.into_iter().flatten().find(|(token, _)| *token == name).map(|(_, operator)| *operator)
    }
}

impl Quantifier {
    /// As it is written.
    pub fn name(self) -> &'static str {
        name_of(&self, QUANTIFIERS).unwrap_or_default()
    }

    /// The quantifier of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        QUANTIFIERS.iter().find(|(token, _)| *token == name).map(|(_, quantifier)| *quantifier)
    }
}

impl Function {
    /// As it is written, without the parenthesis.
    pub fn name(self) -> &'static str {
        name_of(&self, FUNCTIONS).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Dialect;

    fn read(text: &str) -> Option<Asks> {
        operator(&mut Cursor::new(text, Dialect::Saker))
    }

    #[test]
    fn the_longer_sign_wins() {
        assert_eq!(read("<=1"), Some(Asks::Number(Operator::Le)));
        assert_eq!(read("==a"), Some(Asks::Text(Operator::DoubleEq)));
        assert_eq!(read("=<"), Some(Asks::Text(Operator::Eq)));
        assert_eq!(read("intersects(a)"), Some(Asks::List(Operator::Intersects)));
    }

    #[test]
    fn word_operators_need_a_blank_and_list_operators_do_not() {
        assert_eq!(read("contains\ta"), Some(Asks::Text(Operator::Contains)));
        assert_eq!(read("contains(a)"), None);
        assert_eq!(read("inx"), Some(Asks::List(Operator::In)));
    }

    #[test]
    fn a_word_operator_without_a_blank_is_passed_over() {
        assert_eq!(read("containsin (a)"), Some(Asks::List(Operator::In)));
    }
}
