//! The events that examples can start from, for people who write examples.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use rules::examples::BaseEvents;
use serde_json::Value;

use super::TestError;

/// Prints the one of that name, or lists them all where the name is empty.
pub(super) fn print(name: &str) -> Result<ExitCode, TestError> {
    let events = BaseEvents::builtin();
    let mut out = BufWriter::new(io::stdout().lock());
    if name.is_empty() {
        let width = events.names().map(str::len).max().unwrap_or_default();
        for name in events.names() {
            let event = events.get(name).unwrap_or_default();
            let text = |key| event.get(key).and_then(Value::as_str).unwrap_or_default();
            writeln!(out, "{name:<width$}  {} {}", text("verb"), text("requestURI"))?;
        }
    } else {
        let event = events.get(name).ok_or_else(|| TestError::NoBaseEvent(name.to_owned()))?;
        writeln!(out, "{event:#}")?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
