//! The tree.

use std::rc::Rc;

use super::align;
use crate::ruleset::sourced::Sourced;
use crate::source::Span;

/// A part of a document. Aliases share the node they mean.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// How many nodes it consists of once aliases are followed.
    pub(super) size: usize,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// Nothing, or a plain `~`, `null`, `Null` or `NULL`.
    Null,
    Scalar(Scalar),
    Sequence(Vec<Rc<Node>>),
    /// In order; of equal keys the first counts.
    Mapping(Vec<(Rc<Node>, Rc<Node>)>),
}

/// A value that is not null.
#[derive(Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(super) style: Style,
}

impl Scalar {
    /// Whether it was written without quotes.
    pub(crate) fn is_plain(&self) -> bool {
        self.style == Style::Plain
    }
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Block,
}

impl Node {
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub(crate) fn sequence(&self) -> Option<&[Rc<Self>]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn mapping(&self) -> Option<&[(Rc<Self>, Rc<Self>)]> {
        match &self.kind {
            Kind::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a key, null included.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let pairs = self.mapping()?;
        pairs.iter().find(|(name, _)| name.is_text(key)).map(|(_, value)| &**value)
    }

    /// Where a key itself stands.
    pub(crate) fn key_span(&self, key: &str) -> Option<Span> {
        let pairs = self.mapping()?;
        pairs.iter().find(|(name, _)| name.is_text(key)).map(|(name, _)| name.span)
    }

    /// What kind of thing it is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// The text of a scalar with the place of each part in `source`, the text of its file.
    pub(crate) fn sourced(&self, source: &str) -> Option<Sourced> {
        self.scalar().map(|scalar| align::align(scalar, self.span, source))
    }

    fn is_text(&self, text: &str) -> bool {
        self.scalar().is_some_and(|scalar| scalar.text == text)
    }
}
