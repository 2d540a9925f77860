//! The examples beside the shipped rules: base events, and what each rule must and must not say of them.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::yaml;

/// Where they lie.
const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ruleset/examples");

/// What is expected of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Must {
    /// It matches.
    #[serde(rename = "match")]
    Match,
    /// It does not.
    #[serde(rename = "not match")]
    NotMatch,
}

/// One example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The rule it is about.
    pub rule: String,
    /// What is expected of it.
    pub must: Must,
    /// What it shows.
    pub why: String,
    /// The base event, by its name in events.yaml.
    event: String,
    /// What differs from it, as a JSON merge patch (RFC 7396).
    #[serde(default)]
    patch: Option<Value>,
    /// The request's object as the text that was sent, where JSON values would not show what matters.
    #[serde(default)]
    request: Option<String>,
    /// Rules loaded behind the shipped ones, as a user would override them.
    #[serde(default)]
    pub with: Option<String>,
    /// The whole output.
    #[serde(default)]
    pub output: Option<String>,
}

/// An example and what it needs to be run.
pub struct Case {
    /// The file it stands in.
    pub file: String,
    /// The example.
    pub example: Example,
    /// Its event, as it would come in.
    pub event: Vec<u8>,
}

/// Every example of every theme.
pub fn all() -> Vec<Case> {
    let bases = base_events();
    themes().into_iter().flat_map(|(file, text)| of_theme(&file, &text, &bases)).collect()
}

fn of_theme(file: &str, text: &str, bases: &BTreeMap<String, Value>) -> Vec<Case> {
    let examples: Vec<Example> =
        serde_json::from_value(yaml::read(text)).unwrap_or_else(|error| panic!("{file}: {error}"));
    examples.into_iter().map(|example| case(file, example, bases)).collect()
}

fn case(file: &str, example: Example, bases: &BTreeMap<String, Value>) -> Case {
    let mut event = bases
        .get(&example.event)
        .unwrap_or_else(|| panic!("{file}: no base event {}", example.event))
        .clone();
    if let Some(patch) = &example.patch {
        merge(&mut event, patch);
    }
    Case { file: file.to_owned(), event: written(&mut event, example.request.as_deref()), example }
}

/// The event as it comes in, the request's object as it was sent.
fn written(event: &mut Value, request: Option<&str>) -> Vec<u8> {
    const HERE: &str = "the request's object";
    let Some(request) = request else {
        return serde_json::to_vec(event).unwrap();
    };
    event["requestObject"] = Value::from(HERE);
    event.to_string().replacen(&format!("\"{HERE}\""), request, 1).into_bytes()
}

fn base_events() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(format!("{DIRECTORY}/events.yaml")).unwrap();
    let events: BTreeMap<String, Value> = serde_json::from_value(yaml::read(&text)).unwrap();
    let common = events["common"].clone();
    let whole = |event: Value| {
        let mut whole = common.clone();
        merge(&mut whole, &event);
        whole
    };
    events.into_iter().map(|(name, event)| (name, whole(event))).collect()
}

/// The files of examples by their names: `20-pods.yaml` and its text.
fn themes() -> Vec<(String, String)> {
    let mut themes: Vec<_> = fs::read_dir(DIRECTORY)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .filter(|(name, _)| name != "events.yaml")
        .collect();
    themes.sort();
    themes
}

/// RFC 7396: null takes away, objects merge, all else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(entries) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let object = target.as_object_mut().unwrap();
    for (key, value) in entries {
        if value.is_null() {
            object.remove(key);
        } else {
            merge(object.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
