//! A recorded event under an id and a time of its own, by replacing text: all else stays byte for byte.

use std::ops::Range;

use jiff::Timestamp;
use rand::RngExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The values that make an event another one.
#[derive(Deserialize)]
struct Identity<'a> {
    #[serde(borrow, rename = "auditID")]
    audit_id: Option<&'a RawValue>,
    #[serde(borrow, rename = "requestReceivedTimestamp")]
    received: Option<&'a RawValue>,
    #[serde(borrow, rename = "stageTimestamp")]
    staged: Option<&'a RawValue>,
}

/// Appends the event to `into` with an auditID of its own and the time `now`; as it is, where it cannot be read.
pub fn freshened(event: &[u8], now: Timestamp, into: &mut Vec<u8>) {
    let identity: Option<Identity<'_>> = serde_json::from_slice(event).ok();
    let Some(identity) = identity else { return into.extend_from_slice(event) };
    let time = format!("\"{}\"", now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ"));
    let id = format!("\"{}\"", uuid::Builder::from_random_bytes(rand::rng().random()).into_uuid());
    let mut changes: Vec<(Range<usize>, &str)> =
        [(identity.audit_id, id.as_str()), (identity.received, &time), (identity.staged, &time)]
            .into_iter()
            .filter_map(|(value, new)| Some((place_of(value?, event), new)))
            .collect();
    changes.sort_by_key(|(range, _)| range.start);
    let mut done = 0;
    for (range, new) in changes {
        into.extend_from_slice(event.get(done..range.start).unwrap_or_default());
        into.extend_from_slice(new.as_bytes());
        done = range.end;
    }
    into.extend_from_slice(event.get(done..).unwrap_or_default());
}

/// Where a borrowed value stands in the text that it was read from.
fn place_of(value: &RawValue, text: &[u8]) -> Range<usize> {
    let start = value.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start.saturating_add(value.get().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_700_000_000, 123_456_789);

    fn run(event: &str) -> String {
        let mut into = b"before".to_vec();
        freshened(event.as_bytes(), NOW, &mut into);
        String::from_utf8(into).unwrap().strip_prefix("before").unwrap().to_owned()
    }

    #[test]
    fn id_and_times_are_replaced_and_all_else_stays() {
        let event = r#"{ "stageTimestamp":"2020-01-01T00:00:00.000000Z","a":[1e2, "\u003c"],"auditID" : "old",
            "responseObject":{"auditID":"old","stageTimestamp":"x"},"requestReceivedTimestamp":"2020-01-01T00:00:00Z"}"#;
        let fresh = run(event);
        let id = fresh.split("\"auditID\" : \"").nth(1).unwrap().get(..36).unwrap().to_owned();
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
        let time = "2023-11-14T22:13:20.123456Z";
        let expected = event
            .replace("\"auditID\" : \"old\"", &format!("\"auditID\" : \"{id}\""))
            .replace("2020-01-01T00:00:00.000000Z", time)
            .replace("2020-01-01T00:00:00Z", time);
        assert_eq!(fresh, expected);
        assert_ne!(run(event), fresh);
    }

    #[test]
    fn what_is_no_event_stays() {
        for text in ["{\"verb\":\"get\"}", "nonsense", "{\"auditID\":1,\"auditID\":2}"] {
            assert_eq!(run(text), text);
        }
    }
}
