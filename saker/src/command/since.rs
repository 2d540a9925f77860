//! [`Since`]: a time in the past, as people write it: `2h`, or `2026-12-01T08:00:00Z`.

use std::str::FromStr;

use notifier::Moment;
use service::units::Span;

/// A time in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Since(Moment);

/// Text that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a time, as 2026-12-01T08:00:00Z, nor how long ago, as 90s, 15m or 2h")]
pub(super) struct SinceError(String);

impl Since {
    /// Nanoseconds since the Unix epoch.
    pub(super) fn unix_nanos(self) -> u64 {
        self.0.unix_nanos()
    }
}

impl FromStr for Since {
    type Err = SinceError;

    fn from_str(text: &str) -> Result<Self, SinceError> {
        if let Ok(moment) = text.parse() {
            return Ok(Self(moment));
        }
        let ago: Span = text.trim().parse().map_err(|_| SinceError(text.to_owned()))?;
        Ok(Self(Moment::now().before(ago.get())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_are_taken() {
        let time: Since = "1970-01-01T00:00:01Z".parse().unwrap();
        assert_eq!(time.unix_nanos(), 1_000_000_000);
        let hour: Since = "1h".parse().unwrap();
        let day: Since = "24h".parse().unwrap();
        assert!(day.unix_nanos() < hour.unix_nanos());
        assert!(
            "yesterday".parse::<Since>().unwrap_err().to_string().contains("how long ago, as 90s, 15m or 2h")
        );
    }
}
