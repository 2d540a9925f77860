//! `\n`, `\x41`, `\012`, `\.`: a backslash and what it means.

use super::RegexError;

/// The character that the escape at the start of `text` stands for, and what follows.
pub(super) fn parse(text: &str) -> Result<(char, &str), RegexError> {
    let behind = text.strip_prefix('\\').unwrap_or(text);
    let first = behind.chars().next().ok_or_else(|| RegexError::Escape("\\".to_owned()))?;
    let rest = behind.get(first.len_utf8()..).unwrap_or_default();
    let simple = match first {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'a' => '\u{7}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        'x' => return hexadecimal(rest).ok_or_else(|| bad(text, 4)),
        '0' => return Ok(octal(behind)),
        // Without a second digit it would refer back to a group, which does not exist here.
        '1'..='7' if rest.starts_with(|next| matches!(next, '0'..='7')) => return Ok(octal(behind)),
        _ if first.is_ascii() && !first.is_ascii_alphanumeric() && first != '_' => first,
        _ => return Err(bad(text, 2)),
    };
    Ok((simple, rest))
}

fn bad(text: &str, len: usize) -> RegexError {
    RegexError::Escape(text.chars().take(len).collect())
}

/// Up to three octal digits.
fn octal(text: &str) -> (char, &str) {
    let len = text.bytes().take(3).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
    let (digits, rest) = text.split_at_checked(len).unwrap_or((text, ""));
    let code = u32::from_str_radix(digits, 8).ok().and_then(char::from_u32);
    (code.unwrap_or_default(), rest)
}

/// Two hexadecimal digits, or any number of them in braces.
fn hexadecimal(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = match text.strip_prefix('{') {
        Some(inside) => inside.split_once('}')?,
        None => text.split_at_checked(2)?,
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let code = if significant.is_empty() { 0 } else { u32::from_str_radix(significant, 16).ok()? };
    Some((char::from_u32(code)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(parse("\\101x"), Ok(('A', "x")));
        assert_eq!(parse("\\0128"), Ok(('\n', "8")));
        assert_eq!(parse("\\x41z"), Ok(('A', "z")));
        assert_eq!(parse("\\x{00041}z"), Ok(('A', "z")));
        assert_eq!(parse("\\.z"), Ok(('.', "z")));
        assert!(parse("\\1x").is_err() && parse("\\x{d800}").is_err());
    }
}
