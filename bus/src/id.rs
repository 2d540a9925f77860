//! Ids made from content.

use std::fmt;
use std::str::FromStr;

/// A 128-bit id made from content, written as a UUID of version 8 (RFC 9562): the same content has the same id
/// whoever computes it, so that what is sent twice is stored once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(uuid::Uuid);

impl Id {
    /// The id of some parts. Each part is hashed with its length, so that `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(&length.to_le_bytes());
            hasher.update(part);
        }
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The 16 bytes, for keys of a store.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id with these 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(uuid::Uuid::from_bytes(bytes))
    }
}

/// Text that is no id.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{0}` is not an id: ids are UUIDs, as 0f9c1e6a-5b7d-8e21-9c43-2a6f0d1b7e58")]
pub struct IdError(String);

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        uuid::Uuid::try_parse(text).map(Self).map_err(|_| IdError(text.to_owned()))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let split_late: [&[u8]; 2] = [b"ab", b"c"];
        let split_early: [&[u8]; 2] = [b"a", b"bc"];
        assert_ne!(Id::of(split_late), Id::of(split_early));
    }

    #[test]
    fn an_id_survives_its_text() {
        let id = Id::of([b"x".as_slice()]);
        assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
        assert_eq!(Id::from_bytes(*id.as_bytes()), id);
    }
}
