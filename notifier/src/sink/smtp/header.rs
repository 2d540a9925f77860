//! Headers of the operator's, checked so that they can neither replace ours nor begin a new one.

use std::collections::BTreeMap;

use lettre::message::MessageBuilder;
use lettre::message::header::{HeaderName, HeaderValue};

use crate::sink::SinkError;

/// The most headers, and the longest value.
const MOST: usize = 20;
const LONGEST: usize = 900;

/// What the message has already.
const OURS: [&str; 12] = [
    "from", "sender", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "auto-submitted", "return-path",
    "received",
];

/// Headers that every message has.
#[derive(Debug, Clone, Default)]
pub(super) struct CustomHeaders(Vec<HeaderValue>);

impl CustomHeaders {
    /// # Errors
    /// Where a header is none, is one of ours, or there are too many.
    pub(super) fn parse(headers: &BTreeMap<String, String>) -> Result<Self, SinkError> {
        if headers.len() > MOST {
            return Err(SinkError(format!("headers: there are more than {MOST}")));
        }
        headers.iter().map(|(name, value)| parsed(name, value)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn on(&self, message: MessageBuilder) -> MessageBuilder {
        self.0.iter().fold(message, |message, header| message.raw_header(header.clone()))
    }
}

fn parsed(name: &str, value: &str) -> Result<HeaderValue, SinkError> {
    let wrong = |why: &str| SinkError(format!("headers.{name}: {why}"));
    let lower = name.to_ascii_lowercase();
    if OURS.contains(&lower.as_str()) || lower.starts_with("content-") {
        return Err(wrong("is set by Saker"));
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(letters) {
        return Err(wrong("is not the name of a header: use up to 64 letters, digits and `-`"));
    }
    if value.len() > LONGEST || value.contains(char::is_control) {
        return Err(wrong("its value is longer than 900 bytes or has control characters, such as line ends"));
    }
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| wrong("is not the name of a header"))?;
    Ok(HeaderValue::new(name, value.to_owned()))
}
