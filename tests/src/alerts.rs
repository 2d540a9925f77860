//! Alerts as the stories compare them: what `saker eval` says of the events against what arrived.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::process;

/// How often each alert, in Falco's shape and without Saker's additions, is there.
pub type Counts = HashMap<String, usize>;

/// What `saker eval` says of the events in a file with the stock settings.
///
/// # Panics
/// When `saker eval` fails.
pub fn expected(events: &Path) -> Counts {
    expected_by(&[], events)
}

/// As [`expected`], with these flags of `saker eval`.
///
/// # Panics
/// When `saker eval` fails.
pub fn expected_by(flags: &[&str], events: &Path) -> Counts {
    let events = ["eval", "--events", events.to_str().expect("an ASCII path")];
    let (code, out, err) = process::run("saker", &[events.as_slice(), flags].concat());
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
    judge_permitting(expected, &Counts::new(), arrived, repeated)
}

/// As [`judge`], where more may have arrived, and need not.
pub fn judge_permitting<'a>(
    expected: &Counts,
    permitted: &Counts,
    arrived: impl IntoIterator<Item = &'a str>,
    repeated: usize,
) -> Verdict {
    let (mut open, mut permitted) = (expected.clone(), permitted.clone());
    let mut doubled = 0;
    for line in arrived {
        let alert = plain(line).0;
        let takes = |counts: &mut Counts| match counts.get_mut(&alert) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        if !takes(&mut open) && !takes(&mut permitted) {
            eprintln!("nobody expected this, or not twice: {alert}");
            doubled += 1;
        }
    }
    for (alert, _) in open.iter().filter(|(_, left)| **left > 0).take(3) {
        eprintln!("lost, among others: {alert}");
    }
    Verdict { expected: expected.values().sum(), lost: open.values().sum(), doubled, repeated }
}
