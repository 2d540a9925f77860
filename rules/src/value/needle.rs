//! A text to find in others, prepared once.

use std::hash::{Hash, Hasher};

use memchr::memmem::Finder;

/// A text to find in others. Two of the same bytes are equal.
#[derive(Debug, Clone)]
pub struct Needle(Box<Finder<'static>>);

impl Needle {
    /// Prepares `text`.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        Self(Box::new(Finder::new(text).into_owned()))
    }

    /// Whether it stands in `text`.
    #[must_use]
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.0.find(text).is_some()
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.needle()
    }
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Needle {}

impl Hash for Needle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
    }
}
