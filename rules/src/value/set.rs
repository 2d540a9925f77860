//! A fixed set of texts.

/// Texts to look one up in; sorted by length and then by bytes, so that most lookups end at the length.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct TextSet {
    sorted: Box<[Box<[u8]>]>,
}

impl TextSet {
    /// The set of `texts`.
    pub fn new(texts: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut sorted: Vec<Box<[u8]>> = texts.into_iter().map(Vec::into_boxed_slice).collect();
        sorted.sort_unstable_by(|a, b| by_length(a, b));
        sorted.dedup();
        Self { sorted: sorted.into() }
    }

    /// Whether `text` is one of them.
    #[must_use]
    pub fn contains(&self, text: &[u8]) -> bool {
        self.sorted.binary_search_by(|member| by_length(member, text)).is_ok()
    }

    /// Its members.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.sorted.iter().map(AsRef::as_ref)
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

fn by_length(a: &[u8], b: &[u8]) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_its_members() {
        let set = TextSet::new(["b", "aa", "a", "b", ""].map(|text| text.as_bytes().to_vec()));
        assert_eq!(set.len(), 4);
        assert!(set.contains(b"") && set.contains(b"a") && set.contains(b"b") && set.contains(b"aa"));
        assert!(!set.contains(b"ab") && !set.contains(b"c"));
        assert!(!TextSet::default().contains(b""));
    }
}
