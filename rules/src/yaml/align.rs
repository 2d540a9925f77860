//! Finds for each part of a scalar's value the place in the file it was read from, through folding, indentation and
//! escapes.
//!
//! Words are looked for one after the other in the source of the scalar. That can only put a place a little off, and
//! never changes a value.

use std::ops::Range;

use super::node::{Scalar, Style};
use crate::ruleset::sourced::Sourced;
use crate::source::{Span, floor};

/// The value with its places.
pub(super) fn align(scalar: &Scalar, span: Span, source: &str) -> Sourced {
    let raw = source.get(span.start..floor(source, span.end).max(span.start)).unwrap_or_default();
    let mut walker = Walker { raw, at: content_start(raw, scalar.style), style: scalar.style };
    let mut aligned = Sourced::default();
    for (word, is_blank) in words(&scalar.text) {
        if is_blank {
            aligned.push_at(word, span.file, span.start + walker.at);
            continue;
        }
        walker.skip_blanks();
        for character in word.chars() {
            let Some(place) = walker.take(character) else {
                // Something this does not understand: the whole scalar is the best place there is.
                return Sourced::fixed(&scalar.text, span);
            };
            let (start, end) = (span.start + place.start, span.start + place.end);
            let mut buffer = [0; 4];
            let character = character.encode_utf8(&mut buffer);
            if end - start == character.len() {
                aligned.push_at(character, span.file, start);
            } else {
                aligned.push_fixed(character, Span { start, end, ..span });
            }
        }
    }
    aligned
}

/// Runs of blanks and runs of other characters in turn.
fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_blank = is_blank(rest.chars().next()?);
        let length = rest.find(|c| self::is_blank(c) != is_blank).unwrap_or(rest.len());
        let (word, tail) = rest.split_at_checked(length)?;
        rest = tail;
        Some((word, is_blank))
    })
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Behind the opening quote, or behind the line with the `|` or `>`.
fn content_start(raw: &str, style: Style) -> usize {
    match style {
        Style::SingleQuoted | Style::DoubleQuoted => usize::from(raw.starts_with(['"', '\''])),
        Style::Block if raw.starts_with(['|', '>']) => raw.find('\n').map_or(raw.len(), |at| at + 1),
        Style::Plain | Style::Block => 0,
    }
}

struct Walker<'a> {
    raw: &'a str,
    at: usize,
    style: Style,
}

impl Walker<'_> {
    fn rest(&self) -> &str {
        self.raw.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    /// Goes past what stands for `character`; where that is.
    fn take(&mut self, character: char) -> Option<Range<usize>> {
        if self.style == Style::DoubleQuoted {
            self.skip_continuation();
        }
        let length = self.length_of(character)?;
        let start = self.at;
        self.at += length;
        Some(start..self.at)
    }

    fn length_of(&self, character: char) -> Option<usize> {
        let rest = self.rest();
        match self.style {
            Style::DoubleQuoted if rest.starts_with('\\') => escape_length(rest),
            Style::SingleQuoted if rest.starts_with("''") => Some(2),
            _ => rest.starts_with(character).then(|| character.len_utf8()),
        }
    }

    /// A backslash at the end of a line joins it with the next.
    fn skip_continuation(&mut self) {
        while let Some(behind) = self.rest().strip_prefix('\\')
            && behind.starts_with(['\n', '\r'])
        {
            self.at += 1;
            self.skip_blanks();
        }
    }
}

fn escape_length(rest: &str) -> Option<usize> {
    let digits = match rest.get(1..)?.chars().next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return Some(1 + other.len_utf8()),
    };
    Some(2 + digits)
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    /// What stands in the file where `word` of the first scalar came from.
    fn origin<'a>(yaml: &'a str, word: &str) -> &'a str {
        let documents = parse(yaml, 0).unwrap();
        let sourced = documents.first().unwrap().sourced(yaml).unwrap();
        let at = sourced.text().find(word).unwrap();
        let span = sourced.span(at..at + word.len()).unwrap();
        yaml.get(span.start..span.end).unwrap()
    }

    #[test]
    fn plain_and_folded_lines() {
        assert_eq!(origin("one two\n  three", "three"), "three");
        assert_eq!(origin("one two\n  three", "two three"), "two\n  three");
        assert_eq!(origin(">\n  one two\n  three\n", "three"), "three");
        assert_eq!(origin(">-\n  one two\n\n  three\n", "three"), "three");
    }

    #[test]
    fn literal_lines() {
        assert_eq!(origin("|2-\n    one\n    two\n", "two"), "two");
        assert_eq!(origin("| # a remark\n  one\n   two\n", "one"), "one");
    }

    #[test]
    fn escapes_in_quotes() {
        assert_eq!(origin(r#""a \"b\" \x41 \u00fc z""#, "A"), r"\x41");
        assert_eq!(origin(r#""a \"b\" \x41 \u00fc z""#, "ü"), r"\u00fc");
        assert_eq!(origin(r#""a \"b\" \x41 \u00fc z""#, "z"), "z");
        assert_eq!(origin("\"one \\\n   two\"", "two"), "two");
        assert_eq!(origin("'it''s here'", "here"), "here");
        assert_eq!(origin("'it''s here'", "'"), "''");
    }

    #[test]
    fn text_beyond_ascii() {
        assert_eq!(origin("ünö twö three", "three"), "three");
    }
}
