//! The key under which values are hashed.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox, SecretSlice};

/// The fewest bytes that nobody can guess.
const SHORTEST: usize = 32;

/// The most that anybody would write by hand or by machine.
const LONGEST: usize = 4096;

/// The key under which values are hashed. It does not print, and its memory is wiped when it is dropped.
pub struct Key(SecretSlice<u8>);

/// A key for one purpose, made from the key.
#[derive(Clone)]
pub(super) struct Derived(std::sync::Arc<SecretBox<[u8; 32]>>);

/// Bytes that are no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// So short that it might be guessed.
    #[error("it has {0} bytes, and a key has {SHORTEST} or more: make one with `openssl rand -hex 32`")]
    Short(usize),
    /// So long that it is something else.
    #[error("it has more than {LONGEST} bytes, which no key has: is it the right file?")]
    Long,
}

impl Key {
    /// The key that is written so, whether that is hexadecimal, base64 or the bytes themselves: they are taken as they
    /// stand, without white space around them.
    ///
    /// # Errors
    /// Where there are fewer than 32 bytes, or more than 4096.
    pub fn new(written: &[u8]) -> Result<Self, KeyError> {
        let written = written.trim_ascii();
        match written.len() {
            length @ ..SHORTEST => Err(KeyError::Short(length)),
            SHORTEST..=LONGEST => Ok(Self(written.to_vec().into())),
            _ => Err(KeyError::Long),
        }
    }

    /// The key for one purpose: nothing that is made with it tells of another's.
    pub(super) fn derived(&self, purpose: &str) -> Derived {
        Derived(std::sync::Arc::new(SecretBox::init_with(|| {
            blake3::derive_key(purpose, self.0.expose_secret())
        })))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Derived {
    /// The keyed hash of some parts, which must not run together by themselves.
    pub(super) fn hash(&self, parts: &[&[u8]]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(self.0.expose_secret());
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize()
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_neither_short_nor_long_and_line_ends_do_not_count() {
        assert_eq!(Key::new(b"short\n").unwrap_err(), KeyError::Short(5));
        assert_eq!(Key::new(&[b'x'; 4097]).unwrap_err(), KeyError::Long);
        let hashes = ["x".repeat(32), format!("{}\r\n", "x".repeat(32))]
            .map(|written| Key::new(written.as_bytes()).unwrap().derived("p").hash(&[b"a"]));
        assert_eq!(hashes[0], hashes[1]);
    }

    #[test]
    fn purposes_and_keys_differ_and_nothing_prints() {
        let key = Key::new(&[b'x'; 32]).unwrap();
        let hash = |key: &Key, purpose| key.derived(purpose).hash(&[b"a"]);
        assert_ne!(hash(&key, "p"), hash(&key, "q"));
        assert_ne!(hash(&key, "p"), hash(&Key::new(&[b'y'; 32]).unwrap(), "p"));
        assert_eq!(format!("{key:?} {:?}", key.derived("p")), "*** ***");
    }
}
