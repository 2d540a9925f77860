//! The canonical form of each condition is the one the real program prints.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "test helpers"
)]

use std::path::PathBuf;

use rules::syntax::print::canonical;
use rules::syntax::{Dialect, parse_condition};
use serde_json::Value;

fn shared(path: &str) -> Option<String> {
    let full = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if !full.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing in CI", full.display());
        eprintln!("skipped: {} is not here", full.display());
        return None;
    }
    Some(std::fs::read_to_string(full).unwrap())
}

fn check(folder: &str) {
    let Some(rules) = shared(&format!("conformance/{folder}/rules.yaml")) else { return };
    let compiled = shared(&format!("conformance/{folder}/compiled.jsonl")).unwrap();
    let conditions = rules.lines().filter_map(|line| line.strip_prefix("  condition: "));
    let mut count = 0;
    for (condition, answer) in conditions.zip(compiled.lines()) {
        let condition: String = serde_json::from_str(condition).unwrap();
        let answer: Value = serde_json::from_str(answer).unwrap();
        let expr = parse_condition(&condition, Dialect::Falco)
            .unwrap_or_else(|error| panic!("{error}: {condition}"));
        assert_eq!(canonical(&expr), answer["compiled"].as_str().unwrap(), "{condition}");
        count += 1;
    }
    assert!(count >= 700, "{folder}: only {count} conditions");
}

#[test]
fn fuzz() {
    check("fuzz");
}

#[test]
fn fuzz_pods() {
    check("fuzz-pods");
}
