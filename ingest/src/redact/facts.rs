//! The first walk over an event: which resource it is about, and where in it stand objects whose kind is known.
//! A kind may stand behind what it is the kind of, so that a second walk is needed to act on it.

use std::ops::Range;

use super::text::{spells, text};
use crate::split::scan::{Fault, MAX_DEPTH, Scanner, Turn};

/// What an event is about.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Each as often as it is said, so that nothing is hidden by saying it twice.
    resources: Vec<Vec<u8>>,
    subresources: Vec<Vec<u8>>,
    /// In the order of their places.
    pub(super) marks: Vec<Mark>,
}

/// An object of a known kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    /// Where its `{` stands.
    pub(super) start: usize,
    pub(super) kind: Kind,
}

/// The kinds of objects that hold secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Secret,
    SecretList,
    TokenRequest,
    TokenReview,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Secret, Self::SecretList, Self::TokenRequest, Self::TokenReview];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::SecretList => "SecretList",
            Self::TokenRequest => "TokenRequest",
            Self::TokenReview => "TokenReview",
        }
    }
}

impl Facts {
    /// Whether a path for this resource is about the event.
    pub(super) fn concern(&self, resource: Option<(&str, Option<&str>)>) -> bool {
        let said = |list: &[Vec<u8>], name: &str| list.iter().any(|said| said == name.as_bytes());
        resource.is_none_or(|(resource, sub)| {
            said(&self.resources, resource) && sub.is_none_or(|sub| said(&self.subresources, sub))
        })
    }

    /// No API server spells its own keys like this: whatever is said there, something else may be meant.
    fn doubt(&mut self, key: &[u8], name: &str) {
        if key != name.as_bytes() {
            self.resources.push(Vec::new());
        }
    }

    /// Whether the event is about ConfigMaps, and nothing else is said of it.
    pub(super) fn concern_only_configmaps(&self) -> bool {
        !self.resources.is_empty() && self.resources.iter().all(|resource| resource == b"configmaps")
    }
}

/// Finds out about the object that begins at `start`.
pub(super) fn of_object(bytes: &[u8], start: usize) -> Result<Facts, Fault> {
    let mut reader = Reader { bytes, scanner: Scanner::new(bytes, start), facts: Facts::default() };
    reader.value(MAX_DEPTH, Place::Top)?;
    reader.facts.marks.sort_unstable();
    reader.facts.marks.dedup();
    Ok(reader.facts)
}

struct Reader<'a> {
    bytes: &'a [u8],
    scanner: Scanner<'a>,
    facts: Facts,
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    ObjectRef,
    Elsewhere,
}

impl Reader<'_> {
    fn value(&mut self, room: u16, place: Place) -> Result<(), Fault> {
        match (self.scanner.peek(), room.checked_sub(1)) {
            (Some(b'{'), Some(inside)) => self.object(inside, place),
            (Some(b'['), Some(inside)) => self.array(inside),
            _ => self.scanner.value(room),
        }
    }

    fn array(&mut self, room: u16) -> Result<(), Fault> {
        self.scanner.at += 1;
        let mut turn = Turn::First;
        while self.scanner.element(turn)? {
            turn = Turn::Later;
            self.value(room, Place::Elsewhere)?;
        }
        Ok(())
    }

    fn object(&mut self, room: u16, place: Place) -> Result<(), Fault> {
        let start = self.scanner.at;
        self.scanner.at += 1;
        let mut turn = Turn::First;
        while let Some(key) = self.scanner.member(turn)? {
            turn = Turn::Later;
            let key = self.bytes.get(key).unwrap_or_default();
            if self.scanner.peek() == Some(b'"') {
                let value = self.scanner.string()?;
                self.note(start, place, (key, value));
            } else if place == Place::Top && spells(key, "objectRef") {
                self.facts.doubt(key, "objectRef");
                self.value(room, Place::ObjectRef)?;
            } else {
                self.value(room, Place::Elsewhere)?;
            }
        }
        Ok(())
    }

    /// Notes what a member says that is text.
    fn note(&mut self, start: usize, place: Place, (key, value): (&[u8], Range<usize>)) {
        let value = self.bytes.get(value).unwrap_or_default();
        if place == Place::ObjectRef && spells(key, "resource") {
            self.facts.doubt(key, "resource");
            self.facts.resources.push(text(value).into_owned());
        } else if place == Place::ObjectRef && spells(key, "subresource") {
            self.facts.subresources.push(text(value).into_owned());
        } else if spells(key, "kind") {
            let value = text(value);
            let kind = Kind::ALL.into_iter().find(|kind| kind.name().as_bytes() == value.as_ref());
            self.facts.marks.extend(kind.map(|kind| Mark { start, kind }));
        }
    }
}
