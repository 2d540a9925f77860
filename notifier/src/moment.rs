//! [`Moment`]: a point in time as people write it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A point in time, written as `2026-12-01T08:00:00Z` or with an offset in place of the `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(Timestamp);

/// Text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a point in time: give one as 2026-12-01T08:00:00Z")]
pub struct MomentError(String);

impl Moment {
    /// So many nanoseconds after the Unix epoch.
    pub fn from_unix_nanos(nanos: u64) -> Self {
        Self(Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MAX))
    }

    /// Nanoseconds since the Unix epoch; 0 for what was before.
    pub fn unix_nanos(self) -> u64 {
        u64::try_from(self.0.as_nanosecond()).unwrap_or_default()
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        text.trim().parse().map(Self).map_err(|_| MomentError(text.to_owned()))
    }
}

impl TryFrom<String> for Moment {
    type Error = MomentError;

    fn try_from(text: String) -> Result<Self, MomentError> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_parse_and_print() {
        let moment: Moment = "2026-12-01T09:00:00+01:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-12-01T08:00:00Z");
        assert_eq!(Moment::from_unix_nanos(moment.unix_nanos()), moment);
        for text in ["", "tomorrow", "2026-12-01", "2026-12-01T08:00:00"] {
            assert!(text.parse::<Moment>().unwrap_err().to_string().contains("2026-12-01T08"), "{text}");
        }
    }
}
