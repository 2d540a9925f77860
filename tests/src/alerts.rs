//! Alerts as the stories compare them: what `saker eval` says of the events against what arrived.

use std::collections::HashMap;

use serde_json::Value;

use crate::process;

/// How often each alert, in Falco's shape and without Saker's additions, is there.
pub type Counts = HashMap<String, usize>;

/// What `saker eval` says of the events in a file with the stock settings.
///
/// # Panics
/// When `saker eval` fails.
pub fn expected(events: &std::path::Path) -> Counts {
    let (code, out, err) =
        process::run("saker", &["eval", "--events", events.to_str().expect("an ASCII path")]);
    assert_eq!(code, Some(0), "saker eval failed:\n{err}");
    let mut counts = Counts::new();
    for line in out.lines() {
        *counts.entry(plain(line).0).or_default() += 1;
    }
    counts
}

/// An alert without what Saker adds to Falco's shape, and its id.
///
/// # Panics
/// When the line is not an alert.
pub fn plain(line: &str) -> (String, Option<String>) {
    let mut alert: Value =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("no alert: {error}: {line}"));
    let object = alert.as_object_mut().expect("an alert is an object");
    let id = object.remove("uuid").and_then(|id| id.as_str().map(str::to_owned));
    if let Some(fields) = object.get_mut("output_fields").and_then(Value::as_object_mut) {
        fields.remove("saker.cluster");
        fields.remove("saker.ruleset");
    }
    (alert.to_string(), id)
}

/// The four numbers of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Alerts that were expected.
    pub expected: usize,
    /// Expected alerts that never came.
    pub lost: usize,
    /// Alerts that came under a second id, or that nobody expected.
    pub doubled: usize,
    /// Deliveries of an id that had been delivered before.
    pub repeated: usize,
}

/// Holds what arrived, an entry for each id, against what was expected.
pub fn judge<'a>(expected: &Counts, arrived: impl IntoIterator<Item = &'a str>, repeated: usize) -> Verdict {
    let mut open = expected.clone();
    let mut doubled = 0;
    for line in arrived {
        match open.get_mut(&plain(line).0) {
            Some(left) if *left > 0 => *left -= 1,
            _ => doubled += 1,
        }
    }
    Verdict { expected: expected.values().sum(), lost: open.values().sum(), doubled, repeated }
}
