//! An audit event as bytes, read once into a flat tape.

mod json;
mod reader;
mod text;
mod timestamp;

pub use json::{Json, Kind, Tape};
pub(crate) use timestamp::days_to_civil;

use timestamp::parse_rfc3339;

/// Why some bytes are not an event that rules can be held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// Not JSON, by the lenient reading that Falco gives events.
    #[error("not JSON: {what} at byte {at}")]
    Broken {
        /// What is wrong.
        what: &'static str,
        /// Where.
        at: usize,
    },
    /// JSON, but not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// Without a `stageTimestamp` that says when it happened.
    #[error("no stageTimestamp in RFC 3339")]
    NoTime,
}

/// An event that was read: its JSON and its time.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The top of the document; an object.
    pub root: Json<'a>,
    /// `stageTimestamp`, in nanoseconds since 1970.
    pub time_unix_nanos: i64,
}

impl<'a> Event<'a> {
    /// Reads `bytes` into `tape`, whose memory is used again from event to event.
    pub fn read(bytes: &'a [u8], tape: &'a mut Tape) -> Result<Self, NotAnEvent> {
        let root = tape.read(bytes)?;
        if root.kind() != Kind::Object {
            return Err(NotAnEvent::NotAnObject);
        }
        let stamp = root.get(b"stageTimestamp").filter(|stamp| stamp.kind() == Kind::String);
        let time = stamp.and_then(|stamp| match stamp.plain() {
            Some(plain) => parse_rfc3339(plain),
            None => parse_rfc3339(&stamp.to_text()),
        });
        Ok(Self { root, time_unix_nanos: time.ok_or(NotAnEvent::NoTime)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Result<i64, NotAnEvent> {
        let mut tape = Tape::default();
        Event::read(text.as_bytes(), &mut tape).map(|event| event.time_unix_nanos)
    }

    #[test]
    fn takes_the_stage_timestamp() {
        assert_eq!(time(r#"{"stageTimestamp":"1970-01-01T00:00:01.5Z"}"#), Ok(1_500_000_000));
        assert_eq!(time(r#"{"stageTimestamp":"1970-01-01T00:00:01\u005a"}"#), Ok(1_000_000_000));
    }

    #[test]
    fn refuses_what_has_no_time() {
        assert_eq!(time("{}"), Err(NotAnEvent::NoTime));
        assert_eq!(time(r#"{"stageTimestamp":12}"#), Err(NotAnEvent::NoTime));
        assert_eq!(time(r#"[{"stageTimestamp":"1970-01-01T00:00:01Z"}]"#), Err(NotAnEvent::NotAnObject));
    }

    #[test]
    fn the_first_of_two_equal_keys_counts() {
        let twice = r#"{"stageTimestamp":"1970-01-01T00:00:01Z","stageTimestamp":"1970-01-01T00:00:02Z"}"#;
        assert_eq!(time(twice), Ok(1_000_000_000));
    }
}
