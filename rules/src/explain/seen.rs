//! Values of an event as they are shown: cut where they are long, for they may be secrets, and always say so.

use crate::fields::{Extracted, Kind, Texts};

/// Longer texts are cut.
const MAX_TEXT: usize = 160;
/// Of longer lists the rest is left out.
const MAX_ELEMENTS: usize = 20;

/// What a field or a transformer has in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Absent,
    /// A text.
    Text(Excerpt),
    /// Texts: the first of them, and how many there are.
    List(Vec<Excerpt>, usize),
    /// A number.
    Number(u64),
    /// A truth value.
    Flag(bool),
}

/// A text or the beginning of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What is shown; what is not UTF-8 in it is replaced.
    pub text: String,
    /// How long the whole text is, where that is longer.
    pub cut_from: Option<usize>,
}

impl Seen {
    pub(super) fn of(value: Extracted, kind: Kind, texts: Texts<'_>) -> Self {
        match value {
            Extracted::Absent => Self::Absent,
            Extracted::Text(piece) => Self::Text(Excerpt::of(texts.text(piece))),
            Extracted::Number(number) if kind == Kind::Flag => Self::Flag(number != 0),
            Extracted::Number(number) => Self::Number(number),
            Extracted::List(list) => {
                let shown = texts.list(list).iter().take(MAX_ELEMENTS);
                Self::List(shown.map(|&piece| Excerpt::of(texts.text(piece))).collect(), list.len())
            }
        }
    }
}

impl Excerpt {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        if text.len() <= MAX_TEXT {
            return Self { text: text.into_owned(), cut_from: None };
        }
        let shown = text.get(..crate::source::floor(&text, MAX_TEXT)).unwrap_or_default();
        Self { text: shown.to_owned(), cut_from: Some(bytes.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters_and_say_how_long_they_are() {
        let long = format!("{}ü and more", "x".repeat(MAX_TEXT - 1));
        let excerpt = Excerpt::of(long.as_bytes());
        assert_eq!((excerpt.text.len(), excerpt.cut_from), (MAX_TEXT - 1, Some(long.len())));
        assert_eq!(Excerpt::of(b"a\xffb"), Excerpt { text: "a\u{fffd}b".to_owned(), cut_from: None });
    }
}
