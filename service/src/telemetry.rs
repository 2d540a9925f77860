//! Logs: on stderr, since stdout belongs to alerts and answers.

use std::fmt;
use std::io::{self, IsTerminal};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use crate::{LogFormat, LogSettings};

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

/// Logging was begun before.
#[derive(Debug, thiserror::Error)]
#[error("logging was begun twice")]
pub struct TelemetryError;

/// Begins to log. `RUST_LOG` is heeded where the settings leave the level as it is.
///
/// # Errors
/// Where logging was begun before.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let rust_log = || std::env::var("RUST_LOG").ok()?.parse::<LogLevel>().ok();
    let is_default = settings.level == LogLevel::default();
    let level = if is_default { rust_log() } else { None };
    let filter = level.as_ref().unwrap_or(&settings.level).filter();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| TelemetryError)
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
