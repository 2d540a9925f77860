//! The spans of ingest: a request, in which a trace begins or goes on. Names and attributes are OpenTelemetry's; nothing
//! of a body, and nothing that a client chooses freely, is among them.

use axum::http::HeaderMap;
use axum::http::StatusCode;
use service::trace::{self, TARGET, TRACEPARENT, TRACESTATE};
use tracing::Span;
use tracing::field::Empty;

/// A request to `route`. It goes on with the trace that its headers name, where they do; API servers name none.
pub(crate) fn request(route: &str, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = format!("POST {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = "POST",
        http.route = route,
        http.request.body.size = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
    );
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !span.is_disabled() && headers.contains_key(TRACEPARENT) {
        trace::follow(&span, header(TRACEPARENT), header(TRACESTATE));
    }
    span
}

/// The body of the request at hand has arrived.
pub(crate) fn received(bytes: usize) {
    if trace::is_active() {
        Span::current().record("http.request.body.size", i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

/// The request is answered; with a refusal's code where it was refused. A client's mistake is none of ours.
pub(crate) fn answered(span: &Span, status: StatusCode, code: Option<&str>) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    match code {
        Some(code) if status.is_server_error() => trace::failed(span, code),
        Some(code) => drop(span.record("error.type", code)),
        None => {}
    }
}
