//! deploy/audit-policy.yaml records what the shipped rules need, no secrets, and much less than everything.
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

#[path = "audit_policy/policy.rs"]
mod policy;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use policy::Policy;
use rules::examples::{self, BaseEvents, Example, Given, Must, Subject};
use rules::{Context, Matching, Options, Program, shipped};
use serde_json::{Value, json};

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

fn policy() -> Policy {
    Policy::parse(&file("deploy/audit-policy.yaml"))
}

/// The examples of the shipped rules that must match.
fn examples() -> Vec<Example> {
    let events = BaseEvents::builtin();
    let given = Given { events: &events, open: &|path| panic!("{path}: an example brings its event along") };
    let files = examples::shipped();
    let examples = files.iter().flat_map(|file| examples::read(file, given).examples);
    examples.filter(|example| example.must == Must::Match).collect()
}

fn subject() -> Subject {
    Subject::new(shipped(), &Options { matching: Matching::All, ..Options::default() }).unwrap()
}

/// All events that a cluster posted.
fn recorded() -> Vec<Value> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    let mut events = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let body: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            events.extend(body["items"].as_array().unwrap().iter().cloned());
        }
    }
    events
}

#[test]
fn every_shipped_rule_still_matches_under_the_policy() {
    let (policy, subject) = (policy(), subject());
    let mut matched = BTreeSet::new();
    let mut lost = Vec::new();
    for example in examples() {
        let event: Value = serde_json::from_slice(&example.event()).unwrap();
        let (_, kept) = policy.recorded(&event);
        let kept = kept.map(|kept| kept.to_string()).unwrap_or_default();
        if subject.matches(&example, kept.as_bytes()).unwrap() {
            matched.insert(example.rule.clone());
        } else {
            lost.push(format!("{}: {}", example.rule, example.why.clone().unwrap_or_default()));
        }
    }
    let rules: BTreeSet<String> = subject.rules().iter().map(|rule| rule.name.clone()).collect();
    assert_eq!(
        rules.difference(&matched).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "rules that never match"
    );
    // Made as a secret, which is a credential itself. The rule still sees those that are asked for as tokens.
    insta::assert_snapshot!(lost.join("\n"), @"Service Account Token Created: a token that never expires");
}

#[test]
fn what_is_left_out_raises_no_alert() {
    let policy = policy();
    let options = Options { matching: Matching::All, ..Options::default() };
    let program = rules::load(&shipped(), &options).program.unwrap();
    let mut lost = BTreeSet::new();
    let mut alerts = 0;
    for event in recorded().iter().filter(|event| event["stage"] != "RequestReceived") {
        let before = raised(&program, event);
        let after = policy.recorded(event).1.map(|kept| raised(&program, &kept)).unwrap_or_default();
        alerts += before.len();
        for rule in before.difference(&after) {
            lost.insert(format!(
                "{rule}: {} {} by {}",
                event["verb"], event["objectRef"]["resource"], event["user"]["username"]
            ));
        }
    }
    assert!(alerts > 100, "{alerts}");
    let lost: Vec<String> = lost.into_iter().collect();
    // A probe that bears a name.
    insta::assert_snapshot!(lost.join("\n"), @r#"Disallowed K8s User: "get" null by "monitor""#);
}

#[test]
fn much_less_is_recorded_than_there_is() {
    let policy = policy();
    let (mut events, mut bytes, mut kept_events, mut kept_bytes) = (0, 0, 0, 0);
    for event in recorded() {
        events += 1;
        bytes += event.to_string().len();
        if let (_, Some(kept)) = policy.recorded(&event) {
            kept_events += 1;
            kept_bytes += kept.to_string().len();
        }
    }
    let text = format!("{kept_events} of {events} events, {} of {} kB", kept_bytes / 1000, bytes / 1000);
    insta::assert_snapshot!(text, @"937 of 2526 events, 3094 of 9841 kB");
}

#[test]
fn no_body_of_a_secret_is_recorded() {
    let policy = policy();
    for (group, resource, part) in
        [("", "secrets", ""), ("", "serviceaccounts", "token"), ("authentication.k8s.io", "tokenreviews", "")]
    {
        for verb in ["create", "update", "patch", "get", "list", "watch", "delete"] {
            for (user, user_group) in
                [("jane", "system:masters"), ("system:node:n", "system:nodes"), ("system:apiserver", "x")]
            {
                let event = json!({
                    "stage": "ResponseComplete", "verb": verb, "user": {"username": user, "groups": [user_group]},
                    "objectRef": {"apiGroup": group, "resource": resource, "subresource": part},
                    "requestObject": {"data": "geheim"}, "responseObject": {"data": "geheim"},
                });
                let kept = policy.recorded(&event).1.unwrap();
                assert_eq!(kept["level"], "Metadata", "{verb} {resource} by {user}");
                assert!(!kept.to_string().contains("geheim"));
            }
        }
    }
}

#[test]
fn every_line_of_the_policy_is_of_use() {
    let policy = policy();
    let examples = examples().into_iter().map(|example| serde_json::from_slice(&example.event()).unwrap());
    // No program of a user ran in the cluster that was recorded.
    let operator = json!({
        "stage": "ResponseComplete", "verb": "get", "requestURI": "/apis?timeout=32s",
        "user": {"username": "system:serviceaccount:shop:operator", "groups": ["system:serviceaccounts"]},
    });
    let used: BTreeSet<usize> = examples
        .chain(recorded())
        .chain([operator])
        .filter_map(|event: Value| policy.recorded(&event).0)
        .collect();
    let unused: Vec<usize> = (0..policy.len()).filter(|rule| !used.contains(rule)).collect();
    assert_eq!(unused, Vec::<usize>::new(), "rules of the policy, counted from 0, that decide about nothing");
}

/// The rules that an event matches.
fn raised(program: &Program, event: &Value) -> BTreeSet<String> {
    let context = Context { number: 1, cluster: "default", hostname: None };
    let event = event.to_string();
    let matches = program.evaluator().evaluate(event.as_bytes(), &context).map(|found| found.matches);
    matches.unwrap_or_default().iter().map(|found| program.rules()[found.rule].name.clone()).collect()
}
