//! The spans of messages that belong to a trace: on their way to the bus, and worked at by whoever was given them.

use service::trace::{self, Destination};
use tracing::Span;

use crate::{Bus, Content, Stream, TraceContext};

/// A message on its way to a stream, as a step of the trace at hand; none where there is no trace.
pub(crate) fn sending(bus: &Bus, stream: Stream) -> Span {
    trace::sending(place(bus, stream))
}

/// What a message carries on from a span.
pub(crate) fn context(span: &Span) -> Option<TraceContext> {
    trace::headers(span).and_then(|headers| TraceContext::new(&headers.parent, &headers.state))
}

/// The message could not be stored.
pub(crate) fn not_stored(span: &Span) {
    trace::failed(span, "not-stored");
}

/// Work on a message that a consumer was given, for the so-manieth time, as a child of what sent it.
pub(crate) fn processing<M: Content>(
    bus: &Bus,
    consumer: &str,
    attempt: u64,
    context: &TraceContext,
) -> Span {
    let span = trace::processing(place(bus, M::STREAM), consumer, context.parent(), context.state());
    span.record("saker.attempt", i64::try_from(attempt).unwrap_or(i64::MAX));
    span
}

fn place(bus: &Bus, stream: Stream) -> Destination<'static> {
    Destination { system: bus.backend.system(), name: stream.name() }
}
