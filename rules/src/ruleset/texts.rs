//! Every condition and output of a ruleset, end to end in one space: a place in that space says both which text is
//! meant and where in it, even after macros have been put into one another.

use std::ops::Range;

use super::sourced::Sourced;
use crate::source::Span;
use crate::syntax::ast::Place;

/// How many characters of a text are enough to know it by.
const BEGINNING: usize = 32;

/// One text in the space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it starts in the space.
    pub base: usize,
    /// As it is parsed: exceptions and lists put in.
    pub text: String,
}

impl Text {
    /// Where it lies in the space.
    pub fn place(&self) -> Place {
        self.base..self.base + self.text.len()
    }
}

/// The space.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    entries: Vec<Entry>,
    end: usize,
}

/// A text with its origin.
#[derive(Debug, Clone)]
struct Entry {
    base: usize,
    sourced: Sourced,
}

impl Texts {
    /// Adds a text behind the others.
    pub(crate) fn add(&mut self, sourced: Sourced) -> Text {
        let base = self.end;
        // One further than its end, so that a place at its end is still in this text.
        self.end += sourced.len() + 1;
        let text = sourced.text().to_owned();
        self.entries.push(Entry { base, sourced });
        Text { base, text }
    }

    /// The text that a place lies in.
    fn entry(&self, place: &Place) -> Option<&Entry> {
        let index = self.entries.partition_point(|entry| entry.base <= place.start);
        self.entries.get(index.checked_sub(1)?)
    }

    /// What stands at a place.
    pub(crate) fn at(&self, place: &Place) -> &str {
        let part = self.entry(place).and_then(|entry| entry.sourced.text().get(entry.local(place)));
        part.unwrap_or_default()
    }

    /// How the text that a place lies in begins, enough to know it by.
    pub(crate) fn beginning(&self, place: &Place) -> Option<String> {
        self.entry(place).map(|entry| entry.sourced.text().chars().take(BEGINNING).collect())
    }

    /// Where in the files a place is.
    pub(crate) fn span(&self, place: &Place) -> Option<Span> {
        let entry = self.entry(place)?;
        entry.sourced.span(entry.local(place))
    }
}

impl Entry {
    fn local(&self, place: &Place) -> Range<usize> {
        let end = self.sourced.len();
        let start = place.start.saturating_sub(self.base).min(end);
        start..place.end.saturating_sub(self.base).clamp(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_says_which_text_is_meant() {
        let mut texts = Texts::default();
        let span = |start, end| Span { file: 0, start, end };
        let first = texts.add(Sourced::fixed("abc", span(10, 13)));
        let second = texts.add(Sourced::fixed("de", span(20, 22)));
        assert_eq!((first.place(), second.place()), (0..3, 4..6));
        assert_eq!(texts.span(&(3..3)), Some(span(10, 13)));
        assert_eq!(texts.span(&(5..6)), Some(span(20, 22)));
    }
}
