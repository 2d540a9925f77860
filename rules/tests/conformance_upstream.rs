//! The upstream rules over recorded events: every alert and every field, whether the first match or all are asked for.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

mod support;

use rules::{Context, Matching, Options, SourceFile, load};
use serde_json::{Value, json};
use support::{exact, fields, shared, shared_lines};

fn check(matching: Matching, answers: &str) {
    let Some(text) = shared("falco-rules/k8s_audit_rules.yaml") else { return };
    let events = shared("conformance/upstream/events.jsonl").unwrap();
    let answers = shared_lines(&format!("conformance/upstream/{answers}")).unwrap();
    let file = SourceFile { name: "k8s_audit_rules.yaml".to_owned(), text };
    let loaded = load(&[file], &Options { matching, ..exact() });
    assert!(!loaded.diagnostics.iter().any(rules::Diagnostic::is_error), "{:?}", loaded.diagnostics);
    let program = loaded.program.unwrap();
    let mut evaluator = program.evaluator();
    let mut number = 1;
    let mut expected = answers.iter();
    for event in events.lines() {
        let context = Context { number, ..Context::default() };
        let Ok(evaluation) = evaluator.evaluate(event.as_bytes(), &context) else { continue };
        number += 1;
        for found in evaluation.matches {
            let rule = &program.rules()[found.rule];
            let alert: Value = json!({
                "output": format!("{} {}", rule.priority, found.message),
                "output_fields": fields(found.fields),
                "priority": rule.priority.name(),
                "rule": rule.name,
                "source": rule.source,
                "tags": rule.tags,
            });
            assert_eq!(Some(&alert), expected.next(), "event {number}: {event}");
        }
    }
    assert_eq!(expected.next(), None, "an alert is missing");
    assert!(answers.len() > 300);
}

#[test]
fn first_match() {
    check(Matching::First, "alerts.first.jsonl");
}

#[test]
fn all_matches() {
    check(Matching::All, "alerts.all.jsonl");
}
