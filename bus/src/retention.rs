//! What is done with is kept for a while, and then goes.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{Bus, Settings, Stream};

/// How often a stream is trimmed.
const EVERY: Duration = Duration::from_secs(60);

/// How long messages are kept once they are done with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    keep: Duration,
    keep_dead_letters: Duration,
}

impl Retention {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { keep: settings.keep, keep_dead_letters: settings.keep_dead_letters }
    }

    /// Of events and alerts.
    pub(crate) fn keep(self) -> Duration {
        self.keep
    }

    fn for_stream(self, stream: Stream) -> Duration {
        match stream {
            Stream::Events | Stream::Alerts => self.keep,
            Stream::DeadLetters => self.keep_dead_letters,
        }
    }
}

impl Bus {
    /// Trims a stream every minute, by [`Settings::keep`] or [`Settings::keep_dead_letters`], until it is dropped.
    /// Whoever consumes a stream sees to this; several may.
    pub async fn keep_trimmed(&self, stream: Stream) -> Infallible {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.trim(stream, self.retention.for_stream(stream)).await {
                Ok(0) => {}
                Ok(removed) => tracing::debug!(stream = stream.name(), removed, "trimmed"),
                Err(error) => tracing::warn!(stream = stream.name(), %error, "could not be trimmed"),
            }
        }
    }
}
