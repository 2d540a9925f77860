//! Walks over JSON without building anything: says where a value ends, or where and why it is none.
//!
//! As lenient as Falco's parser: strings may hold raw control characters and any escape, a number is any run of number
//! characters (`1.2.3`), and `NaN` and `Inf` are numbers. Text is not checked for UTF-8.

use std::ops::Range;

use memchr::memchr2;

/// How deep values may be nested, counting the outermost.
pub(crate) const MAX_DEPTH: u16 = 300;

/// Where bytes stop being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// Something else was expected here.
    Expected(&'static str),
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// A place in some bytes.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
}

/// Which member or element of its container is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    First,
    Later,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(crate) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// Reads a value that may be `room` levels deep.
    pub(crate) fn value(&mut self, room: u16) -> Result<(), Fault> {
        let Some(inside) = room.checked_sub(1) else {
            return Err(Fault { at: self.at, kind: FaultKind::TooDeep });
        };
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => self.object(inside),
            Some(b'[') => self.array(inside),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') if self.starts_with(b"null") => self.word(b"null"),
            Some(_) => self.number(),
            None => self.fault("a value"),
        }
    }

    /// Reads on to the next key of an object and over its colon; the key without its quotes, or none at the object's
    /// end. Stands behind the `{` at first.
    pub(crate) fn member(&mut self, turn: Turn) -> Result<Option<Range<usize>>, Fault> {
        self.skip_space();
        match (self.peek(), turn) {
            (Some(b'}'), _) => {
                self.at += 1;
                return Ok(None);
            }
            (Some(b','), Turn::Later) => {
                self.at += 1;
                self.skip_space();
            }
            (_, Turn::Later) => return self.fault("`,` or `}`"),
            (_, Turn::First) => {}
        }
        if self.peek() != Some(b'"') {
            return self.fault("a key in double quotes");
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return self.fault("`:`");
        }
        self.at += 1;
        self.skip_space();
        Ok(Some(key))
    }

    /// Reads on to the next element of an array; `false` at the array's end. Stands behind the `[` at first.
    pub(crate) fn element(&mut self, turn: Turn) -> Result<bool, Fault> {
        self.skip_space();
        match (self.peek(), turn) {
            (Some(b']'), _) => {
                self.at += 1;
                return Ok(false);
            }
            (Some(b','), Turn::Later) => {
                self.at += 1;
                self.skip_space();
            }
            (_, Turn::Later) => return self.fault("`,` or `]`"),
            (_, Turn::First) => {}
        }
        Ok(true)
    }

    /// Reads the rest of an object, from behind one of its members.
    pub(crate) fn rest_of_object(&mut self, room: u16) -> Result<(), Fault> {
        while self.member(Turn::Later)?.is_some() {
            self.value(room)?;
        }
        Ok(())
    }

    /// Reads a string from its opening quote on; what stands between the quotes.
    pub(crate) fn string(&mut self) -> Result<Range<usize>, Fault> {
        let start = self.at.saturating_add(1);
        match end_of_string(self.bytes, start) {
            Some(end) => {
                self.at = end.saturating_add(1);
                Ok(start..end)
            }
            None => {
                self.at = self.bytes.len();
                self.fault("the closing quote of a string")
            }
        }
    }

    fn object(&mut self, room: u16) -> Result<(), Fault> {
        self.at += 1;
        let mut turn = Turn::First;
        while self.member(turn)?.is_some() {
            turn = Turn::Later;
            self.value(room)?;
        }
        Ok(())
    }

    fn array(&mut self, room: u16) -> Result<(), Fault> {
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(room)?;
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return self.fault("`,` or `]`"),
            }
            self.skip_space();
        }
        self.at += 1;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let digits = rest.iter().take_while(|byte| is_of_number(**byte)).count();
        let is_sign = matches!(rest.get(..digits), Some(b"" | b"-" | b"+"));
        let word = rest.get(digits..digits.saturating_add(3)).unwrap_or_default();
        if is_sign && (word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan")) {
            self.at += digits + word.len();
        } else if digits > 0 {
            self.at += digits;
        } else {
            return self.fault("a value");
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        if !self.starts_with(word) {
            return self.fault("a value");
        }
        self.at += word.len();
        Ok(())
    }

    fn starts_with(&self, word: &[u8]) -> bool {
        self.rest().starts_with(word)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn fault<T>(&self, expected: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, kind: FaultKind::Expected(expected) })
    }
}

/// The place of the quote that ends the string whose text begins at `start`.
pub(crate) fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let found = at.checked_add(memchr2(b'"', b'\\', bytes.get(at..)?)?)?;
        if bytes.get(found) == Some(&b'"') {
            return Some(found);
        }
        at = found.checked_add(2)?;
    }
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<usize, Fault> {
        let mut scanner = Scanner::new(text.as_bytes(), 0);
        scanner.value(MAX_DEPTH).map(|()| scanner.at)
    }

    #[test]
    fn values_end_where_they_end() {
        for text in [
            "{}",
            "[]",
            "\"\"",
            "\"a\\\"b\"",
            "\"\\\\\"",
            "\"a\nb\\q\"",
            "true",
            "false",
            "null",
            "nan",
            "-Inf",
            "NaN",
            "1.2.3",
            "-",
            "1e9",
            "[1, 2 ,3]",
            "{\"a\" : {\"b\":[ ]} , \"c\":null}",
        ] {
            assert_eq!(read(&format!("{text} ]")), Ok(text.len()), "{text}");
        }
    }

    #[test]
    fn faults_say_where_and_what() {
        for (text, at, expected) in [
            ("", 0, "a value"),
            ("x", 0, "a value"),
            ("tru", 0, "a value"),
            ("\"a", 2, "the closing quote of a string"),
            ("\"a\\\"", 4, "the closing quote of a string"),
            ("[1", 2, "`,` or `]`"),
            ("[1,]", 3, "a value"),
            ("[1 2]", 3, "`,` or `]`"),
            ("{a:1}", 1, "a key in double quotes"),
            ("{,\"a\":1}", 1, "a key in double quotes"),
            ("{\"a\" 1}", 5, "`:`"),
            ("{\"a\":1,}", 7, "a key in double quotes"),
            ("{\"a\":1 \"b\":2}", 7, "`,` or `}`"),
            ("{\"a\":}", 5, "a value"),
        ] {
            assert_eq!(read(text), Err(Fault { at, kind: FaultKind::Expected(expected) }), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(read(&nested(300)), Ok(600));
        assert_eq!(read(&nested(301)), Err(Fault { at: 300, kind: FaultKind::TooDeep }));
        assert_eq!(read(&nested(100_000)), Err(Fault { at: 300, kind: FaultKind::TooDeep }));
    }
}
