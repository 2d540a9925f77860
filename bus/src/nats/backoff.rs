//! How long to wait before trying again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that double up to a bound, each cut by chance so that many workers do not come at once.
#[derive(Debug, Clone, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// How long to wait after one more failure.
    pub(super) fn next(&mut self) -> Duration {
        let wait = FIRST.saturating_mul(2_u32.saturating_pow(self.tries)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        jittered(wait)
    }

    /// It went well: begin anew with short waits.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }

    /// How many failures there were in a row.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }
}

/// Between half of `wait` and all of it.
pub(super) fn jittered(wait: Duration) -> Duration {
    let chance = RandomState::new().hash_one(()) % 1000;
    let thousandths = 500 + u32::try_from(chance / 2).unwrap_or(0);
    wait.saturating_mul(thousandths) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        let mut backoff = Backoff::default();
        let first = backoff.next();
        assert!(first >= FIRST / 2 && first <= FIRST);
        let last = (0..100).map(|_| backoff.next()).last().unwrap();
        assert!(last >= LONGEST / 2 && last <= LONGEST);
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
