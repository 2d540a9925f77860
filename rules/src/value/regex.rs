//! A compiled regular expression: POSIX syntax, matched against a whole text in linear time.

use std::hash::{Hash, Hasher};

use regex_automata::{Anchored, Input, meta};
use regex_syntax::hir::{Hir, Look};

use super::posix::{self, RegexError};

/// How large a compiled expression may be, in bytes.
const SIZE_LIMIT: usize = 10 << 20;

/// A compiled regular expression. Two of the same pattern are equal.
#[derive(Debug, Clone)]
pub struct Regex {
    pattern: String,
    compiled: meta::Regex,
}

impl Regex {
    /// Compiles `pattern`.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        let hir = posix::parse(pattern)?;
        let whole = Hir::concat(vec![Hir::look(Look::Start), hir, Hir::look(Look::End)]);
        let config = meta::Config::new().nfa_size_limit(Some(SIZE_LIMIT)).utf8_empty(false);
        let compiled = meta::Builder::new().configure(config).build_from_hir(&whole);
        let compiled = compiled.map_err(|_| RegexError::TooLarge)?;
        Ok(Self { pattern: pattern.to_owned(), compiled })
    }

    /// Whether all of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &[u8]) -> bool {
        self.compiled.is_match(Input::new(text).anchored(Anchored::Yes))
    }

    /// How much memory it takes, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.compiled.memory_usage()
    }

    /// As it was written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pattern.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Regex::new(pattern).expect("a pattern").matches(text.as_bytes())
    }

    #[test]
    fn the_whole_text_must_match() {
        assert!(matches("al.*", "alice") && !matches("al", "alice") && !matches("lice", "alice"));
        assert!(matches("a|ab", "ab") && matches("", "") && !matches("", "a"));
    }

    #[test]
    fn lines() {
        assert!(matches("a\n^b", "a\nb") && matches("a$\nb", "a\nb") && !matches("a.b", "a\nb"));
        assert!(matches("^a$", "a") && matches("a[^x]b", "a\nb"));
    }

    #[test]
    fn bytes_that_are_no_text_match_nothing_but_themselves() {
        let any = Regex::new(".*").expect("a pattern");
        assert!(any.matches("h\u{e9}".as_bytes()) && !any.matches(b"\xff"));
    }

    #[test]
    fn refuses_monsters() {
        assert!(Regex::new(&"(.{1000})".repeat(60)).is_err_and(|error| error == RegexError::TooLarge));
    }
}
