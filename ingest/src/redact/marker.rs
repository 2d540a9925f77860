//! What stands in place of a value: `redacted:` and a keyed hash of it, or `redacted` where there is no key.

use super::key::{Derived, Key};
use super::text::text;

/// What every marker begins with, and all of one without a key.
const WORD: &str = "redacted";

/// How many bytes of the hash of a value are told: equal ones are equal, and nobody finds another of the same hash.
const HASH: usize = 12;

/// How many bytes prove that a marker was made here, so that a value that only looks like one is replaced as well.
const PROOF: usize = 4;

/// Makes markers.
#[derive(Debug)]
pub(super) enum Marker {
    /// Without a key: all values look the same.
    Plain,
    /// Equal values have equal markers, and nobody without the key can tell which value it is.
    Keyed {
        /// For the hashes of values.
        values: Derived,
        /// For the proofs that a hash is one.
        proofs: Derived,
    },
}

impl Marker {
    pub(super) fn new(key: Option<&Key>) -> Self {
        key.map_or(Self::Plain, |key| Self::Keyed {
            values: key.derived("saker redaction v1: values"),
            proofs: key.derived("saker redaction v1: proofs"),
        })
    }

    /// What stands in place of a JSON value: its JSON. `None` where the value stays, since it says nothing (`null`, the
    /// empty text) or is a marker already.
    pub(super) fn instead_of(&self, value: &[u8]) -> Option<String> {
        if matches!(value, b"null" | b"\"\"") {
            return None;
        }
        let spelled = inside_quotes(value).map(text);
        if spelled.as_ref().is_some_and(|spelled| self.is_own(spelled)) {
            return None;
        }
        Some(match self {
            Self::Plain => format!("\"{WORD}\""),
            Self::Keyed { values, proofs } => {
                // However a text is escaped it is the same; and no text has the hash of something else.
                let hash = match &spelled {
                    Some(text) => values.hash(&[b"text", text]),
                    None => values.hash(&[b"json", value]),
                };
                let hash = hash.as_bytes().get(..HASH).unwrap_or_default();
                format!("\"{WORD}:{}{}\"", hex(hash), proof(proofs, hash))
            }
        })
    }

    /// Whether a text was made here, with this key.
    fn is_own(&self, text: &[u8]) -> bool {
        match self {
            Self::Plain => text == WORD.as_bytes(),
            Self::Keyed { proofs, .. } => {
                let digits = text.strip_prefix(WORD.as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
                let parts = digits.and_then(|digits| digits.split_at_checked(2 * HASH));
                parts.is_some_and(|(hash, told)| {
                    unhex(hash).is_some_and(|hash| proof(proofs, &hash).as_bytes() == told)
                })
            }
        }
    }
}

fn proof(proofs: &Derived, hash: &[u8]) -> String {
    hex(proofs.hash(&[hash]).as_bytes().get(..PROOF).unwrap_or_default())
}

/// What stands between the quotes, where it is text.
fn inside_quotes(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Small digits only: what is written otherwise was not made here.
fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let text =
        std::str::from_utf8(digits).ok().filter(|text| !text.contains(|c: char| c.is_ascii_uppercase()))?;
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed() -> Marker {
        Marker::new(Some(&Key::new(&[b'k'; 32]).unwrap()))
    }

    fn marker(value: &str) -> String {
        keyed().instead_of(value.as_bytes()).unwrap()
    }

    #[test]
    fn equal_values_have_equal_markers_and_others_do_not() {
        assert_eq!(marker("\"a\""), marker(r#""\u0061""#));
        assert_ne!(marker("\"a\""), marker("\"b\""));
        assert_ne!(marker("1"), marker("\"1\""));
        assert_ne!(
            marker("\"a\""),
            Marker::new(Some(&Key::new(&[b'l'; 32]).unwrap())).instead_of(b"\"a\"").unwrap()
        );
        let text = marker("\"a\"");
        assert_eq!((text.len(), text.get(..10)), (43, Some("\"redacted:")), "{text}");
    }

    #[test]
    fn what_says_nothing_stays() {
        for marker in [keyed(), Marker::Plain] {
            assert_eq!(marker.instead_of(b"null"), None);
            assert_eq!(marker.instead_of(b"\"\""), None);
            for value in ["0", "false", "{}", "[]", "\" \""] {
                assert!(marker.instead_of(value.as_bytes()).is_some(), "{value}");
            }
        }
    }

    #[test]
    fn markers_stay_and_forged_ones_do_not() {
        let own = marker("\"a\"");
        assert_eq!(keyed().instead_of(own.as_bytes()), None);
        let forged = own.replace(|c: char| c.is_ascii_digit(), "0");
        for value in [
            forged,
            own.to_uppercase(),
            "\"redacted\"".into(),
            "\"redacted:é\"".into(),
            format!("\"redacted:{}\"", "0".repeat(32)),
        ] {
            assert!(keyed().instead_of(value.as_bytes()).is_some(), "{value}");
        }
        assert_eq!(Marker::Plain.instead_of(b"\"redacted\""), None);
        assert_eq!(Marker::Plain.instead_of(own.as_bytes()).unwrap(), "\"redacted\"");
    }
}
