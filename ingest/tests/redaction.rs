//! What redaction makes of events: cases in files, held against snapshots; and what holds of all recorded bodies.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use bytes::Bytes;
use ingest::redact::{Key, Redactor, Settings};
use ingest::split::{Part, split};
use serde_json::Value;

fn redactor(paths: &str, key: Option<&Key>) -> Redactor {
    let paths = paths.split_whitespace().map(|path| path.parse().unwrap()).collect();
    Redactor::new(&Settings { paths, ..Settings::default() }, key)
}

fn key() -> Key {
    Key::new(&[b'k'; 32]).unwrap()
}

fn redacted(redactor: &Redactor, event: &str) -> String {
    String::from_utf8(redactor.event(Bytes::from(event.to_owned())).to_vec()).unwrap()
}

/// The lines of a case file: each event as it comes out, remarks as they are.
fn case(text: &str) -> String {
    let mut stock = redactor("", None);
    let keyed = redactor("", Some(&key()));
    text.lines().fold(String::new(), |mut out, line| {
        if let Some(paths) = line.strip_prefix("paths: ") {
            stock = redactor(paths, None);
        }
        if line.starts_with('{') {
            let left = redacted(&stock, line);
            assert_eq!(redacted(&stock, &left), left, "again");
            let twice = redacted(&keyed, &redacted(&keyed, line));
            assert_eq!(redacted(&keyed, line), twice, "again, with a key");
            writeln!(out, "{}", if left == line { "as it was" } else { &left }).unwrap();
        } else {
            writeln!(out, "{line}").unwrap();
        }
        out
    })
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/redact");
    let names: BTreeSet<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(names.len() >= 7);
    for path in names {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let out = case(&std::fs::read_to_string(&path).unwrap());
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, out) });
    }
}

fn recorded() -> Vec<Bytes> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    let body = |number| Bytes::from(std::fs::read(directory.join(format!("{number:02}.json"))).unwrap());
    let events = (1..=8).map(body).flat_map(|body| {
        let parts: Vec<_> = split(body.clone(), usize::MAX).collect();
        parts.into_iter().map(move |part| match part {
            Ok(Part::Event(range)) => body.slice(range),
            other => panic!("{other:?}"),
        })
    });
    events.collect()
}

/// The values of all Secrets in an event, found without any of our code.
fn secrets(value: &Value, is_secret: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let kind = members.get("kind").and_then(Value::as_str);
            let is_secret = is_secret || matches!(kind, Some("Secret" | "SecretList"));
            for key in ["data", "stringData"].into_iter().filter(|_| is_secret) {
                let values = members.get(key).and_then(Value::as_object);
                found.extend(
                    values
                        .into_iter()
                        .flat_map(|values| values.values())
                        .map(|value| value.as_str().unwrap().to_owned()),
                );
            }
            members.values().for_each(|value| secrets(value, is_secret, found));
        }
        Value::Array(items) => items.iter().for_each(|item| secrets(item, is_secret, found)),
        _ => {}
    }
}

/// What differs between two values, each by its path.
fn differences(before: &Value, after: &Value, path: &str, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            assert!(before.keys().eq(after.keys()), "{path}: other keys");
            for (key, value) in before {
                differences(value, &after[key], &format!("{path}/{key}"), found);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len());
            before
                .iter()
                .zip(after)
                .for_each(|(before, after)| differences(before, after, &format!("{path}/*"), found));
        }
        (before, after) if before != after => {
            let marker = after.as_str().unwrap();
            assert!(marker.starts_with("redacted:") && marker.len() == 41, "{path}: {marker}");
            found.push(path.to_owned());
        }
        _ => {}
    }
}

#[test]
fn no_secret_of_the_recorded_bodies_comes_through_and_nothing_else_changes() {
    let redactor = redactor("", Some(&key()));
    let (mut values, mut changes, mut outputs) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut changed = 0;
    for event in recorded() {
        let left = redactor.event(event.clone());
        let (before, after) =
            (serde_json::from_slice(&event).unwrap(), serde_json::from_slice(&left).unwrap());
        secrets(&before, false, &mut values);
        differences(&before, &after, "", &mut changes);
        changed += usize::from(left != event);
        outputs.push(left);
    }
    assert!(values.len() >= 6, "{values:?}");
    for output in &outputs {
        let output = String::from_utf8_lossy(output);
        // `a` and the like may stand anywhere.
        for value in values.iter().filter(|value| value.len() > 6) {
            assert!(!output.contains(value.as_str()), "{value} in {output}");
        }
    }
    changes.sort();
    let counted = changes.chunk_by(|a, b| a == b).map(|same| format!("{:3} {}", same.len(), same[0]));
    let counted: Vec<_> = counted.collect();
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!("recorded", format!("{changed} of {} events\n{}", outputs.len(), counted.join("\n")));
    });
}
