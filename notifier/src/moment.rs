//! [`Moment`]: a point in time as people write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock;

/// A point in time, written as `2026-12-01T08:00:00Z` or with an offset in place of the `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(Timestamp);

/// Text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a point in time: give one as 2026-12-01T08:00:00Z")]
pub struct MomentError(String);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        Self::from_unix_nanos(clock::unix_nanos())
    }

    /// So long before; the Unix epoch at the earliest.
    #[must_use]
    pub fn before(self, length: Duration) -> Self {
        let nanos = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        Self::from_unix_nanos(self.unix_nanos().saturating_sub(nanos))
    }

    /// So long after.
    #[must_use]
    pub fn after(self, length: Duration) -> Self {
        let nanos = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        Self::from_unix_nanos(self.unix_nanos().saturating_add(nanos))
    }

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
        assert_eq!(moment.after(Duration::from_secs(1)).to_string(), "2026-12-01T08:00:01Z");
        assert_eq!(moment.before(Duration::from_secs(1)).to_string(), "2026-12-01T07:59:59Z");
        assert_eq!(moment.before(Duration::MAX).unix_nanos(), 0);
        for text in ["", "tomorrow", "2026-12-01", "2026-12-01T08:00:00"] {
            assert!(text.parse::<Moment>().unwrap_err().to_string().contains("2026-12-01T08"), "{text}");
        }
    }
}
