//! Many different events from the few that were recorded: each with an auditID of its own, since ids come from content,
//! and with a time of its own, so that no two alerts are alike.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

/// Larger events are left out: the stories count events, and 1.8 MB ones would only move bytes.
const LARGEST: usize = 60_000;

/// What each line begins with; items of an `EventList` begin with a brace in its place.
pub const HEAD: &str = "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",";

const STAGE_TIMESTAMP: &str = "\"stageTimestamp\":\"";

#[derive(Deserialize)]
struct EventList<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "auditID")]
    audit_id: String,
}

/// The recorded bodies.
///
/// # Panics
/// When they are not there.
pub fn bodies() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("bodies");
    let entries = std::fs::read_dir(directory).expect("the recorded bodies are there");
    let mut bodies: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable directory").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    bodies.sort();
    bodies
}

/// Writes `count` different events to `path`, one a line.
///
/// # Panics
/// When the recorded bodies cannot be read or the file cannot be written.
pub fn write(path: &Path, count: usize) {
    let texts: Vec<String> =
        bodies().iter().map(|body| std::fs::read_to_string(body).expect("a recorded body")).collect();
    let lists: Vec<EventList<'_>> = texts
        .iter()
        .map(|text| serde_json::from_str(text).expect("a recorded body is an EventList"))
        .collect();
    let mut out = BufWriter::new(File::create(path).expect("a file can be written"));
    let events: Vec<&RawValue> = lists.iter().flat_map(|list| list.items.iter().copied()).collect();
    let small = events.into_iter().filter(|event| event.get().len() <= LARGEST).cycle();
    for (number, event) in small.take(count).enumerate() {
        out.write_all(renamed(event.get(), number).as_bytes()).expect("a file can be written");
    }
    out.flush().expect("a file can be written");
}

/// The event as a line of an audit log, under the auditID and at the time that `number` makes.
fn renamed(event: &str, number: usize) -> String {
    let identity: Identity = serde_json::from_str(event).expect("a recorded event has an auditID");
    let mut line = String::with_capacity(event.len() + 64);
    line.push_str(HEAD);
    let rest = event.strip_prefix('{').expect("an event is an object");
    let (before, after) = rest.split_once(&identity.audit_id).expect("the auditID stands in the event");
    let (between, time) = after.rsplit_once(STAGE_TIMESTAMP).expect("a recorded event has a time");
    let (_, after) = time.split_once('"').expect("the time ends");
    let (seconds, micros) = (number / 1_000_000, number % 1_000_000);
    write!(
        line,
        "{before}00000000-0000-4000-8000-{number:012}{between}{STAGE_TIMESTAMP}\
         2026-01-31T12:00:{seconds:02}.{micros:06}Z\"{after}"
    )
    .expect("a string takes all");
    line.push('\n');
    line
}
