//! The names that Saker uses on a NATS server: streams, subjects, buckets and headers.

use crate::{BusError, Id, Stream};

/// The id of a message, on every message of ours.
pub(super) const ID: &str = "Saker-Id";
/// On the head of a message that was split: under which name its parts were uploaded.
pub(super) const UPLOAD: &str = "Saker-Upload";
/// On such a head: how many parts there are.
pub(super) const PARTS: &str = "Saker-Parts";
/// On such a head: how many bytes all parts have together.
pub(super) const LENGTH: &str = "Saker-Length";
/// On such a head: the BLAKE3 hash of these bytes.
pub(super) const HASH: &str = "Saker-Hash";

/// The trace that a message belongs to, as W3C Trace Context has it.
pub(super) const TRACEPARENT: &str = "traceparent";
/// What tracing systems add to it.
pub(super) const TRACESTATE: &str = "tracestate";

/// The stream of the parts of split messages.
pub(super) const PARTS_STREAM: &str = "saker-parts";

/// The name of a stream on the server.
pub(super) fn stream(stream: Stream) -> &'static str {
    match stream {
        Stream::Events => "saker-events",
        Stream::Alerts => "saker-alerts",
        Stream::DeadLetters => "saker-dead-letters",
    }
}

/// The subject of a message: for all consumers, or for one.
pub(super) fn subject(stream: Stream, only_for: Option<&str>, key: &str) -> Result<String, BusError> {
    match only_for {
        None => Ok(format!("saker.{}.all.{key}", stream.name())),
        Some(consumer) => Ok(format!("saker.{}.to.{}.{key}", stream.name(), consumer_name(consumer)?)),
    }
}

/// Whether a message on this subject is for one consumer only.
pub(super) fn is_addressed(subject: &str) -> bool {
    subject.split('.').nth(2) == Some("to")
}

/// What the subject of a message ends in, where the message is stored whole. Alerts and dead letters are one subject
/// each, so that the server stores each once and finds it by its id. Of chunks of events there are too many for that.
pub(super) fn key(stream: Stream, id: Id) -> String {
    let text = id.to_string();
    match stream {
        Stream::Events => text.chars().take(2).collect(),
        Stream::Alerts | Stream::DeadLetters => text,
    }
}

/// What a consumer listens to.
pub(super) fn filters(stream: Stream, consumer: &str) -> Result<Vec<String>, BusError> {
    Ok(vec![subject(stream, None, "*")?, subject(stream, Some(consumer), "*")?])
}

/// The subject of one part of an upload that belongs to the head on `head`. The subjects of all its parts, and of
/// nothing else, match that of part `*`.
pub(super) fn part(head: &str, upload: &str, number: &str) -> String {
    format!("saker.parts.{}.{upload}.{number}", head.strip_prefix("saker.").unwrap_or(head))
}

/// The subject of the head and the upload that a part belongs to.
pub(super) fn head_of_part(part: &str) -> Option<(String, String)> {
    let (upload_of_head, _number) = part.strip_prefix("saker.parts.")?.rsplit_once('.')?;
    let (head, upload) = upload_of_head.rsplit_once('.')?;
    Some((format!("saker.{head}"), upload.to_owned()))
}

/// The name of the bucket on the server.
pub(super) fn bucket(name: &str) -> Result<String, BusError> {
    let wrong =
        || BusError::Setup(format!("`{name}` cannot name a bucket: use letters, digits, `-` and `_`"));
    is_token(name).then(|| format!("saker-{name}")).ok_or_else(wrong)
}

/// The name of a consumer, if it is one.
pub(super) fn consumer_name(name: &str) -> Result<&str, BusError> {
    let wrong =
        || BusError::Setup(format!("`{name}` cannot name a consumer: use letters, digits, `-` and `_`"));
    is_token(name).then_some(name).ok_or_else(wrong)
}

fn is_token(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.len() <= 128 && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_tells_its_head() {
        for only_for in [None, Some("evaluator")] {
            let head = subject(Stream::Events, only_for, "key").unwrap();
            let part = part(&head, "upload", "3");
            assert_eq!(head_of_part(&part).unwrap(), (head, "upload".to_owned()));
        }
    }

    #[test]
    fn names_that_would_be_other_subjects_are_refused() {
        for name in ["", "a.b", "a b", "*", ">", "ä"] {
            assert!(subject(Stream::Alerts, Some(name), "key").is_err(), "{name}");
            assert!(bucket(name).is_err(), "{name}");
        }
    }

    #[test]
    fn events_share_subjects_and_alerts_do_not() {
        let id = Id::of([b"x".as_slice()]);
        assert_eq!(key(Stream::Events, id).len(), 2);
        assert_eq!(key(Stream::Alerts, id), id.to_string());
    }
}
