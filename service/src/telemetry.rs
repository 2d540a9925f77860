//! Logs: on stderr, since stdout belongs to alerts and answers.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::{LogFormat, LogSettings};

/// Crates that are heard at the level asked for; all others only from `warn` on.
const OURS: [&str; 7] = ["bus", "evaluator", "ingest", "notifier", "rules", "saker", "service"];

/// Logging cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The level is none.
    #[error(
        "log.level: `{text}` is neither a level (error, warn, info, debug, trace) nor directives as info,bus=debug: {reason}"
    )]
    Level {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Somebody logs already.
    #[error("logging was begun twice")]
    Twice,
}

/// Begins to log. `RUST_LOG` is heeded where the settings say nothing else.
///
/// # Errors
/// Where the level is none, or logging was begun before.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let untouched = settings.level == LogSettings::default().level;
    let rust_log = std::env::var("RUST_LOG").ok().filter(|directives| untouched && !directives.is_empty());
    let filter = filter(rust_log.as_deref().unwrap_or(&settings.level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match settings.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| TelemetryError::Twice)
}

/// What of the log is kept, from a level or from directives.
///
/// # Errors
/// Where the text is neither.
pub fn filter(text: &str) -> Result<EnvFilter, TelemetryError> {
    let wrong = |reason: String| TelemetryError::Level { text: text.to_owned(), reason };
    let is_level = |part: &str| part.trim().parse::<LevelFilter>().is_ok();
    if is_level(text) {
        let directives = OURS.iter().fold("warn".to_owned(), |list, name| format!("{list},{name}={text}"));
        return EnvFilter::try_new(directives).map_err(|error| wrong(error.to_string()));
    }
    // By itself the filter would take a misspelt level for the name of a crate.
    if let Some(part) = text.split(',').find(|part| !is_level(part) && !part.contains(['=', '['])) {
        return Err(wrong(format!("`{part}` is no level")));
    }
    EnvFilter::try_new(text).map_err(|error| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_for_ours_and_directives_stand_alone() {
        let shown = filter("debug").unwrap().to_string();
        assert!(shown.contains("ingest=debug") && shown.ends_with("warn"), "{shown}");
        assert_eq!(filter("info,bus=trace").unwrap().to_string(), "bus=trace,info");
        let error = filter("bus=loud").unwrap_err().to_string();
        assert!(error.contains("`bus=loud` is neither a level"), "{error}");
        assert!(filter("inof").unwrap_err().to_string().ends_with("`inof` is no level"));
    }
}
