//! The text of a value: of a string what it says, of anything else its JSON without blanks.

use std::borrow::Cow;

use super::json::{Json, Kind};

impl<'a> Json<'a> {
    /// Its text where that stands in the document as it is, which is nearly always.
    #[must_use]
    pub fn plain(&self) -> Option<&'a [u8]> {
        let as_is = match self.kind() {
            Kind::Array | Kind::Object | Kind::String => !self.is_rough(),
            _ => true,
        };
        as_is.then(|| self.source())
    }

    /// Its text.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        self.write_text(&mut text);
        text
    }

    /// Its text, borrowed if possible.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        self.plain().map_or_else(|| Cow::Owned(self.to_text()), Cow::Borrowed)
    }

    /// Appends its text.
    pub fn write_text(&self, out: &mut Vec<u8>) {
        match self.kind() {
            Kind::String => unescape(self.source(), out),
            _ => self.write_compact(out),
        }
    }

    /// Appends it as JSON without blanks: keys in their order, strings and numbers as they are written.
    pub fn write_compact(&self, out: &mut Vec<u8>) {
        match self.kind() {
            Kind::String => quote(self.source(), out),
            Kind::Array => {
                out.push(b'[');
                self.elements().enumerate().for_each(|(at, element)| {
                    separate(at, out);
                    element.write_compact(out);
                });
                out.push(b']');
            }
            Kind::Object => {
                out.push(b'{');
                self.members().enumerate().for_each(|(at, (key, value))| {
                    separate(at, out);
                    quote(key.source(), out);
                    out.push(b':');
                    value.write_compact(out);
                });
                out.push(b'}');
            }
            _ => out.extend_from_slice(self.source()),
        }
    }
}

fn separate(at: usize, out: &mut Vec<u8>) {
    if at > 0 {
        out.push(b',');
    }
}

fn quote(source: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(source);
    out.push(b'"');
}

/// Undoes escapes as far as they are ones; the others stay as they are.
fn unescape(mut source: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr(b'\\', source) {
        let (before, escape) = source.split_at(at);
        out.extend_from_slice(before);
        let len = unescape_one(escape, out);
        source = escape.get(len..).unwrap_or_default();
    }
    out.extend_from_slice(source);
}

/// Undoes the escape that `escape` starts with; how long it was.
fn unescape_one(escape: &[u8], out: &mut Vec<u8>) -> usize {
    let plain = match escape.get(1) {
        Some(b'"') => b'"',
        Some(b'\\') => b'\\',
        Some(b'/') => b'/',
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => return unescape_unicode(escape, out),
        Some(&other) => {
            out.extend_from_slice(&[b'\\', other]);
            return 2;
        }
        None => return 1,
    };
    out.push(plain);
    2
}

/// `\uXXXX`, and the pair of them that means one character beyond U+FFFF.
fn unescape_unicode(escape: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(unit) = code_unit(escape) else {
        out.extend_from_slice(b"\\u");
        return 2;
    };
    if !(0xd800..0xe000).contains(&unit) {
        push_char(char::from_u32(unit), out);
        return 6;
    }
    let Some(second) = escape.get(6..).filter(|rest| rest.starts_with(b"\\u")).and_then(code_unit) else {
        out.extend_from_slice(escape.get(..6).unwrap_or_default());
        return 6;
    };
    let pair = (unit < 0xdc00 && (0xdc00..0xe000).contains(&second))
        .then(|| 0x1_0000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
    push_char(pair.and_then(char::from_u32), out);
    12
}

fn code_unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.get(2..6)?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
}

fn push_char(char: Option<char>, out: &mut Vec<u8>) {
    let char = char.unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::Tape;

    fn text(document: &str) -> String {
        let mut tape = Tape::default();
        let text = tape.read(document.as_bytes()).expect("JSON").to_text();
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn undoes_escapes() {
        assert_eq!(text(r#""a\n\t\/\"\\\u00e9""#), "a\n\t/\"\\\u{e9}");
        assert_eq!(text(r#""\ud83d\ude00""#), "\u{1f600}");
    }

    #[test]
    fn keeps_what_is_no_escape() {
        assert_eq!(text(r#""\q\u12\uzzzz""#), r"\q\u12\uzzzz");
        assert_eq!(text(r#""\ud83dx""#), r"\ud83dx");
        assert_eq!(text(r#""\ud83d\u0041""#), "\u{fffd}");
        assert_eq!(text(r#""\ude00\ud83d""#), "\u{fffd}");
    }

    #[test]
    fn writes_json_without_blanks_and_otherwise_as_it_was() {
        assert_eq!(
            text("{ \"b\" : [ 1.0 , 2e2,\"\\u0041 x\" ],\n\"a\":{ } , \"n\":null}"),
            r#"{"b":[1.0,2e2,"\u0041 x"],"a":{},"n":null}"#
        );
    }
}
