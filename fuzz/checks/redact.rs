//! Redaction: any bytes are taken; what is left stays so when it is redacted again; JSON stays JSON with the same keys,
//! of which only values have become markers; and no value of a Secret that stands as an object is left.

use std::sync::LazyLock;

use ingest::redact::{Key, Redactor, Settings};
use serde_json::Value;

static REDACTORS: LazyLock<[Redactor; 2]> = LazyLock::new(|| {
    let key = Key::new(&[b'k'; 32]).expect("a key");
    [None, Some(&key)].map(|key| Redactor::new(&Settings::default(), key))
});

/// Holds what must be true of any bytes against some.
pub fn check(data: &[u8]) {
    let before: Option<Value> = serde_json::from_slice(data).ok();
    for redactor in REDACTORS.iter() {
        let piece = redactor.piece(data.to_vec().into());
        assert_eq!(redactor.piece(piece.clone()), piece, "again");
        let event = redactor.event(data.to_vec().into());
        if let Some(before) = &before {
            let after: Value = serde_json::from_slice(&event).expect("JSON stays JSON");
            assert!(compare(before, &after), "{before} {after}");
            // Of several members of the same key, serde sees the last.
            let piece: Value = serde_json::from_slice(&piece).expect("JSON stays JSON");
            assert!(compare(before, &piece), "{before} {piece}");
            let is_configmap = before["objectRef"]["resource"] == "configmaps";
            assert!(is_configmap || !tells(&after), "{after}");
        }
    }
}

/// Whether two values differ in nothing but markers.
fn compare(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| compare(before, after))
        }
        (Value::Object(before), Value::Object(after)) => {
            before.keys().eq(after.keys()) && before.iter().all(|(key, value)| compare(value, &after[key]))
        }
        (before, after) => before == after || after.as_str().is_some_and(|text| text.starts_with("redacted")),
    }
}

/// Whether a Secret in it has a value that is no marker.
fn tells(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(tells),
        Value::Object(members) => {
            let is_secret = members.get("kind").is_some_and(|kind| kind == "Secret");
            let values = members.get("data").and_then(Value::as_object).filter(|_| is_secret);
            let is_told = |value: &Value| match value {
                Value::Null => false,
                Value::String(text) => !text.is_empty() && !text.starts_with("redacted"),
                _ => true,
            };
            values.is_some_and(|values| values.values().any(is_told)) || members.values().any(tells)
        }
        _ => false,
    }
}
