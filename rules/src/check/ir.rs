//! Conditions that can be evaluated. There is no way to say an unknown field, a comparison of what cannot be compared
//! or a pattern that is none. Equal parts of different rules are equal values, so each is evaluated once.

use crate::fields::{Argument, Field, Kind, Shape};
use crate::syntax::ast::Quantifier;
use crate::value::{Case, Glob, Needle, PathPrefixes, Regex, TextSet};

/// A condition or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// All of them.
    All(Vec<Condition>),
    /// Any of them.
    Any(Vec<Condition>),
    /// Not it.
    Not(Box<Condition>),
    /// A comparison.
    Test(Test),
}

/// A comparison. It is false if its operand is absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Test {
    /// What is compared.
    pub operand: Operand,
    /// With what, and how.
    pub predicate: Predicate,
}

/// Something that has a value in an event, or has none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A field.
    Field(&'static Field, Argument),
    /// A text in a transformer.
    Constant(Box<[u8]>),
    /// A list in a transformer; lists in it count by their elements. Absent if any of them is.
    Items(Vec<Operand>),
    /// Each text made into another.
    Map(Mapping, Box<Operand>),
    /// How many elements or bytes.
    Len(Box<Operand>),
    /// The second, a list, with the first between its elements.
    Join(Box<(Operand, Operand)>),
    /// End to end.
    Concat(Vec<Operand>),
    /// The options among some arguments.
    Getopt(Box<Getopt>),
}

/// What makes one text into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in the language")]
pub enum Mapping {
    ToLower,
    ToUpper,
    Base64,
    Basename,
}

/// A scan for short options.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Getopt {
    /// The list that is scanned.
    pub arguments: Operand,
    /// Which options there are, as for `getopt(3)`.
    pub options: Operand,
    /// The one that is wanted; without it all are.
    pub selected: Option<u8>,
}

/// What is asked of a value. `O` is how another operand is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Predicate<O = Operand> {
    /// That it is there.
    Exists,
    /// Of a text.
    Text(TextTest),
    /// Of a text: that it is one of these.
    In(TextSet),
    /// Of a list: that each element is one of these.
    Subset(TextSet),
    /// Of a list: that some element is one of these.
    Overlaps(TextSet),
    /// Of a text: that so many of the tests hold.
    Quantified(Quantifier, Vec<TextTest>),
    /// Of a number.
    Number(Ordering, u64),
    /// Of a number: that it is one of these.
    NumberIn(Box<[u64]>),
    /// Of a number: that so many of the comparisons hold.
    NumberQuantified(Quantifier, Ordering, Box<[u64]>),
    /// How it relates to another value; false if that is absent.
    Related(Relation, O),
}

/// What is asked of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// How it stands to another, byte by byte.
    Ordered(Ordering, Box<[u8]>),
    /// That another stands in it.
    Contains(Needle),
    /// The same, whatever the case; this one is in lower case.
    ContainsFolded(Box<[u8]>),
    /// That another stands at its start.
    StartsWith(Box<[u8]>),
    /// That another stands at its end.
    EndsWith(Box<[u8]>),
    /// That it matches.
    Glob(Glob),
    /// That it matches.
    Regex(Regex),
    /// That it lies at or below one of these.
    Below(PathPrefixes),
}

/// `=`, `!=`, `<`, `<=`, `>`, `>=`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "said above")]
pub enum Ordering {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// How a value relates to another that is known only with the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in the language")]
pub enum Relation {
    Ordered(Ordering),
    Contains,
    ContainsFolded,
    StartsWith,
    EndsWith,
    Glob(Case),
    In,
    Intersects,
}

impl Ordering {
    /// Whether it is what `found` says.
    #[must_use]
    pub fn holds(self, found: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::NotEqual => found.is_ne(),
            Self::Less => found.is_lt(),
            Self::AtMost => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::AtLeast => found.is_ge(),
        }
    }
}

impl Operand {
    /// The type of its value, or of each element.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Field(field, _) => field.kind,
            Self::Len(_) => Kind::Number,
            _ => Kind::Text,
        }
    }

    /// One value or a list.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self {
            Self::Field(field, _) => field.shape,
            Self::Map(_, inner) => inner.shape(),
            Self::Items(_) => Shape::List,
            Self::Getopt(getopt) if getopt.selected.is_none() => Shape::List,
            _ => Shape::Single,
        }
    }

    /// The fields in it.
    pub fn fields(&self) -> Vec<(&'static Field, &Argument)> {
        let mut found = Vec::new();
        self.visit_fields(&mut |field, argument| found.push((field, argument)));
        found
    }

    fn visit_fields<'a>(&'a self, visit: &mut impl FnMut(&'static Field, &'a Argument)) {
        match self {
            Self::Field(field, argument) => visit(field, argument),
            Self::Constant(_) => {}
            Self::Items(items) | Self::Concat(items) => {
                items.iter().for_each(|item| item.visit_fields(visit))
            }
            Self::Map(_, inner) | Self::Len(inner) => inner.visit_fields(visit),
            Self::Join(both) => [&both.0, &both.1].into_iter().for_each(|part| part.visit_fields(visit)),
            Self::Getopt(getopt) => {
                [&getopt.arguments, &getopt.options].into_iter().for_each(|part| part.visit_fields(visit));
            }
        }
    }
}
