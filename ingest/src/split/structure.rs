//! Where something that is no JSON ends all the same, by what structure it has: strings, brackets, lines, words.

use memchr::memchr_iter;

use super::scan::end_of_string;

/// Where the counting of brackets begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// In front of the opening bracket.
    Outside,
    /// Behind it.
    Inside,
}

/// The end of what stands in brackets, behind the closing one; `None` where it does not close before `limit`. The kinds
/// of brackets are not told apart: broken text is as likely to have the wrong one as to have none.
pub(super) fn end(bytes: &[u8], start: usize, limit: usize, from: Depth) -> Option<usize> {
    let mut depth = match from {
        Depth::Outside => 0_usize,
        Depth::Inside => 1,
    };
    let mut at = start;
    while at < limit {
        match bytes.get(at)? {
            b'"' => at = end_of_string(bytes.get(..limit)?, at.saturating_add(1))?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at.saturating_add(1));
                }
            }
            _ => {}
        }
        at = at.saturating_add(1);
    }
    None
}

/// The first line behind `start` that begins with an opening bracket; the end of the bytes where there is none. Such a
/// line is where the next value of JSON lines begins, whatever became of the one before.
pub(super) fn next_line(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    memchr_iter(b'\n', rest)
        .map(|newline| start.saturating_add(newline).saturating_add(1))
        .find(|line| matches!(bytes.get(*line), Some(b'{' | b'[')))
        .unwrap_or(bytes.len())
}

/// The end of a word of plain garbage: at white space, or where a value may begin or end.
pub(super) fn end_of_word(bytes: &[u8], start: usize) -> usize {
    let behind = start.saturating_add(1);
    let rest = bytes.get(behind..).unwrap_or_default();
    let ends =
        |byte: &u8| matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | b'{' | b'}' | b'[' | b']' | b',' | b'"');
    behind.saturating_add(rest.iter().position(ends).unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_close_where_strings_allow() {
        for (text, ends_at) in [
            ("{}x", Some(2)),
            ("{a[b{c}d]}x", Some(10)),
            ("{\"}\\\"}\"}x", Some(8)),
            ("{]x", Some(2)),
            ("{", None),
            ("{\"}", None),
            ("", None),
        ] {
            assert_eq!(end(text.as_bytes(), 0, text.len(), Depth::Outside), ends_at, "{text}");
        }
        assert_eq!(end(b"{{}}", 1, 4, Depth::Inside), Some(4));
        assert_eq!(end(b"{\"a\"}", 0, 3, Depth::Outside), None, "the limit lies inside a string");
    }

    #[test]
    fn lines_and_words_end() {
        assert_eq!(next_line(b"{a\nb\n {\n[1", 0), 8);
        assert_eq!(next_line(b"{a\n", 0), 3);
        assert_eq!(end_of_word(b"hello world", 0), 5);
        assert_eq!(end_of_word(b"]]", 0), 1);
        assert_eq!(end_of_word(b"x", 0), 1);
    }
}
