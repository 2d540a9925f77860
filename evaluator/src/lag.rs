//! How far the evaluators are behind, looked up once in a while.

use std::convert::Infallible;
use std::time::Duration;

use bus::{Bus, Stream};
use tokio::time::{MissedTickBehavior, interval};

use crate::monitor::Work;
use crate::worker::CONSUMER;

/// How often it is looked up: two questions to the bus each time.
const EVERY: Duration = Duration::from_secs(5);

/// Tells how far the evaluators are, until it is dropped.
pub(crate) async fn tell(bus: Bus, work: Work) -> Infallible {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match bus.status(Stream::Events).await {
            Ok(status) => {
                let consumer = status.consumers.iter().find(|consumer| consumer.name == CONSUMER);
                work.lags(&status, consumer);
            }
            Err(error) => tracing::debug!(%error, "how far the evaluators are is not known now"),
        }
    }
}
