//! How much of a scenario is run.

/// The full form proves; the short one notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With the numbers of docs/reliability.md.
    Full,
    /// For every change.
    Short,
}

impl Form {
    /// One of two.
    pub(crate) fn pick<T>(self, full: T, short: T) -> T {
        match self {
            Self::Full => full,
            Self::Short => short,
        }
    }
}
