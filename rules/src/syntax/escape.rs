//! Quoted texts: what their escapes mean, and how to write them.

/// An escape that the language does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadEscape {
    /// What stands behind the backslash.
    pub(super) character: char,
    /// Where the backslash stands in the text between the quotes.
    pub(super) at: usize,
}

/// The meaning of what stands between two `delimiter`s.
pub(super) fn unescape(inner: &str, delimiter: char) -> Result<String, BadEscape> {
    let mut value = String::with_capacity(inner.len());
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        // A text cannot end in a lone backslash: its closing quote would have been escaped.
        if let Some((_, escaped)) = characters.next() {
            value.push(meaning(escaped, delimiter).ok_or(BadEscape { character: escaped, at })?);
        }
    }
    Ok(value)
}

fn meaning(escaped: char, delimiter: char) -> Option<char> {
    match escaped {
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        // A backslash before a space stands for itself and swallows the space: old rules rely on it.
        ' ' | '\\' => Some('\\'),
        '/' => Some('/'),
        '"' | '\'' if escaped == delimiter => Some(escaped),
        _ => None,
    }
}

/// `value` in double quotes, with escapes where needed.
pub(super) fn quote(value: &str, out: &mut String) {
    out.push('"');
    for character in value.chars() {
        match character {
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_mean_what_the_language_says() {
        assert_eq!(unescape(r"a\n\t\\\/\b\f\r", '"').unwrap(), "a\n\t\\/\u{8}\u{c}\r");
        assert_eq!(unescape(r#"say \"hi\""#, '"').unwrap(), r#"say "hi""#);
        assert_eq!(unescape(r"it\'s", '\'').unwrap(), "it's");
        assert_eq!(unescape(r"a\ b", '"').unwrap(), r"a\b");
    }

    #[test]
    fn other_escapes_are_refused() {
        for (inner, character) in
            [(r"a\.b", '.'), (r"\d", 'd'), (r"\x41", 'x'), (r"\u0041", 'u'), (r"\'", '\'')]
        {
            assert_eq!(unescape(inner, '"').unwrap_err().character, character, "{inner}");
        }
    }

    #[test]
    fn quoting_undoes_itself() {
        let value = "tab\t quote\" back\\slash\nü";
        let mut quoted = String::new();
        quote(value, &mut quoted);
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
        assert_eq!(unescape(inner, '"').unwrap(), value);
    }
}
