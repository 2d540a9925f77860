//! A document with line breaks and indentation, if it is strict JSON; the reader takes more than that.

use crate::event::{Json, Kind};

/// More than this is not worth its memory: deep in a document each value comes with hundreds of blanks.
const MAX_LEN: usize = 256 << 20;

/// `value` with two blanks for every level.
pub(super) fn indented(value: Json<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    write(value, 0, &mut out)?;
    Some(out)
}

fn write(value: Json<'_>, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    match value.kind() {
        Kind::Object => write_all(b"{}", value.members(), depth, out, |(key, value), out| {
            quoted(key, out)?;
            out.extend_from_slice(b": ");
            write(value, depth + 1, out)
        }),
        Kind::Array => {
            write_all(b"[]", value.elements(), depth, out, |value, out| write(value, depth + 1, out))
        }
        Kind::String => quoted(value, out),
        Kind::Number if !is_strict_number(value.source()) => None,
        _ => {
            out.extend_from_slice(value.source());
            Some(())
        }
    }
}

fn write_all<T>(
    brackets: &[u8; 2],
    items: impl Iterator<Item = T>,
    depth: usize,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    let [open, close] = *brackets;
    out.push(open);
    let mut any = false;
    for item in items {
        if any {
            out.push(b',');
        }
        any = true;
        if out.len() > MAX_LEN {
            return None;
        }
        break_line(depth + 1, out);
        write(item, out)?;
    }
    if any {
        break_line(depth, out);
    }
    out.push(close);
    Some(())
}

fn break_line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

fn quoted(string: Json<'_>, out: &mut Vec<u8>) -> Option<()> {
    if !is_strict_string(string.source()) {
        return None;
    }
    out.push(b'"');
    out.extend_from_slice(string.source());
    out.push(b'"');
    Some(())
}

fn is_strict_string(source: &[u8]) -> bool {
    let mut rest = source;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = match (byte, behind) {
            (0..0x20, _) => return false,
            (b'\\', [b'u', digits @ ..]) => match digits.split_at_checked(4) {
                Some((digits, behind)) if digits.iter().all(u8::is_ascii_hexdigit) => behind,
                _ => return false,
            },
            (b'\\', [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', behind @ ..]) => behind,
            (b'\\', _) => return false,
            (_, behind) => behind,
        };
    }
    true
}

fn is_strict_number(source: &[u8]) -> bool {
    let unsigned = source.strip_prefix(b"-").unwrap_or(source);
    let behind = match unsigned {
        [b'0', behind @ ..] => behind,
        _ => match behind_digits(unsigned) {
            Some(behind) => behind,
            None => return false,
        },
    };
    let behind = match behind.strip_prefix(b".") {
        Some(fraction) => match behind_digits(fraction) {
            Some(behind) => behind,
            None => return false,
        },
        None => behind,
    };
    match behind {
        [] => true,
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            behind_digits(exponent).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

/// What follows at least one digit.
fn behind_digits(text: &[u8]) -> Option<&[u8]> {
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if len == 0 { None } else { text.get(len..) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Tape;

    fn indent(document: &str) -> Option<String> {
        let mut tape = Tape::default();
        indented(tape.read(document.as_bytes()).expect("readable"))
            .map(|text| String::from_utf8(text).expect("UTF-8"))
    }

    #[test]
    fn indents() {
        let expected = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}";
        assert_eq!(indent(r#"{"a":[1,{}],"b":[ ]}"#).as_deref(), Some(expected));
    }

    #[test]
    fn only_strict_json() {
        for number in ["-0", "10", "1.5", "1e5", "0.1E-2"] {
            assert!(indent(number).is_some(), "{number}");
        }
        for document in ["01", "1.", "+1", "NaN", "1.2.3", "[\"\\q\"]", "\"\\u12\"", "\"\u{1}\"", "-", "1e"] {
            assert!(indent(document).is_none(), "{document}");
        }
    }
}
