//! [`Looks`]: when to look again whether anything has changed.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// Says when to look again: at once for the first time, and then a period after the last look.
#[derive(Debug)]
pub struct Looks(Option<Interval>);

impl Looks {
    /// Every so often; never where that is no time at all. Needs to be called inside a tokio runtime.
    pub fn every(period: Duration) -> Self {
        Self((!period.is_zero()).then(|| {
            let mut looks = interval(period);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            looks
        }))
    }

    /// Waits until it is time. Safe to cancel.
    pub async fn next(&mut self) {
        match &mut self.0 {
            Some(looks) => drop(looks.tick().await),
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use tokio::time::timeout;

    #[tokio::test]
    async fn looks_are_a_period_apart_or_never() {
        let start = Instant::now();
        let mut looks = Looks::every(Duration::from_millis(20));
        for _ in 0..3 {
            looks.next().await;
        }
        assert!(start.elapsed() >= Duration::from_millis(40));
        let mut never = Looks::every(Duration::ZERO);
        assert!(timeout(Duration::from_millis(20), never.next()).await.is_err());
    }
}
