//! One attempt to send some alerts, and how their deliveries are settled after it.

use std::future::Future;
use std::time::Duration;

use bus::{BusError, Delivery, Reason};
use futures::future::join_all;
use proto::alerts::v1::Alert;
use tokio::time::{Instant, interval_at};
use tracing::{Instrument, Span};

use crate::settings::SinkName;
use crate::sink::Failure;
use crate::spans;

/// An attempt that has ended.
pub(crate) struct Attempt {
    pub(crate) deliveries: Vec<Delivery<Alert>>,
    pub(crate) begun: Instant,
    pub(crate) result: Result<(), Failure>,
}

/// Sends the alerts of the deliveries, at once, and tells the bus in time that it still goes on. Each has a span, which
/// ends with the attempt.
pub(crate) async fn make(
    sending: impl Future<Output = Result<(), Failure>>,
    mut deliveries: Vec<Delivery<Alert>>,
    spans: Vec<Span>,
    extend_every: Duration,
) -> Attempt {
    let begun = Instant::now();
    // What is sent for several alerts at once is a step of none of their traces.
    let alone = if let [span] = spans.as_slice() { span.clone() } else { Span::none() };
    let result = {
        let mut sending = std::pin::pin!(sending.instrument(alone));
        let mut ticks = interval_at(begun + extend_every, extend_every);
        loop {
            tokio::select! {
                biased;
                result = &mut sending => break result,
                _ = ticks.tick() => extend(&mut deliveries).await,
            }
        }
    };
    spans.iter().for_each(|span| spans::ended(span, &result));
    Attempt { deliveries, begun, result }
}

/// Tells the bus that the deliveries are still worked at. Where it cannot be told, they come again.
pub(crate) async fn extend<'a>(deliveries: impl IntoIterator<Item = &'a mut Delivery<Alert>>) {
    for result in join_all(deliveries.into_iter().map(Delivery::extend)).await {
        if let Err(error) = result {
            tracing::debug!(%error, "a delivery could not be extended");
        }
    }
}

/// The alerts are done with.
pub(crate) async fn ack(sink: SinkName, deliveries: Vec<Delivery<Alert>>) {
    for result in join_all(deliveries.into_iter().map(Delivery::ack)).await {
        report(&sink, "settled", result);
    }
}

/// The alerts are to come again, each after its own time.
pub(crate) async fn retry(sink: SinkName, deliveries: Vec<(Delivery<Alert>, Duration)>) {
    for result in join_all(deliveries.into_iter().map(|(delivery, wait)| delivery.retry_after(wait))).await {
        report(&sink, "given back", result);
    }
}

/// The alerts go to the dead letters.
pub(crate) async fn reject(sink: SinkName, deliveries: Vec<Delivery<Alert>>, reason: Reason) {
    for delivery in deliveries {
        tracing::error!(%sink, alert = delivery.message().id, code = reason.code(), "undeliverable: {}", reason.text());
        report(&sink, "put to the dead letters", delivery.reject(reason.clone()).await);
    }
}

fn report(sink: &SinkName, what: &str, result: Result<(), BusError>) {
    if let Err(error) = result {
        tracing::warn!(%sink, %error, "an alert could not be {what}; it comes again");
    }
}
