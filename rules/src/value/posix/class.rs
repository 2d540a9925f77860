//! `[a-z]`, `[^[:digit:]_]`: sets of characters.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::{RegexError, escape};

/// The set at the start of `text`, and what follows.
pub(super) fn parse(text: &str) -> Result<(ClassUnicode, &str), RegexError> {
    let inside = text.strip_prefix('[').unwrap_or(text);
    let (negated, mut rest) = inside.strip_prefix('^').map_or((false, inside), |rest| (true, rest));
    let mut class = ClassUnicode::empty();
    let mut first = true;
    while first || !rest.starts_with(']') {
        if rest.is_empty() {
            return Err(RegexError::MissingBracket);
        }
        misplaced_dash(rest, first)?;
        first = false;
        rest = match named(rest)? {
            Some((members, rest)) => {
                class.union(&members);
                rest
            }
            None => {
                let (range, rest) = range(rest)?;
                class.push(range);
                rest
            }
        };
    }
    if negated {
        class.negate();
    }
    Ok((class, rest.get(1..).unwrap_or_default()))
}

/// A dash that is no range is fine only as the first or the last of a set.
fn misplaced_dash(rest: &str, first: bool) -> Result<(), RegexError> {
    let mut next = rest.chars();
    if first || next.next() != Some('-') || next.next() == Some(']') {
        return Ok(());
    }
    Err(RegexError::Range(rest.chars().take(2).collect()))
}

fn range(text: &str) -> Result<(ClassUnicodeRange, &str), RegexError> {
    let (low, rest) = member(text)?;
    let Some(behind) = rest.strip_prefix('-').filter(|behind| !behind.is_empty() && !behind.starts_with(']'))
    else {
        return Ok((ClassUnicodeRange::new(low, low), rest));
    };
    let (high, rest) = member(behind)?;
    if high < low {
        let len = text.len() - rest.len();
        return Err(RegexError::Range(text.get(..len).unwrap_or_default().to_owned()));
    }
    Ok((ClassUnicodeRange::new(low, high), rest))
}

fn member(text: &str) -> Result<(char, &str), RegexError> {
    if text.starts_with('\\') {
        return escape::parse(text);
    }
    let member = text.chars().next().ok_or(RegexError::MissingBracket)?;
    Ok((member, text.get(member.len_utf8()..).unwrap_or_default()))
}

/// `[:alpha:]` at the start of `text`.
fn named(text: &str) -> Result<Option<(ClassUnicode, &str)>, RegexError> {
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|inside| inside.split_once(":]")) else {
        return Ok(None);
    };
    let (negated, word) = name.strip_prefix('^').map_or((false, name), |word| (true, word));
    let ranges = ranges(word).ok_or_else(|| RegexError::Range(format!("[:{name}:]")))?;
    let mut class = ClassUnicode::new(ranges.iter().map(|&(low, high)| ClassUnicodeRange::new(low, high)));
    if negated {
        class.negate();
    }
    Ok(Some((class, rest)))
}

fn ranges(word: &str) -> Option<&'static [(char, char)]> {
    Some(match word {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}
