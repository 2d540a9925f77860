//! Which events need not be walked over: those in which no word stands without which nothing is redacted.

use aho_corasick::AhoCorasick;
use memchr::memmem;

use super::rules::{LAST_APPLIED, Rules};

/// Looks for words.
#[derive(Debug)]
pub(super) enum Prefilter {
    /// Nothing is redacted.
    Never,
    /// There is no word that all have that something is redacted in.
    Always,
    /// One of these, or a word that is written with escapes.
    Words(Box<AhoCorasick>),
}

impl Prefilter {
    pub(super) fn new(rules: &Rules) -> Self {
        if rules.is_empty() {
            return Self::Never;
        }
        let Some(resources) = rules.resources() else { return Self::Always };
        let mut words: Vec<String> =
            resources.into_iter().map(|resource| format!("\"{resource}\"")).collect();
        words.extend(rules.kinds().map(|kind| format!("\"{}\"", kind.name())));
        // Without what stands before the slash, which may be written otherwise in a pointer.
        let name = LAST_APPLIED.split('/').next_back().unwrap_or(LAST_APPLIED);
        words.extend(rules.last_applied.then(|| name.to_owned()));
        words.sort();
        words.dedup();
        // Too many words for it: then all events are walked over.
        AhoCorasick::new(words).map_or(Self::Always, |words| Self::Words(Box::new(words)))
    }

    /// Whether something in an event may have to be redacted.
    pub(super) fn may_concern(&self, event: &[u8]) -> bool {
        match self {
            Self::Never => false,
            Self::Always => true,
            Self::Words(words) => words.is_match(event) || hides_words(event),
        }
    }
}

/// Whether a character that our words have is written as an escape. API servers write only others so.
fn hides_words(event: &[u8]) -> bool {
    memmem::find_iter(event, b"\\u").any(|at| {
        let digits = event.get(at + 2..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let character = code.and_then(char::from_u32);
        character.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '"' | '-' | '/' | '~' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Settings;

    fn may_concern(event: &str) -> bool {
        Prefilter::new(&Rules::new(&Settings::default())).may_concern(event.as_bytes())
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        for event in [
            r#"{"resource":"secrets"}"#,
            r#"{"kind":"Secret"}"#,
            r#"{"kind":"\u0053ecret"}"#,
            r#"{"path":"/a/kubectl.kubernetes.io~1last-applied-configuration"}"#,
            r#"{"kubectl.kubernetes.io\/last\u002Dapplied-configuration":1}"#,
        ] {
            assert!(may_concern(event), "{event}");
        }
        for event in [r#"{"resource":"pods","a":"\u003cb\u003e\u0026\u2028 \n \\","secretName":"x"}"#, "{}"] {
            assert!(!may_concern(event), "{event}");
        }
    }

    #[test]
    fn paths_for_all_events_leave_none_out_and_no_paths_all() {
        let prefilter = |settings: Settings| Prefilter::new(&Rules::new(&settings));
        let paths = vec!["requestObject.x".parse().unwrap()];
        assert!(prefilter(Settings { paths, ..Settings::default() }).may_concern(b"{}"));
        let paths = vec!["pods:requestObject.x".parse().unwrap()];
        let pods = prefilter(Settings { paths, builtin: Vec::new(), ..Settings::default() });
        assert!(
            pods.may_concern(br#"{"resource":"pods"}"#) && !pods.may_concern(br#"{"resource":"secrets"}"#)
        );
        let none = prefilter(Settings { builtin: Vec::new(), ..Settings::default() });
        assert!(!none.may_concern(br#"{"kind":"Secret"}"#));
    }
}
