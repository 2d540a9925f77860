//! What an answer means: arrived, try again, never. What a server says is kept short, and read to no end.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::sink::Failure;

/// How much of an answer that explains a refusal is kept.
const LONGEST_EXPLANATION: usize = 512;

/// A server's answer to what it has taken, or says it has.
pub(crate) struct Answer(Response);

impl Answer {
    /// # Errors
    /// Any answer but a success.
    pub(super) async fn judged(answer: Response) -> Result<Self, Failure> {
        let status = answer.status();
        if status.is_success() {
            return Ok(Self(answer));
        }
        let retry_after = retry_after(answer.headers(), Timestamp::now());
        let location = answer.headers().contains_key("location");
        let reason = match explanation(answer).await.as_str() {
            _ if status.is_redirection() && location => {
                format!("it answered {status}; redirects are not followed: set the URL that it points to")
            }
            "" => format!("it answered {status}"),
            explanation => format!("it answered {status}: {explanation}"),
        };
        if is_for_good(status) {
            Err(Failure::Refused(reason))
        } else {
            Err(Failure::Away { reason, retry_after })
        }
    }

    /// The JSON in it.
    ///
    /// # Errors
    /// Where it has more than `longest` bytes, is cut off, or is no such JSON: then nobody knows whether the alerts arrived.
    pub(crate) async fn json<T: DeserializeOwned>(self, longest: usize) -> Result<T, Failure> {
        let (bytes, whole) = beginning(self.0, longest).await;
        if !whole {
            return Err(Failure::away(format!("its answer ends early, or has more than {longest} bytes")));
        }
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::away(format!("its answer makes no sense ({error}): {}", in_one_line(&bytes)))
        })
    }
}

/// Whether the same alert would be refused again. An answer that speaks of time, of load, of who may post or of where to
/// says nothing about the alert.
pub(crate) fn is_for_good(status: StatusCode) -> bool {
    let of_access = [401, 402, 403, 404, 405, 407, 410, 421, 423];
    let of_time = [408, 425, 429];
    status.is_client_error() && !of_access.contains(&status.as_u16()) && !of_time.contains(&status.as_u16())
}

/// The wait that the server asks for, in seconds or until a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTimeParser::new().parse_timestamp(text).ok()?;
    Duration::try_from(until.duration_since(now)).ok()
}

/// The beginning of the answer's body as one line.
async fn explanation(answer: Response) -> String {
    let (bytes, _) = beginning(answer, LONGEST_EXPLANATION).await;
    in_one_line(&bytes)
}

/// So many bytes of the answer's body, and whether that is all of it.
async fn beginning(mut answer: Response, longest: usize) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let whole = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= longest => bytes.extend_from_slice(&chunk),
            Ok(Some(chunk)) => {
                bytes.extend_from_slice(&chunk);
                break false;
            }
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    bytes.truncate(longest);
    (bytes, whole)
}

fn in_one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_EXPLANATION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn answers_that_are_for_good() {
        let all: Vec<u16> =
            (200..600).filter(|code| is_for_good(StatusCode::from_u16(*code).unwrap())).collect();
        let passing = [401, 402, 403, 404, 405, 407, 408, 410, 421, 423, 425, 429];
        let expected: Vec<u16> = (400..500).filter(|code| !passing.contains(code)).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn retry_after_in_seconds_or_until_a_date() {
        let now = "2026-10-21T07:27:00Z".parse().unwrap();
        let asked = |text: &str| {
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]), now)
        };
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("Wed, 21 Oct 2026 07:28:00 GMT"), Some(Duration::from_secs(60)));
        assert_eq!(asked("Wed, 21 Oct 2026 07:26:00 GMT"), None, "that is past");
        for no_wish in ["-7", "soon", ""] {
            assert_eq!(asked(no_wish), None);
        }
    }
}
