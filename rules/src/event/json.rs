//! The tape: a JSON document as a flat list of nodes that point into its bytes, and the view of one value in it.

use std::ops::Range;

use super::NotAnEvent;
use super::reader::Reader;

/// The nodes of one document, in document order. Its memory is used again for the next document.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
}

/// One value, or the key of a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// A string with escapes; an object with an escaped key; a container with blanks between its tokens.
    pub(super) rough: bool,
    /// Its bytes in the document: of a string what stands between the quotes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The node behind this one and everything in it.
    pub(super) next: usize,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in JSON")]
pub enum Kind {
    Null,
    True,
    False,
    Number,
    String,
    Array,
    Object,
}

/// One value of a document.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a> {
    pub(super) bytes: &'a [u8],
    nodes: &'a [Node],
    node: Node,
    at: usize,
}

impl Tape {
    /// Reads a document.
    pub fn read<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Json<'a>, NotAnEvent> {
        self.nodes.clear();
        Reader::new(bytes, &mut self.nodes).document()?;
        let top = self.nodes.first().copied().ok_or(NotAnEvent::Broken { what: "nothing", at: 0 })?;
        Ok(Json { bytes, nodes: &self.nodes, node: top, at: 0 })
    }
}

impl<'a> Json<'a> {
    /// The value `null`, for where there is no document.
    #[must_use]
    pub fn null() -> Self {
        let node = Node { kind: Kind::Null, rough: false, start: 0, end: 4, next: 1 };
        Self { bytes: b"null", nodes: &[], node, at: 0 }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.node.kind
    }

    /// The member of an object by its key, the first if there are several; the element of an array by its
    /// decimal index.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Self> {
        match self.node.kind {
            Kind::Object => self.member(key),
            Kind::Array => self.elements().nth(decimal_index(key)?),
            _ => None,
        }
    }

    /// What [`Json::get`] finds key by key.
    #[must_use]
    pub fn path<K: AsRef<[u8]>>(&self, keys: &[K]) -> Option<Self> {
        keys.iter().try_fold(*self, |value, key| value.get(key.as_ref()))
    }

    /// The elements of an array; nothing for anything else.
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        let inside = if self.node.kind == Kind::Array { self.inside() } else { 0..0 };
        Elements { of: *self, inside }
    }

    /// The members of an object as key and value; nothing for anything else.
    #[must_use]
    pub fn members(&self) -> Members<'a> {
        let inside = if self.node.kind == Kind::Object { self.inside() } else { 0..0 };
        Members { values: Elements { of: *self, inside } }
    }

    /// Its bytes: of a string what stands between the quotes, escapes and all.
    #[must_use]
    pub fn source(&self) -> &'a [u8] {
        self.bytes.get(self.place()).unwrap_or_default()
    }

    /// Where [`Json::source`] stands in the document.
    pub(crate) fn place(&self) -> Range<usize> {
        self.node.start..self.node.end
    }

    /// Whether [`Json::source`] differs from its text.
    pub(super) fn is_rough(&self) -> bool {
        self.node.rough
    }

    fn member(&self, key: &[u8]) -> Option<Self> {
        let plain = || self.find_member(|name| name.len() == key.len() && name == key);
        if !self.node.rough {
            return plain();
        }
        // An escaped key counts only where no key is written like this.
        let written = if key.contains(&b'\\') { None } else { plain() };
        written.or_else(|| self.members().find(|(name, _)| name.has_text(key)).map(|(_, value)| value))
    }

    fn find_member(&self, is_it: impl Fn(&[u8]) -> bool) -> Option<Self> {
        let mut at = self.at + 1;
        while at < self.node.next {
            let name = self.nodes.get(at)?;
            let node = self.nodes.get(at + 1)?;
            if is_it(self.bytes.get(name.start..name.end)?) {
                return Some(Self { node: *node, at: at + 1, ..*self });
            }
            at = node.next;
        }
        None
    }

    fn has_text(&self, text: &[u8]) -> bool {
        match self.plain() {
            Some(plain) => plain == text,
            None => self.to_text() == text,
        }
    }

    fn inside(&self) -> Range<usize> {
        self.at + 1..self.node.next
    }

    fn nth(&self, at: usize) -> Option<Self> {
        let node = self.nodes.get(at).copied()?;
        Some(Self { node, at, ..*self })
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    of: Json<'a>,
    inside: Range<usize>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        if self.inside.is_empty() {
            return None;
        }
        let value = self.of.nth(self.inside.start)?;
        self.inside.start = value.node.next;
        Some(value)
    }
}

/// The members of an object.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    values: Elements<'a>,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Json<'a>, Json<'a>);

    fn next(&mut self) -> Option<(Json<'a>, Json<'a>)> {
        Some((self.values.next()?, self.values.next()?))
    }
}

/// An index as Go reads one: a sign and leading zeros are fine.
fn decimal_index(key: &[u8]) -> Option<usize> {
    let digits = key.strip_prefix(b"+").or_else(|| zero_below(key)).unwrap_or(key);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse::<i64>().ok()?.try_into().ok()
}

/// `-0` is zero too.
fn zero_below(key: &[u8]) -> Option<&[u8]> {
    key.strip_prefix(b"-").filter(|digits| digits.iter().all(|&digit| digit == b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(document: &str, path: &[&str]) -> Option<String> {
        let mut tape = Tape::default();
        let top = tape.read(document.as_bytes()).expect("JSON");
        top.path(path).map(|value| String::from_utf8(value.to_text()).expect("UTF-8"))
    }

    #[test]
    fn walks_objects_and_arrays() {
        let document = r#"{"a":{"b":[1,{"c":"x"},[]]},"d":null}"#;
        assert_eq!(at(document, &["a", "b", "1", "c"]).as_deref(), Some("x"));
        assert_eq!(at(document, &["a", "b", "+01", "c"]).as_deref(), Some("x"));
        assert_eq!(at(document, &["a", "b", "-0"]).as_deref(), Some("1"));
        assert_eq!(at(document, &["a", "b", "3"]), None);
        assert_eq!(at(document, &["a", "b", "x"]), None);
        assert_eq!(at(document, &["d"]).as_deref(), Some("null"));
        assert_eq!(at(document, &["d", "e"]), None);
    }

    #[test]
    fn finds_escaped_keys_only_after_plain_ones() {
        assert_eq!(at(r#"{"\u0061":1}"#, &["a"]).as_deref(), Some("1"));
        assert_eq!(at(r#"{"\u0061":1,"a":2}"#, &["a"]).as_deref(), Some("2"));
        assert_eq!(at(r#"{"x\\y":1}"#, &["x\\y"]).as_deref(), Some("1"));
    }
}
