//! [`Problem`]: one thing that is wrong with the settings; [`Problems`]: all of them.

use std::fmt;

use super::KeyPath;
use super::layers::Merged;

/// One thing that is wrong: where, what, from where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    path: KeyPath,
    message: String,
    origin: Option<String>,
    help: Option<String>,
}

/// All that is wrong with the settings; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problem {
    /// Something wrong at a key.
    pub fn at(path: impl Into<KeyPath>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), origin: None, help: None }
    }

    /// Something wrong with a source as a whole.
    pub(crate) fn with_source(origin: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: KeyPath::default(), message: message.into(), origin: Some(origin.into()), help: None }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Says where the value came from, where that is not said yet.
    #[must_use]
    pub(crate) fn or_from(mut self, merged: &Merged) -> Self {
        self.origin = self.origin.or_else(|| merged.origin(&self.path).map(ToOwned::to_owned));
        self
    }
}

impl From<&str> for KeyPath {
    fn from(dotted: &str) -> Self {
        Self::parse(dotted)
    }
}

impl Problems {
    /// Several at once, in the order of their keys.
    pub fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        problems.dedup();
        Self(problems)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, self.path.is_root()) {
            (None, true) => f.write_str(&self.message)?,
            (Some(origin), true) => write!(f, "{origin}: {}", self.message)?,
            (None, false) => write!(f, "{}: {}", self.path, self.message)?,
            (Some(origin), false) => write!(f, "{}: {} (from {origin})", self.path, self.message)?,
        }
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "settings: {only}"),
            all => {
                write!(f, "{} problems with the settings", all.len())?;
                all.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

impl std::error::Error for Problem {}
impl std::error::Error for Problems {}
