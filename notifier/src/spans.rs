//! The spans of the notifier: an alert on its way to a sink, and the request that takes it there. No secret and nothing
//! of an alert is among their attributes.

use bus::Delivery;
use proto::alerts::v1::Alert;
use reqwest::{Method, StatusCode, Url};
use service::trace::{self, TARGET};
use tracing::Span;
use tracing::field::Empty;

use crate::monitor::Outcome;
use crate::settings::SinkName;
use crate::sink::Failure;

/// The span of an attempt to deliver an alert; none where the alert belongs to no trace.
pub(crate) fn delivering(sink: &SinkName, delivery: &Delivery<Alert>) -> Span {
    let span = delivery.span();
    span.record("saker.sink", sink.as_str());
    span
}

/// The attempt has ended.
pub(crate) fn ended(span: &Span, result: &Result<(), Failure>) {
    let outcome = match result {
        Ok(()) => Outcome::Delivered,
        Err(Failure::Away { .. } | Failure::Partly(_)) => Outcome::Failed,
        Err(Failure::Refused(_)) => Outcome::Refused,
    };
    span.record("saker.result", outcome.name());
    if result.is_err() {
        trace::failed(span, outcome.name());
    }
}

/// The span of a request to this URL, of which no more than host and port is told; none outside of a trace.
pub(crate) fn sending(method: &Method, url: &Url) -> Span {
    if !trace::is_active() {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = method.as_str(),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method.as_str(),
        http.response.status_code = Empty,
        server.address = url.host_str().unwrap_or_default(),
        server.port = Empty,
        error.type = Empty,
    );
    if let Some(port) = url.port_or_known_default() {
        span.record("server.port", i64::from(port));
    }
    span
}

/// The request was answered; `None` where it was not.
pub(crate) fn answered(span: &Span, status: Option<StatusCode>) {
    let Some(status) = status else { return trace::failed(span, "unreachable") };
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if !status.is_success() {
        trace::failed(span, status.as_str());
    }
}
