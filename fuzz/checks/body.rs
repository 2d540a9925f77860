//! A request's body: its parts are disjoint and in order, every event is a JSON object, and a body that is valid JSON
//! and an event or a list of events loses none of them.

use ingest::split::{Part, split};
use serde_json::value::RawValue;

/// Holds what must be true of any body against one.
pub fn check(data: &[u8]) {
    let mut end = 0;
    let mut events = Vec::new();
    for part in split(data, 1 << 20) {
        let range = match part {
            Ok(Part::Event(range)) => {
                events.push(range.clone());
                range
            }
            Ok(Part::Broken(broken)) => {
                assert!(!broken.reason.is_empty());
                broken.range
            }
            Err(error) => {
                assert!(events.is_empty() && error.offset <= data.len());
                continue;
            }
        };
        assert!(range.start >= end && range.end <= data.len(), "{range:?} behind {end}");
        end = range.end;
    }
    for event in &events {
        assert_eq!(data.get(event.start), Some(&b'{'));
        assert_eq!(data.get(event.end - 1), Some(&b'}'));
    }
    let whole: Result<&RawValue, _> = serde_json::from_slice(data);
    if whole.is_ok() {
        // What serde takes as JSON is split into JSON.
        for event in events {
            let event: Result<&RawValue, _> = serde_json::from_slice(&data[event]);
            assert!(event.is_ok());
        }
    }
}
