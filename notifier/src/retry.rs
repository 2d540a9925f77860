//! When to try again: settings, and a pure function of the attempt, the server's wish and chance.

use std::time::Duration;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use service::units::Span;

/// No server may ask for a longer wait than this; a day's `Retry-After` is more likely a mistake than a plan.
pub(crate) const LONGEST_WISH: Duration = Duration::from_secs(60 * 60);

/// How often, and how far apart, a sink that cannot take an alert is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetrySettings {
    /// The wait after the first failure. It doubles with each further one.
    pub initial: Span,
    /// The longest wait.
    pub max: Span,
    /// How many times an alert is tried before it goes to the dead letters; without end where not set. Deliveries that
    /// a stop interrupted count too.
    pub attempts: Option<u64>,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self { initial: Span::seconds(1), max: Span::seconds(5 * 60), attempts: None }
    }
}

impl RetrySettings {
    /// How long to wait after failure number `failure` (from 1). What the server asked for comes first; else the wait
    /// doubles from failure to failure, and chance takes up to half of it away, so that many do not come back at once.
    pub fn delay(&self, failure: u64, asked: Option<Duration>, rng: &mut impl Rng) -> Duration {
        if let Some(asked) = asked.filter(|asked| !asked.is_zero()) {
            return asked.min(LONGEST_WISH);
        }
        let doublings = u32::try_from(failure.saturating_sub(1)).unwrap_or(u32::MAX);
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        let full = self.initial.get().saturating_mul(factor).min(self.max.get());
        full.mul_f64(rng.random_range(0.5..=1.0))
    }

    /// Whether an alert that has been tried `attempt` times is given up.
    pub fn is_spent(&self, attempt: u64) -> bool {
        self.attempts.is_some_and(|attempts| attempt >= attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    #[test]
    fn waits_double_up_to_the_longest_and_vary() {
        let retry = RetrySettings { initial: Span::seconds(1), max: Span::seconds(60), attempts: None };
        let mut rng = StdRng::seed_from_u64(1);
        for failure in [0, 1, 2, 3, 5, 6, 7, 8, 63, 64, 65, 1000, u64::MAX] {
            let full = match failure {
                0 | 1 => 1,
                2..=6 => 1_u64 << (failure - 1),
                _ => 60,
            };
            let full = Duration::from_secs(full);
            let waits: Vec<Duration> = (0..200).map(|_| retry.delay(failure, None, &mut rng)).collect();
            assert!(waits.iter().all(|wait| *wait >= full / 2 && *wait <= full), "failure {failure}");
            assert!(waits.iter().any(|wait| *wait < full.mul_f64(0.7)), "failure {failure}");
            assert!(waits.iter().any(|wait| *wait > full.mul_f64(0.8)), "failure {failure}");
        }
    }

    #[test]
    fn the_servers_wish_comes_first_within_reason() {
        let retry = RetrySettings::default();
        let mut rng = StdRng::seed_from_u64(1);
        let mut delay = |seconds| retry.delay(9, Some(Duration::from_secs(seconds)), &mut rng).as_secs();
        assert_eq!(delay(7), 7);
        assert_eq!(delay(86_400), 3_600);
        assert!(delay(0) >= 128, "zero is no wish");
    }

    #[test]
    fn attempts_are_without_end_unless_set() {
        assert!(!RetrySettings::default().is_spent(u64::MAX));
        let three = RetrySettings { attempts: Some(3), ..RetrySettings::default() };
        assert!(!three.is_spent(2) && three.is_spent(3));
    }
}
