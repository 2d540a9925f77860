//! Where in a condition the name of a list stands, as one sees it who knows of tokens, which the language does not.

use crate::ruleset::is_blank;
use crate::syntax::ast::Operator;

/// A place for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// Among the values of a comparison, in parentheses: where lists belong.
    Values,
    /// In a quoted text.
    Quoted,
    /// In the place of a single value.
    Value,
    /// Behind `in` and the like, without parentheses.
    Bare,
    /// Where a condition is expected, or anything else.
    Elsewhere,
}

impl Spot {
    /// That of a name that starts at `start`.
    pub(super) fn of(text: &str, start: usize) -> Self {
        let before = text.get(..start).unwrap_or_default();
        let Scan { quote: None, open } = scan(before) else { return Self::Quoted };
        let trimmed = before.trim_end_matches(is_blank);
        if trimmed.ends_with(['(', ',']) {
            let open = open.and_then(|open| before.get(..open)).unwrap_or_default();
            return if asks_for_list(open) { Self::Values } else { Self::Elsewhere };
        }
        if asks_for_list(before) {
            return Self::Bare;
        }
        let word = last_word(trimmed);
        let takes_text = Operator::from_name(word).is_some_and(Operator::takes_text);
        if trimmed.ends_with('=') || takes_text { Self::Value } else { Self::Elsewhere }
    }
}

/// What is open at the end of a text.
struct Scan {
    quote: Option<char>,
    /// The innermost parenthesis.
    open: Option<usize>,
}

fn scan(text: &str) -> Scan {
    let mut quote = None;
    let mut escaped = false;
    let mut open = Vec::new();
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(delimiter), _) if delimiter == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '(') => open.push(at),
            (None, ')') => drop(open.pop()),
            _ => {}
        }
    }
    Scan { quote, open: open.pop() }
}

fn asks_for_list(before: &str) -> bool {
    let word = last_word(before.trim_end_matches(is_blank));
    matches!(word, "oneof" | "anyof" | "allof") || Operator::from_name(word).is_some_and(Operator::takes_list)
}

fn last_word(text: &str) -> &str {
    let end = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    text.get(end.len()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(text: &str) -> Spot {
        Spot::of(text, text.find("LIST").unwrap())
    }

    #[test]
    fn where_names_stand() {
        for text in ["x in (LIST)", "x in (a, LIST)", "x intersects(\"(\", LIST", "x = anyof ( LIST)"] {
            assert_eq!(spot(text), Spot::Values, "{text}");
        }
        for text in ["x = \"a LIST b\"", "x in ('it\\'s LIST')"] {
            assert_eq!(spot(text), Spot::Quoted, "{text}");
        }
        for text in ["x = LIST", "x!=LIST", "x startswith LIST"] {
            assert_eq!(spot(text), Spot::Value, "{text}");
        }
        assert_eq!(spot("x in LIST"), Spot::Bare);
        assert_eq!(spot("x = oneof LIST"), Spot::Bare);
        for text in ["LIST", "not LIST", "a and (LIST or b)", "join(\",\", LIST)"] {
            assert_eq!(spot(text), Spot::Elsewhere, "{text}");
        }
    }
}
