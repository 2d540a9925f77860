//! [`Pattern`]: text in which `*` stands for any text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Text in which `*` stands for any text, none included. Everything else stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// Whether all of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        let mut pieces = self.0.split('*');
        let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
        let mut pieces = pieces.peekable();
        if pieces.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_none() {
                return rest.ends_with(piece);
            }
            let Some((_, behind)) = rest.split_once(piece) else { return false };
            rest = behind;
        }
        true
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, yes, no) in [
            ("prod", &["prod"][..], &["prod-1", "", "Prod"][..]),
            ("*", &["", "x", "a*b"], &[]),
            ("prod-*", &["prod-", "prod-eu"], &["prod", "xprod-"]),
            ("*-eu", &["prod-eu", "-eu"], &["eu", "prod-eu2"]),
            ("a*b*c", &["abc", "a-b-c", "abbc", "abcc"], &["ac", "acb", "ab"]),
            ("aa*aa", &["aaaa", "aaxaa"], &["aaa", "aa"]),
            ("", &[""], &["x"]),
            ("ü*", &["übel"], &["u"]),
        ] {
            let pattern = Pattern::from(pattern);
            yes.iter().for_each(|text| assert!(pattern.matches(text), "{pattern} {text}"));
            no.iter().for_each(|text| assert!(!pattern.matches(text), "{pattern} {text}"));
        }
    }
}
