//! One attempt to send some alerts, and how their deliveries are settled after it.

use std::sync::Arc;
use std::time::Duration;

use bus::{BusError, Delivery, Reason};
use futures::future::join_all;
use proto::alerts::v1::Alert;
use tokio::time::{Instant, interval_at, timeout};
use tracing::{Instrument, Span};

use crate::settings::SinkName;
use crate::shown::Shown;
use crate::sink::{Failure, Patience, Rendered, Sink};
use crate::spans;

/// How long an attempt may take, and how often the bus is told that it still goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) timeout: Duration,
    pub(crate) extend_every: Duration,
}

/// An attempt that has ended.
pub(crate) struct Attempt {
    pub(crate) deliveries: Vec<Delivery<Alert>>,
    pub(crate) begun: Instant,
    pub(crate) result: Result<(), Failure>,
}

/// Sends the alerts of the deliveries, at once. Each has a span, which ends with the attempt.
pub(crate) async fn make(
    sink: Arc<dyn Sink>,
    mut deliveries: Vec<Delivery<Alert>>,
    spans: Vec<Span>,
    pace: Pace,
) -> Attempt {
    let begun = Instant::now();
    let alerts: Vec<Rendered> =
        deliveries.iter().map(|delivery| rendered(&*sink, delivery.message())).collect();
    // What is sent for several alerts at once is a step of none of their traces.
    let alone = if let [span] = spans.as_slice() { span.clone() } else { Span::none() };
    let result = {
        let mut sending = std::pin::pin!(within(&*sink, &alerts, pace.timeout).instrument(alone));
        let mut ticks = interval_at(begun + pace.extend_every, pace.extend_every);
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

fn rendered(sink: &dyn Sink, alert: &Alert) -> Rendered {
    Rendered { id: alert.id.clone(), body: sink.render(&Shown::plain(alert)) }
}

async fn within(sink: &dyn Sink, alerts: &[Rendered], limit: Duration) -> Result<(), Failure> {
    match sink.patience() {
        Patience::Endless => sink.send(alerts).await,
        Patience::Limited => timeout(limit, sink.send(alerts)).await.unwrap_or_else(|_| {
            Err(Failure::Away { reason: format!("it did not answer within {limit:?}"), retry_after: None })
        }),
    }
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
