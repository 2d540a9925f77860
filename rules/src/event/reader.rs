//! The reader: one pass over the bytes of a document, as lenient as the one Falco uses.
//!
//! Numbers may look like `1.2.3`, `NaN` and `+Inf` are numbers, strings may hold control characters and any
//! escape, bytes need not be UTF-8. Comments and trailing commas are errors, and so is nesting deeper than 300.

use memchr::memchr2;

use super::NotAnEvent;
use super::json::{Kind, Node};

/// How deep values may stand in one another.
const MAX_DEPTH: usize = 300;

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Blanks between tokens so far.
    blanks: usize,
    nodes: &'a mut Vec<Node>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], nodes: &'a mut Vec<Node>) -> Self {
        Self { bytes, at: 0, blanks: 0, nodes }
    }

    /// One value with nothing but blanks around it.
    pub(super) fn document(mut self) -> Result<(), NotAnEvent> {
        self.skip_blanks();
        self.value(1)?;
        self.skip_blanks();
        match self.peek() {
            None => Ok(()),
            Some(_) => self.broken("something behind the document"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), NotAnEvent> {
        if depth > MAX_DEPTH {
            return self.broken("nested deeper than 300");
        }
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b't') => self.word(b"true", Kind::True),
            Some(b'f') => self.word(b"false", Kind::False),
            Some(b'n') if self.rest().starts_with(b"null") => self.word(b"null", Kind::Null),
            Some(_) => self.number(),
            None => self.broken("a value is missing"),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), NotAnEvent> {
        let open = self.open(Kind::Object);
        let mut escaped_key = false;
        self.skip_blanks();
        if self.take(b'}') {
            return self.close(open, false);
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return self.broken("a key is missing");
            }
            escaped_key |= self.string()?;
            self.skip_blanks();
            if !self.take(b':') {
                return self.broken("':' is missing behind a key");
            }
            self.skip_blanks();
            self.value(depth + 1)?;
            self.skip_blanks();
            if self.take(b'}') {
                return self.close(open, escaped_key);
            }
            if !self.take(b',') {
                return self.broken("',' or '}' is missing in an object");
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), NotAnEvent> {
        let open = self.open(Kind::Array);
        self.skip_blanks();
        if self.take(b']') {
            return self.close(open, false);
        }
        loop {
            self.skip_blanks();
            self.value(depth + 1)?;
            self.skip_blanks();
            if self.take(b']') {
                return self.close(open, false);
            }
            if !self.take(b',') {
                return self.broken("',' or ']' is missing in an array");
            }
        }
    }

    /// A string or key; whether it has escapes.
    fn string(&mut self) -> Result<bool, NotAnEvent> {
        let start = self.at + 1;
        let mut escaped = false;
        let mut from = start;
        while let Some(at) = quote_or_backslash(self.bytes, from) {
            if self.bytes.get(at) == Some(&b'"') {
                self.at = at + 1;
                self.leaf(Kind::String, escaped, start, at);
                return Ok(escaped);
            }
            escaped = true;
            from = at + 2;
        }
        self.broken("a string does not end")
    }

    fn number(&mut self) -> Result<(), NotAnEvent> {
        let start = self.at;
        let rest = self.rest();
        let len = rest.iter().take_while(|&&byte| is_number_byte(byte)).count();
        let end = start + len;
        if len == 0 || (len == 1 && matches!(rest.first(), Some(b'-' | b'+'))) {
            if let Some(word) = self.bytes.get(end..end + 3)
                && (word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan"))
            {
                return self.leaf_to(Kind::Number, end + 3);
            }
            if len == 0 || end < self.bytes.len() {
                return self.broken("no value starts like this");
            }
        }
        self.leaf_to(Kind::Number, end)
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), NotAnEvent> {
        if !self.rest().starts_with(word) {
            return self.broken("no value starts like this");
        }
        self.leaf_to(kind, self.at + word.len())
    }

    fn leaf_to(&mut self, kind: Kind, end: usize) -> Result<(), NotAnEvent> {
        self.leaf(kind, false, self.at, end);
        self.at = end;
        Ok(())
    }

    fn leaf(&mut self, kind: Kind, rough: bool, start: usize, end: usize) {
        let next = self.nodes.len() + 1;
        self.nodes.push(Node { kind, rough, start, end, next });
    }

    fn open(&mut self, kind: Kind) -> Open {
        let node = self.nodes.len();
        self.nodes.push(Node { kind, rough: false, start: self.at, end: self.at, next: node + 1 });
        self.at += 1;
        Open { node, blanks: self.blanks }
    }

    fn close(&mut self, open: Open, escaped_key: bool) -> Result<(), NotAnEvent> {
        let next = self.nodes.len();
        let rough = escaped_key || self.blanks != open.blanks;
        if let Some(node) = self.nodes.get_mut(open.node) {
            (node.end, node.next, node.rough) = (self.at, next, rough);
        }
        Ok(())
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
            self.blanks += 1;
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn broken<T>(&self, what: &'static str) -> Result<T, NotAnEvent> {
        Err(NotAnEvent::Broken { what, at: self.at })
    }
}

/// Where the next quote or backslash stands. Strings are short: the first bytes are looked at eight at a time, before
/// the machinery for long ones is started.
#[inline]
fn quote_or_backslash(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let (words, _) = rest.as_chunks::<8>();
    for (at, word) in words.iter().take(4).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if found != 0 {
            return Some(from + at * 8 + usize::try_from(found.trailing_zeros() / 8).ok()?);
        }
    }
    let seen = words.len().min(4) * 8;
    Some(from + seen + memchr2(b'"', b'\\', rest.get(seen..)?)?)
}

const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);

/// A bit in every byte that is zero; above the lowest of them possibly in others.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(u64::from_ne_bytes([0x01; 8])) & !word & u64::from_ne_bytes([0x80; 8])
}

/// A container that is being read.
struct Open {
    node: usize,
    blanks: usize,
}

fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'.' | b'e' | b'E' | b'+')
}

#[cfg(test)]
mod tests {
    use super::super::Tape;
    use proptest::prelude::*;

    fn reads(document: &[u8]) -> bool {
        Tape::default().read(document).is_ok()
    }

    #[test]
    fn takes_what_falco_takes() {
        for document in [
            "1.2.3",
            "NaN",
            "nan",
            "-Inf",
            "+inf",
            "[\"a\u{1}b\"]",
            "\"\\q\"",
            "[]",
            " {} ",
            "1e",
            "-",
            "[1,-1]",
            "{\"a\":1,\"a\":2}",
            "\"\\\\\"",
        ] {
            assert!(reads(document.as_bytes()), "{document:?}");
        }
        assert!(reads(b"[\"\xff\xfe\"]"));
    }

    #[test]
    fn refuses_what_falco_refuses() {
        for document in [
            "",
            " ",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "[1 2]",
            "tru",
            "nul",
            "//",
            "[1] 2",
            "\"a",
            "\"\\\"",
            "[-]",
            "{\"a\"1}",
            "{\"a\":}",
            "[",
            "{",
            "\u{c}1",
        ] {
            assert!(!reads(document.as_bytes()), "{document:?}");
        }
    }

    #[test]
    fn nests_three_hundred_deep() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(reads(nested(300).as_bytes()));
        assert!(!reads(nested(301).as_bytes()));
        assert!(!reads("[".repeat(1_000_000).as_bytes()));
    }

    proptest! {
        #[test]
        fn strings_end_where_they_end(before in "[a-z\"\\\\]{0,40}", behind in "[a-z\"\\\\]{0,40}") {
            let text = format!("{before}{behind}");
            let expected = text.bytes().skip(before.len()).position(|byte| byte == b'"' || byte == b'\\');
            let found = super::quote_or_backslash(text.as_bytes(), before.len());
            prop_assert_eq!(found, expected.map(|at| before.len() + at));
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = reads(&bytes);
        }

        #[test]
        fn never_panics_on_near_json(text in "[\\[\\]{}:,\"\\\\u0-9tfnrue\\- a]{0,80}") {
            let mut tape = Tape::default();
            if let Ok(top) = tape.read(text.as_bytes()) {
                let compact = top.to_text();
                let mut again = Tape::default();
                if top.kind() != super::Kind::String {
                    prop_assert_eq!(again.read(&compact).expect("still JSON").to_text(), compact.clone());
                }
            }
        }
    }
}
