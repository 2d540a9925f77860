//! How far the sinks are behind, looked up once in a while.

use std::convert::Infallible;
use std::time::Duration;

use bus::{Bus, BusError, Stream};
use tokio::time::{MissedTickBehavior, interval};

use crate::monitor::{Monitor, SinkMonitor};
use crate::settings::SinkName;

/// How often it is looked up: four questions to the bus each time.
const EVERY: Duration = Duration::from_secs(5);

/// Tells how far the sinks are, until it is dropped.
pub(crate) async fn tell(bus: &Bus, monitor: &Monitor, sinks: impl Fn() -> Vec<SinkMonitor>) -> Infallible {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = look(bus, monitor, &sinks()).await {
            tracing::debug!(%error, "how far the sinks are is not known now");
        }
    }
}

async fn look(bus: &Bus, monitor: &Monitor, sinks: &[SinkMonitor]) -> Result<(), BusError> {
    let alerts = bus.status(Stream::Alerts).await?;
    monitor.alerts(&alerts);
    for consumer in &alerts.consumers {
        let name = SinkName::of_consumer(&consumer.name);
        if let Some(sink) = sinks.iter().find(|sink| Some(sink.name()) == name) {
            sink.lags(consumer);
        }
    }
    monitor.dead_letters(&bus.status(Stream::DeadLetters).await?);
    Ok(())
}
