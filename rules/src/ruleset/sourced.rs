//! Texts put together from parts of rule files, that still know where each part came from.

use std::ops::Range;

use crate::source::Span;

/// A text and the origin of each of its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sourced {
    text: String,
    /// Ascending, from 0 unless the text is empty.
    pieces: Vec<Piece>,
}

/// The origin of what stands from `start` up to the next piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    start: usize,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Copied byte for byte from `offset` on.
    Copied { file: usize, offset: usize },
    /// All of it stands for this.
    Fixed(Span),
    /// Put in by the language.
    Nowhere,
}

impl Sourced {
    /// A text that stands for `span` as a whole.
    pub(crate) fn fixed(text: &str, span: Span) -> Self {
        let mut sourced = Self::default();
        sourced.push_fixed(text, span);
        sourced
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends text that stands in no file.
    pub(crate) fn push_str(&mut self, text: &str) {
        self.push_piece(text, Origin::Nowhere);
    }

    /// Appends text copied from a file.
    pub(crate) fn push_at(&mut self, text: &str, file: usize, offset: usize) {
        self.push_piece(text, Origin::Copied { file, offset });
    }

    /// Appends text that stands for `span` as a whole.
    pub(crate) fn push_fixed(&mut self, text: &str, span: Span) {
        self.push_piece(text, Origin::Fixed(span));
    }

    /// Appends another text.
    pub(crate) fn push(&mut self, other: &Self) {
        self.push_part(other, 0..other.len());
    }

    /// Appends a part of another text. A range that cuts a character is cut down to none.
    pub(crate) fn push_part(&mut self, other: &Self, range: Range<usize>) {
        let first = other.pieces.partition_point(|piece| piece.start <= range.start).saturating_sub(1);
        let touched = other.pieces.get(first..).unwrap_or_default();
        for (index, piece) in touched.iter().enumerate().take_while(|(_, piece)| piece.start < range.end) {
            let end = touched.get(index + 1).map_or(other.len(), |next| next.start);
            let (start, end) = (piece.start.max(range.start), end.min(range.end));
            if start < end {
                let text = other.text.get(start..end).unwrap_or_default();
                self.push_piece(text, piece.origin.advanced(start - piece.start));
            }
        }
    }

    /// Drops the last character while it is one of these.
    pub(crate) fn pop_while(&mut self, is_one: impl Fn(char) -> bool) {
        self.truncate(self.text.trim_end_matches(is_one).len());
    }

    /// Drops everything from there on.
    pub(crate) fn truncate(&mut self, len: usize) {
        if self.text.is_char_boundary(len) {
            self.text.truncate(len);
            self.pieces.truncate(self.pieces.partition_point(|piece| piece.start < len));
        }
    }

    /// Without blanks at either end.
    pub(crate) fn trimmed(&self) -> Self {
        let is_space = |c: char| matches!(c, ' ' | '\t'..='\r');
        let start = self.len() - self.text.trim_start_matches(is_space).len();
        let end = self.text.trim_end_matches(is_space).len();
        let mut trimmed = Self::default();
        trimmed.push_part(self, start..end.max(start));
        trimmed
    }

    /// Where in the files a part came from: from the start of its first to the end of its last byte that came from
    /// the same file.
    pub(crate) fn span(&self, range: Range<usize>) -> Option<Span> {
        let first = self.span_at(range.start, false)?;
        let last = range.end.checked_sub(1).filter(|last| *last > range.start);
        let last = last.and_then(|last| self.span_at(last, true)).unwrap_or(first);
        if last.file == first.file && last.end >= first.start {
            Some(Span { end: last.end, ..first })
        } else {
            Some(first)
        }
    }

    /// The origin of one byte; of the nearest that has one if it has none, looking backwards or forwards first.
    fn span_at(&self, at: usize, backwards: bool) -> Option<Span> {
        let here = self.pieces.partition_point(|piece| piece.start <= at).checked_sub(1)?;
        let (before, after) = self.pieces.split_at_checked(here)?;
        let (piece, after) = after.split_first()?;
        if let Some(span) = piece.origin.span(at - piece.start) {
            return Some(span);
        }
        let earlier = before.iter().enumerate().rev().find_map(|(index, piece)| {
            let end = self.pieces.get(index + 1)?.start;
            piece.origin.span(end - piece.start - 1)
        });
        let later = after.iter().find_map(|piece| piece.origin.span(0));
        if backwards { earlier.or(later) } else { later.or(earlier) }
    }

    fn push_piece(&mut self, text: &str, origin: Origin) {
        if text.is_empty() {
            return;
        }
        let start = self.len();
        let continues =
            self.pieces.last().is_some_and(|last| last.origin.advanced(start - last.start) == origin);
        if !continues {
            self.pieces.push(Piece { start, origin });
        }
        self.text.push_str(text);
    }
}

impl Origin {
    fn advanced(self, by: usize) -> Self {
        match self {
            Self::Copied { file, offset } => Self::Copied { file, offset: offset + by },
            other => other,
        }
    }

    fn span(self, at: usize) -> Option<Span> {
        match self {
            Self::Copied { file, offset } => Some(Span { file, start: offset + at, end: offset + at + 1 }),
            Self::Fixed(span) => Some(span),
            Self::Nowhere => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span { file: 0, start, end }
    }

    #[test]
    fn parts_keep_their_places() {
        let mut text = Sourced::default();
        text.push_at("abc", 0, 10);
        text.push_str(" and ");
        text.push_at("def", 0, 20);
        assert_eq!(text.span(1..3), Some(span(11, 13)));
        assert_eq!(text.span(8..10), Some(span(20, 22)));
        assert_eq!(text.span(0..11), Some(span(10, 23)));
        assert_eq!(text.span(4..7), Some(span(20, 21)), "what stands nowhere is where its neighbour stands");
        let mut part = Sourced::default();
        part.push_part(&text, 9..11);
        assert_eq!((part.text(), part.span(0..2)), ("ef", Some(span(21, 23))));
    }

    #[test]
    fn trimming_moves_the_start() {
        let mut text = Sourced::default();
        text.push_at("  x \n", 0, 10);
        assert_eq!((text.trimmed().text(), text.trimmed().span(0..1)), ("x", Some(span(12, 13))));
    }

    #[test]
    fn an_empty_range_is_where_the_next_byte_is() {
        let text = Sourced::fixed("x", span(3, 9));
        assert_eq!(text.span(0..0), Some(span(3, 9)));
        assert_eq!(text.span(1..1), Some(span(3, 9)));
    }
}
