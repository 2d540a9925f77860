//! What the conformance tests share: the recorded answers, and rules made without files.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "test helpers")]
#![allow(dead_code, clippy::allow_attributes, reason = "each test uses its part of it")]

pub mod generate;

use std::path::PathBuf;

use rules::ruleset::resolved::{Resolved, ResolvedRule};
use rules::ruleset::texts::Text;
use rules::syntax::{Dialect, SyntaxError, parse_condition};
use rules::{Matching, Options, Priority};
use serde_json::Value;

/// The text of a recorded file. Without the records a test steps aside, but not in CI.
pub fn shared(path: &str) -> Option<String> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if !full.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing in CI", full.display());
        eprintln!("skipped: {} is not here", full.display());
        return None;
    }
    Some(std::fs::read_to_string(full).unwrap())
}

/// The JSON of each line of a recorded file.
pub fn shared_lines(path: &str) -> Option<Vec<Value>> {
    Some(shared(path)?.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Names and texts of the files in a recorded folder.
pub fn shared_folder(path: &str) -> Option<Vec<(String, String)>> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if !full.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing in CI", full.display());
        eprintln!("skipped: {} is not here", full.display());
        return None;
    }
    let files = std::fs::read_dir(full).unwrap().map(|entry| entry.unwrap().path());
    Some(files.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect())
}

/// A rule for all audit events.
pub fn rule(name: &str, condition: &str, output: &str) -> Result<ResolvedRule, SyntaxError> {
    Ok(ResolvedRule {
        name: name.to_owned(),
        condition: Text { base: 0, text: condition.to_owned() },
        expr: Some(parse_condition(condition, Dialect::Falco)?),
        outline: None,
        output: Text { base: condition.len(), text: output.to_owned() },
        extra_output: Vec::new(),
        extra_fields: Vec::new(),
        description: String::new(),
        priority: Priority::Informational,
        source: "k8s_audit".to_owned(),
        enabled: true,
        tags: Vec::new(),
        skip_if_unknown_filter: false,
    })
}

/// These rules, all active.
pub fn resolved(rules: Vec<ResolvedRule>) -> Resolved {
    let active = (0..rules.len()).collect();
    Resolved { rules, active }
}

/// All matches, with the meaning of the real program.
pub fn exact() -> Options {
    Options { matching: Matching::All, falco_exact: true, ..Options::default() }
}

/// A value as the real program's JSON has it.
pub fn json(value: Option<rules::Value>) -> Value {
    match value {
        None => Value::Null,
        Some(rules::Value::Text(text)) => text.into(),
        Some(rules::Value::Signed(number)) => number.into(),
        Some(rules::Value::Unsigned(number)) => number.into(),
        Some(rules::Value::Boolean(truth)) => truth.into(),
        Some(rules::Value::List(texts)) => texts.into(),
    }
}

/// The fields of a match as a JSON object.
pub fn value_fields(fields: Vec<(String, Option<rules::Value>)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name, json(value))).collect())
}

/// The fields of a match as a JSON object, without the time that every alert has.
pub fn fields(fields: Vec<(String, Option<rules::Value>)>) -> Value {
    let named = fields.into_iter().filter(|(name, _)| name != "evt.time");
    Value::Object(named.map(|(name, value)| (name, json(value))).collect())
}
