//! Alerts as a real Falco printed them, taken apart and printed again.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop and say why"
)]

use std::collections::BTreeMap;
use std::path::Path;

use notifier::falco::{self, Form};
use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Priority, Value};

/// One recorded alert as the evaluator would have stored it. The nanoseconds are in `evt.time`; all else that has to do
/// with time must be made from them.
fn alert(recorded: &serde_json::Value) -> Alert {
    let text = |key: &str| recorded[key].as_str().unwrap().to_owned();
    let priority = Priority::from_str_name(&format!("PRIORITY_{}", text("priority").to_uppercase())).unwrap();
    let fields: BTreeMap<String, serde_json::Value> =
        serde_json::from_value(recorded["output_fields"].clone()).unwrap();
    let (_, message) =
        falco_prefix(&text("output"), &text("priority")).expect("clock time and priority come first");
    Alert {
        rule: text("rule"),
        priority: priority.into(),
        source: text("source"),
        tags: serde_json::from_value(recorded["tags"].clone()).unwrap(),
        message,
        time_unix_nanos: fields["evt.time"].as_i64().unwrap(),
        fields: fields.into_iter().map(|(name, value)| Field { name, value: kind(&value) }).collect(),
        ..Alert::default()
    }
}

fn falco_prefix(output: &str, priority: &str) -> Option<(String, String)> {
    let (clock, rest) = output.split_once(": ")?;
    Some((clock.to_owned(), rest.strip_prefix(priority)?.strip_prefix(' ')?.to_owned()))
}

fn kind(value: &serde_json::Value) -> Option<Value> {
    let kind = match value {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(truth) => Kind::Boolean(*truth),
        serde_json::Value::Number(number) => Kind::Signed(number.as_i64().unwrap()),
        serde_json::Value::String(text) => Kind::Text(text.clone()),
        other => panic!("no alert here has {other}"),
    };
    Some(Value { kind: Some(kind) })
}

/// The value as Falco writes it: compact, keys in order.
fn written(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(members) => {
            let sorted: BTreeMap<&String, &serde_json::Value> = members.iter().collect();
            let members = sorted
                .iter()
                .map(|(key, value)| format!("{}:{}", written(&(*key).clone().into()), written(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn alerts_are_printed_as_falco_prints_them() {
    let path =
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance/several_files.jsonl"));
    if !path.exists() && std::env::var_os("CI").is_none() {
        println!("skipped: {} is not here", path.display());
        return;
    }
    let recorded = std::fs::read_to_string(path).unwrap();
    let cases = recorded.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    // Falco's option to write the date as well is not one of ours.
    let cases = cases.filter(|case| case["options"]["time_format_iso_8601"] != true);
    let alerts: Vec<serde_json::Value> =
        cases.flat_map(|case| case["alerts"].as_array().unwrap().clone()).collect();
    assert!(alerts.len() > 20, "only {} alerts", alerts.len());
    for recorded in alerts {
        let alert = alert(&recorded);
        let printed = falco::json(&alert, Form::Plain);
        assert_eq!(printed, written(&recorded).replacen('{', r#"{"hostname":"","#, 1));
        assert_eq!(falco::text(&alert), recorded["output"].as_str().unwrap());
    }
}
