//! Logs and traces. Logs go to stderr, since stdout belongs to alerts and answers; traces to an OTLP receiver, where one
//! is named.

mod export;
mod format;

use std::fmt;
use std::io::{self, IsTerminal};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use self::export::Export;
use self::format::{End, Traced};
use crate::{LogFormat, LogSettings, TraceSettings, trace};

/// Crates that are heard at the level asked for; all others only from `warn` on.
const OURS: [&str; 7] = ["bus", "evaluator", "ingest", "notifier", "rules", "saker", "service"];

/// What of the log is kept: a level for our own crates, as `debug`, or directives, as `info,bus=debug`, which then
/// stand alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogLevel(String);

/// Text that is no level.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is neither error, warn, info, debug or trace nor directives as info,bus=debug: {reason}")]
pub struct LogLevelError {
    text: String,
    reason: String,
}

/// Logs or traces cannot be begun.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Logging was begun before.
    #[error("logging was begun twice")]
    Twice,
    /// The way to the OTLP receiver cannot be set up.
    #[error("traces: {0}; mend traces.endpoint or OTEL_EXPORTER_OTLP_ENDPOINT, or leave them out")]
    Traces(String),
}

/// Logs and traces at work. Dropped, it sends the last spans, within some seconds.
#[derive(Debug)]
#[must_use = "spans are lost when this is dropped early"]
pub struct Telemetry(#[expect(dead_code, reason = "it works until it is dropped")] Option<Export>);

/// Begins to log, and to trace where the settings or `OTEL_EXPORTER_OTLP_ENDPOINT` say where to. `RUST_LOG` is heeded
/// where the settings leave the level as it is. `name` is what the process calls itself in traces. Needs to be called
/// inside a tokio runtime.
///
/// # Errors
/// Where logging was begun before, or the way to the receiver cannot be set up.
pub fn init(name: &str, log: &LogSettings, traces: &TraceSettings) -> Result<Telemetry, TelemetryError> {
    let export = Export::begin(name, traces)?;
    let lines = tracing_subscriber::registry().with(lines(log));
    let begun = match &export {
        // Not a layer that does nothing: beside one, what no layer wants is no longer known beforehand.
        None => lines.try_init(),
        Some(export) => lines.with(spans(export)).try_init(),
    };
    begun.map_err(|_| TelemetryError::Twice)?;
    Ok(Telemetry(export))
}

/// The spans that are exported, and nothing else.
fn spans<S: Subscriber + for<'a> LookupSpan<'a>>(export: &Export) -> impl Layer<S> + use<S> {
    tracing_opentelemetry::layer()
        .with_tracer(export.tracer())
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(is_exported))
}

/// The log on stderr.
fn lines(settings: &LogSettings) -> Box<dyn Layer<Registry> + Send + Sync> {
    let rust_log = || std::env::var("RUST_LOG").ok()?.parse::<LogLevel>().ok();
    let is_default = settings.level == LogLevel::default();
    let level = if is_default { rust_log() } else { None };
    // Spans of traces would stand in front of each line.
    let filter = level.as_ref().unwrap_or(&settings.level).filter().and(filter_fn(|what| !is_exported(what)));
    let ansi = io::stderr().is_terminal();
    let format = tracing_subscriber::fmt::format().with_ansi(ansi);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(ansi);
    match settings.format {
        LogFormat::Text => {
            layer.event_format(Traced { inner: format, end: End::Text }).with_filter(filter).boxed()
        }
        LogFormat::Json => {
            let format = format.json().flatten_event(true);
            let layer = layer.fmt_fields(JsonFields::new());
            layer.event_format(Traced { inner: format, end: End::Json }).with_filter(filter).boxed()
        }
    }
}

/// Whether it is a span that is exported.
fn is_exported(what: &Metadata<'_>) -> bool {
    what.is_span() && what.target() == trace::TARGET
}

impl LogLevel {
    fn filter(&self) -> EnvFilter {
        EnvFilter::new(self.directives())
    }

    fn directives(&self) -> String {
        let text = &self.0;
        if !is_level(text) {
            return text.clone();
        }
        OURS.iter().fold("warn".to_owned(), |list, name| format!("{list},{name}={text}"))
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl FromStr for LogLevel {
    type Err = LogLevelError;

    fn from_str(text: &str) -> Result<Self, LogLevelError> {
        let wrong = |reason: String| LogLevelError { text: text.to_owned(), reason };
        // By itself the filter would take a misspelt level for the name of a crate.
        if let Some(part) = text.split(',').find(|part| !is_level(part) && !part.contains(['=', '['])) {
            return Err(wrong(format!("`{part}` is no level")));
        }
        EnvFilter::try_new(text).map(|_| Self(text.to_owned())).map_err(|error| wrong(error.to_string()))
    }
}

impl TryFrom<String> for LogLevel {
    type Error = LogLevelError;

    fn try_from(text: String) -> Result<Self, LogLevelError> {
        text.parse()
    }
}

impl From<LogLevel> for String {
    fn from(level: LogLevel) -> Self {
        level.0
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_level(text: &str) -> bool {
    // The filter's own parser takes numbers and nothing at all, too.
    ["off", "error", "warn", "info", "debug", "trace"]
        .iter()
        .any(|level| level.eq_ignore_ascii_case(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_for_ours_and_directives_stand_alone() {
        let debug: LogLevel = "debug".parse().unwrap();
        assert!(debug.directives().starts_with("warn,") && debug.directives().contains(",ingest=debug,"));
        let own: LogLevel = "info,bus=trace".parse().unwrap();
        assert_eq!(own.directives(), "info,bus=trace");
        assert_eq!(own.filter().to_string(), "bus=trace,info");
    }

    #[test]
    fn what_is_no_level_says_so() {
        for (text, says) in [
            ("inof", "`inof` is no level"),
            ("bus=loud", "`bus=loud` is neither error"),
            ("", "`` is no level"),
        ] {
            let error = text.parse::<LogLevel>().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
