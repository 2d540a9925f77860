//! Traces across processes: a span's context as the text that W3C Trace Context defines, and a span that goes on where
//! such a text left off.
//!
//! Spans that are to be exported have the target [`TARGET`]; without an exporter such a span is never made and costs
//! nothing. Only ingest begins traces. Whoever comes later goes on with the context that a message carries, and only
//! sampled ones are carried, so that what is not sampled costs nothing there either.

use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, SpanId, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of the spans that are exported.
pub const TARGET: &str = "saker::trace";

/// The header that names trace and span.
pub const TRACEPARENT: &str = "traceparent";

/// The header with what tracing systems add.
pub const TRACESTATE: &str = "tracestate";

/// The headers that carry the context of a span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// `traceparent`.
    pub parent: String,
    /// `tracestate`; empty where there is none.
    pub state: String,
}

/// The headers for what a span sends on; `None` where it is not exported.
pub fn headers(span: &Span) -> Option<Headers> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    if !context.span().span_context().is_sampled() {
        return None;
    }
    let mut headers = Headers::default();
    TraceContextPropagator::new().inject_context(&context, &mut headers);
    Some(headers)
}

/// Makes a new span a child of the one that these headers name. Headers that are none change nothing.
pub fn follow(span: &Span, parent: &str, state: &str) {
    if span.is_disabled() {
        return;
    }
    let carried = Carried { parent, state };
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &carried);
    if context.span().span_context().is_valid() && span.set_parent(context).is_err() {
        tracing::debug!("a span could not be made a child");
    }
}

/// A place in a messaging system, as OpenTelemetry's conventions name it.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// `messaging.system`.
    pub system: &'a str,
    /// `messaging.destination.name`: one of few.
    pub name: &'a str,
}

/// The span of a message on its way to its destination; none outside of a trace.
pub fn sending(to: Destination<'_>) -> Span {
    if !is_active() {
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET,
        "send",
        otel.name = format!("send {}", to.name),
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = to.system,
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.destination.name = to.name,
        error.type = Empty,
    )
}

/// The span of work on a message that came with these headers, as a child of what sent it.
pub fn processing(from: Destination<'_>, consumer: &str, parent: &str, state: &str) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "process",
        otel.name = format!("process {}", from.name),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.system = from.system,
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = from.name,
        messaging.consumer.group.name = consumer,
        messaging.batch.message_count = Empty,
        error.type = Empty,
        saker.attempt = Empty,
        saker.alerts = Empty,
        saker.sink = Empty,
        saker.result = Empty,
    );
    follow(&span, parent, state);
    span
}

/// Notes that what the span stands for failed; `kind` is a short stable word, never a text with contents in it.
pub fn failed(span: &Span, kind: &str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", kind);
}

/// Whether the code at hand works for a trace that is exported.
pub fn is_active() -> bool {
    current().is_some()
}

/// Trace and span that the code at hand works for, where they are exported.
pub(crate) fn current() -> Option<(TraceId, SpanId)> {
    Context::map_current(|context| {
        let span = context.span();
        let found = span.span_context();
        found.is_sampled().then(|| (found.trace_id(), found.span_id()))
    })
}

impl Injector for Headers {
    fn set(&mut self, key: &str, value: String) {
        match key {
            TRACEPARENT => self.parent = value,
            TRACESTATE => self.state = value,
            _ => {}
        }
    }
}

struct Carried<'a> {
    parent: &'a str,
    state: &'a str,
}

impl Extractor for Carried<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => Some(self.parent),
            TRACESTATE => Some(self.state),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}
