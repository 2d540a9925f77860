//! Dead letters for people and for programs.

use std::io::{self, Write};

use bus::Content;
use bytes::Bytes;
use jiff::Timestamp;
use notifier::falco;
use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;
use serde_json::{Value, json};

/// Whether the JSON form holds what the letter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    Shown,
    Left,
}

pub(super) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

pub(super) fn all(bytes: &[u8]) -> io::Result<()> {
    io::stdout().lock().write_all(bytes)
}

/// One line: when, which, where from, why.
pub(super) fn summary(letter: &DeadLetter) -> String {
    let by = if letter.consumer.is_empty() { &letter.stream } else { &letter.consumer };
    let cluster = if letter.cluster.is_empty() { "-" } else { &letter.cluster };
    let reason = one_line(&letter.reason);
    format!(
        "{}  {}  {}  {by}  {cluster}  {} bytes  {reason}",
        time(letter),
        letter.id,
        letter.code,
        letter.length
    )
}

/// All that is known, and then what it holds.
pub(super) fn page(letter: &DeadLetter) -> String {
    let kept = u64::try_from(letter.payload.len()).unwrap_or(u64::MAX);
    let kept = if letter.replayable {
        "a whole message: `saker dlq replay` puts it back".to_owned()
    } else if kept < letter.length {
        format!("the first {kept} bytes")
    } else {
        "all of it".to_owned()
    };
    let consumer =
        if letter.consumer.is_empty() { "none: it never got onto the stream" } else { &letter.consumer };
    let rows = [
        ("id", letter.id.as_str()),
        ("time", &time(letter)),
        ("code", &letter.code),
        ("reason", &one_line(&letter.reason)),
        ("stream", &letter.stream),
        ("consumer", consumer),
        ("cluster", &letter.cluster),
        ("length", &letter.length.to_string()),
        ("hash", &letter.hash),
        ("kept", &kept),
    ];
    let head: String = rows.iter().map(|(name, value)| format!("{name:<9} {value}\n")).collect();
    format!("{head}\n{}\n", String::from_utf8_lossy(&content(letter)).trim_end())
}

/// For programs.
pub(super) fn json(letter: &DeadLetter, payload: Payload) -> String {
    let mut object = json!({
        "id": letter.id,
        "time": time(letter),
        "code": letter.code,
        "reason": letter.reason,
        "stream": letter.stream,
        "consumer": letter.consumer,
        "cluster": letter.cluster,
        "length": letter.length,
        "hash": letter.hash,
        "replayable": letter.replayable,
    });
    if let (Payload::Shown, Value::Object(table)) = (payload, &mut object) {
        table.insert("payload".to_owned(), String::from_utf8_lossy(&content(letter)).into());
    }
    object.to_string()
}

/// What it holds, as it was received: events one a line, an alert as JSON, and what is no message as it is.
pub(super) fn content(letter: &DeadLetter) -> Vec<u8> {
    let message = match (letter.replayable, letter.stream.as_str()) {
        (true, "events") => decoded::<EventChunk>(&letter.payload).map(|chunk| {
            chunk.events.iter().flat_map(|event| [event.as_ref(), b"\n"]).collect::<Vec<_>>().concat()
        }),
        (true, "alerts") => decoded::<Alert>(&letter.payload)
            .map(|alert| (falco::json(&alert, falco::Form::Extended) + "\n").into_bytes()),
        _ => None,
    };
    message.unwrap_or_else(|| letter.payload.to_vec())
}

fn decoded<M: Content>(payload: &Bytes) -> Option<M> {
    M::decode(payload.clone()).ok()
}

fn time(letter: &DeadLetter) -> String {
    let time = Timestamp::from_nanosecond(i128::from(letter.time_unix_nanos)).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Without line breaks and other control characters, which would let content forge lines.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
