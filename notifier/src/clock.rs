//! The time of day.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now, in nanoseconds since the Unix epoch.
pub(crate) fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// How long until a time of day; nothing where it has passed.
pub(crate) fn until(unix_nanos_then: u64) -> Duration {
    Duration::from_nanos(unix_nanos_then.saturating_sub(unix_nanos()))
}
