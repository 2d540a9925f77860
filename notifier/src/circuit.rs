//! Whether a sink is tried at all: once it takes nothing any more it is left alone for a while, then probed with one
//! delivery, and used in full once that succeeds. Pure: the time is an argument.

use std::time::Duration;

use rand::Rng;
use tokio::time::Instant;

use crate::retry::{LONGEST_WISH, RetrySettings};

/// The state of one sink.
#[derive(Debug)]
pub(crate) struct Circuit {
    retry: RetrySettings,
    concurrency: usize,
    /// Deliveries that have failed since one succeeded.
    streak: usize,
    failures: u64,
    rests_until: Option<Instant>,
}

impl Circuit {
    pub(crate) fn new(retry: RetrySettings, concurrency: usize) -> Self {
        Self { retry, concurrency: concurrency.max(1), streak: 0, failures: 0, rests_until: None }
    }

    /// Until when the sink is left alone; `None` where it may be tried.
    pub(crate) fn rests_until(&self, now: Instant) -> Option<Instant> {
        self.rests_until.filter(|until| *until > now)
    }

    /// How many deliveries may be under way at a time.
    pub(crate) fn width(&self) -> usize {
        if self.failures == 0 { self.concurrency } else { 1 }
    }

    /// How many times in a row the sink was left alone.
    pub(crate) fn failures(&self) -> u64 {
        self.failures
    }

    /// A delivery succeeded, or was refused for good: the sink is there. Says whether it had been away.
    pub(crate) fn answered(&mut self) -> bool {
        (self.rests_until, self.streak) = (None, 0);
        std::mem::take(&mut self.failures) > 0
    }

    /// A delivery that was begun at `begun` failed. Returns how long the sink is left alone from `now` on: not at all
    /// while others succeed, since one answer says little of a sink, unless it asks for it. As many failures in a row as
    /// deliveries go side by side say enough, and one of a probe does.
    pub(crate) fn failed(
        &mut self,
        begun: Instant,
        now: Instant,
        asked: Option<Duration>,
        rng: &mut impl Rng,
    ) -> Duration {
        if let Some(until) = self.rests_until.filter(|until| begun < *until) {
            return self.prolonged(until, now, asked);
        }
        self.streak = self.streak.saturating_add(1);
        if asked.is_none() && self.failures == 0 && self.streak < self.concurrency {
            return Duration::ZERO;
        }
        self.failures = self.failures.saturating_add(1);
        let wait = self.retry.delay(self.failures, asked, rng);
        self.rests_until = now.checked_add(wait);
        wait
    }

    /// Another failure of the same spell: only a longer wish of the server changes anything.
    fn prolonged(&mut self, until: Instant, now: Instant, asked: Option<Duration>) -> Duration {
        let asked_until = asked.and_then(|asked| now.checked_add(asked.min(LONGEST_WISH)));
        let until = asked_until.map_or(until, |asked| asked.max(until));
        self.rests_until = Some(until);
        until.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    const SECOND: Duration = Duration::from_secs(1);

    fn circuit() -> (Circuit, StdRng, Instant) {
        (Circuit::new(RetrySettings::default(), 4), StdRng::seed_from_u64(1), Instant::now())
    }

    #[tokio::test]
    async fn it_rests_for_longer_from_failure_to_failure_until_it_answers() {
        let (mut circuit, mut rng, start) = circuit();
        assert_eq!((circuit.width(), circuit.rests_until(start)), (4, None));
        for _ in 0..3 {
            circuit.failed(start, start, None, &mut rng);
        }
        let mut now = start;
        for failure in 1..=12_u32 {
            let wait = circuit.failed(now, now, None, &mut rng);
            let full = (SECOND * 2_u32.pow(failure - 1)).min(SECOND * 300);
            assert!(wait >= full / 2 && wait <= full, "{wait:?} after failure {failure}");
            assert_eq!(circuit.rests_until(now), Some(now + wait));
            now += wait;
            assert_eq!((circuit.width(), circuit.rests_until(now)), (1, None), "one probe");
        }
        assert!(circuit.answered());
        assert_eq!((circuit.width(), circuit.rests_until(now)), (4, None));
        assert!(!circuit.answered());
    }

    #[tokio::test]
    async fn a_sink_that_takes_some_is_not_left_alone() {
        let (mut circuit, mut rng, start) = circuit();
        for _ in 0..20 {
            for _ in 0..3 {
                assert_eq!(circuit.failed(start, start, None, &mut rng), Duration::ZERO);
            }
            assert_eq!((circuit.width(), circuit.rests_until(start)), (4, None));
            assert!(!circuit.answered());
        }
    }

    #[tokio::test]
    async fn deliveries_that_fail_side_by_side_count_once() {
        let (mut circuit, mut rng, start) = circuit();
        for _ in 0..4 {
            circuit.failed(start, start + SECOND, None, &mut rng);
        }
        let until = circuit.rests_until(start + SECOND);
        for _ in 0..3 {
            circuit.failed(start, start + SECOND, None, &mut rng);
        }
        assert_eq!((circuit.failures(), circuit.rests_until(start + SECOND)), (1, until));
    }

    #[tokio::test]
    async fn the_servers_wish_is_kept() {
        let (mut circuit, mut rng, start) = circuit();
        assert_eq!(circuit.failed(start, start, Some(SECOND * 7), &mut rng), SECOND * 7);
        assert_eq!(circuit.failed(start, start, Some(SECOND * 9), &mut rng), SECOND * 9, "the longer wish");
        assert_eq!(circuit.failed(start, start, Some(SECOND * 2), &mut rng), SECOND * 9);
    }
}
