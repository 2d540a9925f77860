//! Substrings whatever the case of their ASCII letters.

use memchr::memchr2_iter;

/// Whether `folded`, in lower case, stands in `text` in any case.
#[must_use]
pub fn contains_folded(text: &[u8], folded: &[u8]) -> bool {
    let Some(&first) = folded.first() else { return true };
    memchr2_iter(first, first.to_ascii_uppercase(), text).any(|at| {
        let candidate = text.get(at..at + folded.len());
        candidate.is_some_and(|candidate| candidate.eq_ignore_ascii_case(folded))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter() {
        assert!(contains_folded(b"xAlIcEx", b"alice"));
        assert!(contains_folded(b"x", b""));
        assert!(!contains_folded(b"alic", b"alice"));
        assert!(!contains_folded("\u{c9}".as_bytes(), "\u{e9}".as_bytes()));
        assert!(contains_folded(b"aab", b"ab"));
    }
}
