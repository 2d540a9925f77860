//! What a JSON string spells, where it matters: names of members, kinds, timestamps.

use std::borrow::Cow;

/// Longer strings are never what we look for, however they are escaped.
const LONGEST: usize = 1024;

/// The text between the quotes of a string with its escapes resolved. What cannot be resolved stays as it is.
pub(super) fn unescaped(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.len() > LONGEST || memchr::memchr(b'\\', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, behind @ ..] = rest {
        rest = if *first == b'\\' {
            resolve(behind, &mut text)
        } else {
            text.push(*first);
            behind
        };
    }
    Cow::Owned(text)
}

/// Resolves the escape whose backslash was just read; what stands behind it.
fn resolve<'a>(escape: &'a [u8], text: &mut Vec<u8>) -> &'a [u8] {
    if let Some((character, behind)) = unicode(escape) {
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return behind;
    }
    let [letter, behind @ ..] = escape else {
        text.push(b'\\');
        return escape;
    };
    match letter {
        b'"' | b'\\' | b'/' => text.push(*letter),
        b'b' => text.push(8),
        b'f' => text.push(12),
        b'n' => text.push(b'\n'),
        b'r' => text.push(b'\r'),
        b't' => text.push(b'\t'),
        _ => text.extend_from_slice(&[b'\\', *letter]),
    }
    behind
}

/// A `uXXXX` that stands for a character by itself; nothing that we look for needs a pair of surrogates.
fn unicode(escape: &[u8]) -> Option<(char, &[u8])> {
    let digits = escape.strip_prefix(b"u")?;
    let (digits, behind) = digits.split_at_checked(4)?;
    let mut code = 0;
    for digit in digits {
        code = code * 16 + char::from(*digit).to_digit(16)?;
    }
    Some((char::from_u32(code)?, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        for (raw, text) in [
            ("kind", "kind"),
            ("\\u006bind", "kind"),
            ("k\\u0069\\u006E\\u0064", "kind"),
            ("a\\\"b\\\\c\\/d\\n\\t\\r\\b\\f", "a\"b\\c/d\n\t\r\u{8}\u{c}"),
            ("\\u00e9", "é"),
            ("\\q\\u12\\ud800", "\\q\\u12\\ud800"),
            ("end\\", "end\\"),
        ] {
            assert_eq!(unescaped(raw.as_bytes()), text.as_bytes(), "{raw}");
        }
    }
}
