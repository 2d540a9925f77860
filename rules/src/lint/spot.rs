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

/// Goes through a text once, from name to name.
#[derive(Debug, Default)]
pub(super) struct Spots {
    /// How far it has been read.
    at: usize,
    quote: Option<char>,
    escaped: bool,
    /// Where the parentheses that are open start.
    open: Vec<usize>,
}

impl Spots {
    /// That of a name that starts at `start`, behind those that were asked for before.
    pub(super) fn of(&mut self, text: &str, start: usize) -> Spot {
        self.read(text.get(self.at..start).unwrap_or_default());
        if self.quote.is_some() {
            return Spot::Quoted;
        }
        let before = text.get(..start).unwrap_or_default();
        let trimmed = before.trim_end_matches(is_blank);
        if trimmed.ends_with(['(', ',']) {
            let open = self.open.last().and_then(|&open| before.get(..open)).unwrap_or_default();
            return if asks_for_list(open) { Spot::Values } else { Spot::Elsewhere };
        }
        if asks_for_list(before) {
            return Spot::Bare;
        }
        let word = last_word(trimmed);
        let takes_text = Operator::from_name(word).is_some_and(Operator::takes_text);
        if trimmed.ends_with('=') || takes_text { Spot::Value } else { Spot::Elsewhere }
    }

    fn read(&mut self, text: &str) {
        for (offset, character) in text.char_indices() {
            match (self.quote, character) {
                (Some(_), _) if self.escaped => self.escaped = false,
                (Some(_), '\\') => self.escaped = true,
                (Some(delimiter), _) if delimiter == character => self.quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => self.quote = Some(character),
                (None, '(') => self.open.push(self.at + offset),
                (None, ')') => drop(self.open.pop()),
                _ => {}
            }
        }
        self.at += text.len();
    }
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
        Spots::default().of(text, text.find("LIST").unwrap())
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
        let text = "x in (LIST) or y = \"LIST\" or z = LIST";
        let mut spots = Spots::default();
        let one_by_one: Vec<_> = text.match_indices("LIST").map(|(start, _)| spots.of(text, start)).collect();
        assert_eq!(one_by_one, [Spot::Values, Spot::Quoted, Spot::Value]);
        for text in ["LIST", "not LIST", "a and (LIST or b)", "join(\",\", LIST)"] {
            assert_eq!(spot(text), Spot::Elsewhere, "{text}");
        }
    }
}
