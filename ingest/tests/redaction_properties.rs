//! A secret, planted anywhere and spelled in any way, is gone from what redaction leaves, and nothing else has changed.
#![expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "helpers of tests may fail like tests"
)]

use bytes::Bytes;
use ingest::redact::{Key, Redactor, Settings};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What stands in the leaf that must go.
const PLANTED: &str = "\u{0}planted\u{0}";

fn redactor(key: bool) -> Redactor {
    let written = Key::new(&[b'k'; 32]).unwrap();
    Redactor::new(&Settings::default(), key.then_some(&written))
}

/// Any JSON, with names that redaction looks for among its keys, but nothing that is secret.
fn noise() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-z\"\\\\é{}\\[\\]]{0,6}".prop_map(Into::into),
        prop::sample::select(vec!["Secrets", "ConfigMap", "secret", "/data/x"]).prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::hash_map(key(), inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let known = vec![
        "data",
        "stringData",
        "items",
        "spec",
        "status",
        "token",
        "metadata",
        "annotations",
        "path",
        "value",
    ];
    prop_oneof![prop::sample::select(known).prop_map(str::to_owned), "[a-z\"\\\\é]{0,5}"]
}

fn secret() -> impl Strategy<Value = String> {
    "[A-Za-z0-9\"\\\\/<é😀]{12,24}".prop_map(|text| format!("S3cr{text}"))
}

/// Where a secret may stand, with [`PLANTED`] in its place: what the event is about, and its requestObject.
fn places() -> impl Strategy<Value = (Value, Value)> {
    let secret = |key: &str, values: &str, noise: &Value| json!({"a": noise, values: {key: PLANTED, "other": null}, "kind": "Secret", "metadata": noise});
    let object = (key(), prop::sample::select(vec!["data", "stringData"]), noise())
        .prop_map(move |(key, values, noise)| secret(&key, values, &noise));
    let last_applied = noise().prop_map(|noise| {
        json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": PLANTED, "x": noise}}})
    });
    let token = prop_oneof![
        noise().prop_map(|noise| json!({"status": {"token": PLANTED, "x": noise}, "kind": "TokenRequest"})),
        noise().prop_map(|noise| json!({"spec": {"x": noise, "token": PLANTED}, "kind": "TokenReview"})),
    ];
    let list = noise().prop_map(
        |noise| json!({"items": [{"metadata": noise}, {"metadata": noise, "data": {"x": PLANTED}}], "kind": "SecretList"}),
    );
    let anywhere =
        (prop_oneof![object, last_applied, token, list], prop::collection::vec((key(), noise()), 0..4));
    let anywhere = anywhere.prop_map(|(planted, around)| {
        let wrap = |inside, (key, noise): (String, Value)| {
            if key.len() % 2 == 0 {
                json!([noise, inside])
            } else {
                json!({"x": noise, format!("{key}y"): inside})
            }
        };
        (json!({"resource": "things"}), json!({"within": around.into_iter().fold(planted, wrap)}))
    });
    let patch = (key(), noise()).prop_map(|(key, noise)| {
        let pointer = key.replace('~', "~0").replace('/', "~1");
        let patch = json!([
            {"op": "add", "path": "/metadata/labels/a", "value": noise},
            {"value": PLANTED, "op": "replace", "path": format!("/data/{pointer}")}
        ]);
        (json!({"resource": "secrets"}), patch)
    });
    let merge = key().prop_map(|key| (json!({"resource": "secrets"}), json!({"stringData": {key: PLANTED}})));
    prop_oneof![3 => anywhere, 1 => patch, 1 => merge]
}

/// Writes JSON with escapes wherever `choices` says so.
fn spelled(value: &Value, choices: &mut impl FnMut() -> bool, out: &mut String) {
    match value {
        Value::String(text) => spelled_text(text, choices, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { " ," } else { "" });
                spelled(item, choices, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                spelled_text(key, choices, out);
                out.push_str(": ");
                spelled(value, choices, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn spelled_text(text: &str, choices: &mut impl FnMut() -> bool, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        if choices() {
            let mut units = [0; 2];
            character
                .encode_utf16(&mut units)
                .iter()
                .for_each(|unit| out.push_str(&format!("\\u{unit:04X}")));
        } else {
            let quoted = serde_json::to_string(&character).unwrap();
            out.push_str(&quoted[1..quoted.len() - 1]);
        }
    }
    out.push('"');
}

/// The value with all that is planted replaced.
fn with(value: &Value, planted: &str) -> Value {
    match value {
        Value::String(text) if text == PLANTED => planted.into(),
        Value::Array(items) => items.iter().map(|item| with(item, planted)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), with(value, planted)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        (0..=group.len())
            .map(|index| char::from(DIGITS[(bits >> (18 - 6 * index) & 63) as usize]))
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// The marker that stands in the place of what was planted.
fn marker(before: &Value, after: &Value) -> Option<String> {
    match (before, after) {
        (Value::String(before), Value::String(after)) => (before == PLANTED).then(|| after.clone()),
        (Value::Array(before), Value::Array(after)) => {
            before.iter().zip(after).find_map(|(before, after)| marker(before, after))
        }
        (Value::Object(before), Value::Object(after)) => {
            before.iter().find_map(|(key, value)| marker(value, after.get(key)?))
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_planted_is_gone_and_nothing_else(
        (about, object) in places(),
        secret in secret(),
        in_base64 in any::<bool>(),
        seed in any::<u64>(),
        often in 0_u64..4,
        has_key in any::<bool>(),
        behind in any::<bool>(),
    ) {
        let mut state = seed | 1;
        let mut choices = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 4 < often
        };
        let value = if in_base64 { base64(secret.as_bytes()) } else { secret.clone() };
        let event = json!({"objectRef": about, "requestObject": object});
        let (mut about_text, mut object_text) = (String::new(), String::new());
        spelled(&event["objectRef"], &mut choices, &mut about_text);
        spelled(&with(&event["requestObject"], &value), &mut choices, &mut object_text);
        let text = if behind {
            format!("{{\"requestObject\":{object_text},\"objectRef\":{about_text}}}")
        } else {
            format!("{{\"objectRef\":{about_text},\"requestObject\":{object_text}}}")
        };
        let redactor = redactor(has_key);
        let left = redactor.event(Bytes::from(text.clone()));
        let left_text = std::str::from_utf8(&left).unwrap();

        let after: Value = serde_json::from_slice(&left).expect("what is left is JSON");
        let marker = marker(&event, &after).expect("something stands in its place");
        prop_assert!(marker.starts_with("redacted"), "{marker}");
        prop_assert_eq!(&after, &with(&event, &marker), "nothing else has changed: {}", text);
        for form in [secret.clone(), base64(secret.as_bytes()), serde_json::to_string(&secret).unwrap().trim_matches('"').to_owned()] {
            prop_assert!(!left_text.contains(&form), "{form} in {left_text}");
        }
        prop_assert_eq!(redactor.event(left.clone()), left.clone(), "again");

        // Cut off anywhere, nothing of it is told either.
        let cut = (seed % text.len() as u64) as usize;
        let piece = redactor.piece(Bytes::copy_from_slice(&text.as_bytes()[..cut]));
        let piece = String::from_utf8_lossy(&piece);
        let head: String = value.chars().take(8).collect();
        prop_assert!(!piece.contains(&head), "{value} in {piece}");
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let redactor = redactor(true);
        let left = redactor.piece(bytes.clone().into());
        prop_assert_eq!(redactor.piece(left.clone()), left);
    }
}
