//! What stands before every sink: how often it is sent to, how much at a time, how long it may take.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use tower::limit::RateLimitLayer;
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;
use tower::util::BoxService;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

use crate::rate::Rate;
use crate::settings::DeliverySettings;
use crate::sink::{Failure, Patience, Rendered, Sink};

/// A sink behind its limits.
pub(crate) struct Stack(BoxService<Vec<Rendered>, (), Failure>);

impl Stack {
    /// Before a sink that takes alerts at `rate` unless its settings say otherwise.
    pub(crate) fn new(sink: Arc<dyn Sink>, rate: Option<Rate>, settings: &DeliverySettings) -> Self {
        let rate = settings.rate.or(rate).and_then(Rate::limit);
        let limit = (sink.patience() == Patience::Limited).then(|| settings.timeout.get());
        let service = ServiceBuilder::new()
            .option_layer(rate.map(|(count, time)| RateLimitLayer::new(count.into(), time)))
            .concurrency_limit(settings.concurrency.max(1))
            .option_layer(limit.map(TimeoutLayer::new))
            .service(Sending(sink))
            .map_err(move |error: BoxError| failure(error, limit));
        Self(BoxService::new(service))
    }

    /// Whether something may be sent now; wakes the task once it may.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.0.poll_ready(cx)
    }

    /// Sends; only once it is [ready](Self::poll_ready).
    pub(crate) fn send(&mut self, alerts: Vec<Rendered>) -> BoxFuture<'static, Result<(), Failure>> {
        self.0.call(alerts)
    }
}

fn failure(error: BoxError, limit: Option<Duration>) -> Failure {
    match error.downcast::<Failure>() {
        Ok(failure) => *failure,
        Err(error) if error.is::<Elapsed>() => {
            Failure::away(format!("it did not answer within {:?}", limit.unwrap_or_default()))
        }
        Err(error) => Failure::away(error.to_string()),
    }
}

/// The sink itself, as a service.
struct Sending(Arc<dyn Sink>);

impl Service<Vec<Rendered>> for Sending {
    type Response = ();
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<(), BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, alerts: Vec<Rendered>) -> Self::Future {
        let sink = Arc::clone(&self.0);
        Box::pin(async move { Ok(sink.send(&alerts).await?) })
    }
}
