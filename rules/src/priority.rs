//! How grave a rule is.

use std::fmt;
use std::str::FromStr;

/// From the gravest, 0, to the least, 7, as syslog numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[expect(missing_docs, reason = "syslog's names")]
pub enum Priority {
    Emergency = 0,
    Alert = 1,
    Critical = 2,
    Error = 3,
    Warning = 4,
    Notice = 5,
    Informational = 6,
    #[default]
    Debug = 7,
}

impl Priority {
    /// All of them, the gravest first.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Informational,
        Self::Debug,
    ];

    /// As alerts spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Emergency => "Emergency",
            Self::Alert => "Alert",
            Self::Critical => "Critical",
            Self::Error => "Error",
            Self::Warning => "Warning",
            Self::Notice => "Notice",
            Self::Informational => "Informational",
            Self::Debug => "Debug",
        }
    }

    /// How urgent it is: 7 for the gravest, 0 for the least, so that more is more.
    pub(crate) fn urgency(self) -> u64 {
        Self::ALL
            .iter()
            .rev()
            .zip(0..)
            .find(|(priority, _)| **priority == self)
            .map_or(0, |(_, urgency)| urgency)
    }

    /// The one of that [`urgency`](Self::urgency).
    pub(crate) fn of_urgency(urgency: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .rev()
            .zip(0..)
            .find(|(_, known)| *known == urgency)
            .map(|(priority, _)| priority)
    }

    /// The one that a word which is none was probably meant to be: misspelt, cut short, or syslog's number.
    pub(crate) fn closest(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        if word.is_empty() || word.len() > 20 {
            return None;
        }
        let numbered = word.parse::<usize>().ok().and_then(|number| Self::ALL.get(number).copied());
        let is_close = |name: &str| {
            let starts_alike = name.get(..1).is_some_and(|first| word.starts_with(first));
            let is_short = word.len() > 2 && name.starts_with(&word);
            starts_alike && (is_short || strsim::damerau_levenshtein(name, &word) <= 3)
        };
        numbered.or_else(|| {
            Self::ALL.into_iter().find(|priority| is_close(&priority.name().to_ascii_lowercase()))
        })
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that is no priority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no priority; priorities are emergency, alert, critical, error, warning, notice, informational, debug"
)]
pub struct UnknownPriority(String);

impl FromStr for Priority {
    type Err = UnknownPriority;

    /// Any case; `info` is short for informational.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("info") {
            return Ok(Self::Informational);
        }
        let named = Self::ALL.into_iter().find(|priority| text.eq_ignore_ascii_case(priority.name()));
        named.ok_or_else(|| UnknownPriority(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_matter_and_info_is_short() {
        assert_eq!("wArNiNg".parse(), Ok(Priority::Warning));
        assert_eq!("INFO".parse(), Ok(Priority::Informational));
        assert!("warn".parse::<Priority>().is_err());
    }

    #[test]
    fn the_closest_word() {
        for (word, meant) in [
            ("Critcal", Priority::Critical),
            ("crit", Priority::Critical),
            ("WARN", Priority::Warning),
            ("err", Priority::Error),
            ("emerg", Priority::Emergency),
            ("INFORMATION", Priority::Informational),
            ("3", Priority::Error),
        ] {
            assert_eq!(Priority::closest(word), Some(meant), "{word}");
        }
        for word in ["", "high", "8", "e", "low"] {
            assert_eq!(Priority::closest(word), None, "{word}");
        }
    }

    #[test]
    fn graver_is_less() {
        assert!(Priority::Emergency < Priority::Debug);
    }
}
