//! Every verdict of the real program on 1,500 generated conditions and 900 events.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "test helpers"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use rules::ruleset::resolved::{Resolved, ResolvedRule};
use rules::ruleset::texts::Text;
use rules::syntax::{Dialect, parse_condition};
use rules::{Context, Matching, Options, Priority, compile};
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

fn rule(name: &str, condition: &str, output: &str) -> ResolvedRule {
    let expr = parse_condition(condition, Dialect::Falco).unwrap_or_else(|error| panic!("{error}: {condition}"));
    ResolvedRule {
        name: name.to_owned(),
        condition: Text { base: 0, text: condition.to_owned() },
        expr: Some(expr),
        output: Text { base: condition.len(), text: output.to_owned() },
        extra_output: Vec::new(),
        extra_fields: Vec::new(),
        description: String::new(),
        priority: Priority::Informational,
        source: "k8s_audit".to_owned(),
        enabled: true,
        tags: Vec::new(),
        skip_if_unknown_filter: false,
    }
}

fn check(folder: &str) {
    let Some(hits) = shared(&format!("conformance/{folder}/hits.jsonl")) else { return };
    let events = shared(&format!("conformance/{folder}/events.jsonl")).unwrap();
    let hits: Vec<Value> = hits.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rules: Vec<_> = hits
        .iter()
        .map(|hit| rule(hit["rule"].as_str().unwrap(), hit["condition"].as_str().unwrap(), "#%evt.num"))
        .collect();
    let active = (0..rules.len()).collect();
    let options = Options { matching: Matching::All, falco_exact: true, ..Options::default() };
    let (program, problems) = compile(&Resolved { rules, active }, &options);
    assert!(problems.is_empty(), "{problems:?}");
    let mut evaluator = program.evaluator();
    let mut found = vec![BTreeSet::new(); hits.len()];
    let mut number = 1;
    for event in events.lines() {
        let context = Context { number, hostname: Some("vm"), ..Context::default() };
        let Ok(evaluation) = evaluator.evaluate(event.as_bytes(), &context) else { continue };
        for matched in evaluation.matches {
            assert_eq!(matched.message, format!("#{number}"));
            found[matched.rule].insert(number);
        }
        number += 1;
    }
    let mut wrong = Vec::new();
    for (hit, found) in hits.iter().zip(&found) {
        let expected: BTreeSet<u64> = hit["hits"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
        let (more, fewer): (Vec<_>, Vec<_>) =
            (found.difference(&expected).collect(), expected.difference(found).collect());
        if !more.is_empty() || !fewer.is_empty() {
            wrong.push(format!("{}: {}\n  too many {more:?}\n  missing {fewer:?}", hit["rule"], hit["condition"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} conditions\n{}", wrong.len(), hits.len(), wrong.join("\n"));
    assert!(hits.len() >= 700);
}

#[test]
fn fuzz() {
    check("fuzz");
}

#[test]
fn fuzz_pods() {
    check("fuzz-pods");
}
