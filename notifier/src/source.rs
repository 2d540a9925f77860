//! The durable consumer of a sink, joined when it is needed.

use std::time::Duration;

use bus::{Bus, BusError, Consumer, ConsumerSpec, Delivery};
use proto::alerts::v1::Alert;
use tokio::time::sleep;

/// How long to wait for a bus that is away.
const REJOIN: Duration = Duration::from_secs(1);

/// The durable consumer of a sink.
pub(crate) struct Source {
    bus: Bus,
    spec: ConsumerSpec,
    consumer: Option<Consumer<Alert>>,
}

impl Source {
    pub(crate) fn new(bus: Bus, spec: ConsumerSpec) -> Self {
        Self { bus, spec, consumer: None }
    }

    /// How long a delivery may be held before it goes to another.
    pub(crate) fn ack_wait(&self) -> Duration {
        self.spec.ack_wait
    }

    /// The next alert. Outages of the bus are waited out. Safe to cancel.
    ///
    /// # Errors
    /// Those of the bus that are final.
    pub(crate) async fn next(&mut self) -> Result<Delivery<Alert>, BusError> {
        loop {
            if let Some(consumer) = self.consumer.as_mut() {
                return consumer.next().await;
            }
            match self.bus.consume(self.spec.clone()).await {
                Ok(consumer) => self.consumer = Some(consumer),
                Err(error) if error.is_transient() => {
                    tracing::warn!(consumer = self.spec.name, %error, "cannot reach the bus; trying again");
                    sleep(REJOIN).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives back what the bus handed out ahead.
    pub(crate) fn leave(&mut self) {
        self.consumer = None;
    }
}
