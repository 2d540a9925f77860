//! Waiting for conditions, with a deadline.

use std::time::{Duration, Instant};

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// Waits until `condition` holds, at most `deadline`.
///
/// # Panics
/// When it does not hold by then; `what` says what was waited for.
pub async fn until(what: &str, deadline: Duration, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < deadline, "{what}: not within {deadline:?}");
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Waits until `count` has not changed for `quiet`, at most `deadline`.
///
/// # Panics
/// When it is still changing by then.
pub async fn until_quiet(what: &str, quiet: Duration, deadline: Duration, mut count: impl FnMut() -> usize) {
    let start = Instant::now();
    let mut last = (count(), Instant::now());
    while last.1.elapsed() < quiet {
        assert!(start.elapsed() < deadline, "{what}: still changing after {deadline:?}");
        tokio::time::sleep(INTERVAL).await;
        let now = count();
        if now != last.0 {
            last = (now, Instant::now());
        }
    }
}
