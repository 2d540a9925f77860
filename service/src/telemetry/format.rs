//! Log lines that name the trace they belong to.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::trace;

/// A format to whose lines `trace_id` and `span_id` are added where the code at hand works for a trace that is exported.
pub(super) struct Traced<F> {
    /// The format of the rest.
    pub(super) inner: F,
    /// How a line of it ends.
    pub(super) end: End,
}

/// How a line ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// With the last field.
    Text,
    /// With the brace of an object.
    Json,
}

impl<S, N, F> FormatEvent<S, N> for Traced<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some((trace, span)) = trace::current() else {
            return self.inner.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        let line = line.trim_end();
        match self.end {
            End::Text => writeln!(writer, "{line} trace_id={trace} span_id={span}"),
            End::Json => {
                let line = line.strip_suffix('}').unwrap_or(line);
                writeln!(writer, r#"{line},"trace_id":"{trace}","span_id":"{span}"}}"#)
            }
        }
    }
}
