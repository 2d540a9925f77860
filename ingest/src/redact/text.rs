//! What a JSON string spells, as Go's decoder reads it, and whether that is a name we look for.

use std::borrow::Cow;

/// The text between the quotes of a string with its escapes resolved; what no character belongs to is U+FFFD, as in Go.
pub(super) fn text(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        text.extend_from_slice(plain);
        rest = resolve(escape.get(1..).unwrap_or_default(), &mut text);
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

/// Whether a string spells a name, in any case: the way in which Go's decoder compares keys, which takes `ſ` for an `s`
/// and the Kelvin sign for a `k`.
pub(super) fn spells(raw: &[u8], name: &str) -> bool {
    if raw.iter().all(|byte| byte.is_ascii() && *byte != b'\\') {
        return raw.eq_ignore_ascii_case(name.as_bytes());
    }
    fold(&String::from_utf8_lossy(&text(raw))) == fold(name)
}

/// A text in lower case, so that two that Go takes for the same key are the same.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(folded).collect()
}

fn folded(character: char) -> char {
    match character {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// Resolves the escape whose backslash was just read; what stands behind it.
fn resolve<'a>(escape: &'a [u8], text: &mut Vec<u8>) -> &'a [u8] {
    let [letter, behind @ ..] = escape else {
        text.push(b'\\');
        return escape;
    };
    match letter {
        b'u' => return unicode(behind, text),
        b'b' => text.push(8),
        b'f' => text.push(12),
        b'n' => text.push(b'\n'),
        b'r' => text.push(b'\r'),
        b't' => text.push(b'\t'),
        // A quote, a backslash, a slash; and what Go refuses.
        other => text.push(*other),
    }
    behind
}

/// Resolves what stands behind `\u`, which may be half of a pair.
fn unicode<'a>(digits: &'a [u8], text: &mut Vec<u8>) -> &'a [u8] {
    let Some((first, behind)) = code(digits) else {
        text.extend_from_slice(b"\\u");
        return digits;
    };
    let pair = behind.strip_prefix(b"\\u").and_then(code);
    let both = pair.and_then(|(second, behind)| Some((joined(first, second)?, behind)));
    let (character, behind) =
        both.unwrap_or_else(|| (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), behind));
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    behind
}

fn code(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, behind) = digits.split_at_checked(4)?;
    let mut code = 0;
    for digit in digits {
        code = code * 16 + char::from(*digit).to_digit(16)?;
    }
    Some((code, behind))
}

/// The character of a pair of surrogates.
fn joined(high: u32, low: u32) -> Option<char> {
    let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
    is_pair.then(|| char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_spell_what_serde_reads() {
        for raw in [
            r"plain é",
            r"\u0064ata",
            r#"a\"b\\c\/d\n\t\r\b\f"#,
            r"\ud83d\ude00 and \uD83D\uDE00",
            r"é\u00e9",
        ] {
            let expected: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
            assert_eq!(text(raw.as_bytes()), expected.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn what_is_no_character_is_replaced_or_stays() {
        for (raw, expected) in [
            (r"\ud800", "\u{fffd}"),
            (r"\ud800x", "\u{fffd}x"),
            (r"\ud800\u0061", "\u{fffd}a"),
            (r"\u12", r"\u12"),
            (r"\q", "q"),
            ("end\\", "end\\"),
        ] {
            assert_eq!(text(raw.as_bytes()), expected.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn names_are_known_however_they_are_spelled() {
        for raw in [
            "stringData",
            "STRINGDATA",
            r"\u0073tringData",
            r"string\u0044\u0061ta",
            "ſtringData",
            r"\u017ftringdata",
        ] {
            assert!(spells(raw.as_bytes(), "stringData"), "{raw}");
        }
        assert!(spells("\u{212a}ind".as_bytes(), "kind"));
        for raw in ["strngData", "stringDatа", "stringData ", r"stringData\u0000", ""] {
            assert!(!spells(raw.as_bytes(), "stringData"), "{raw}");
        }
    }
}
