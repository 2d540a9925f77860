//! The two meanings of the language differ where the table of docs/differences.md says, and lints say so: a rule on
//! which they say nothing matches the same events in both.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

use proptest::prelude::*;
use rules::fields::{ArgumentKind, Kind, Shape, fields};
use rules::{Code, Context, Level, Matching, Options, Program, SourceFile, lint, load, needs};
use serde_json::{Value, json};

const WORDS: &[&str] = &[
    "get",
    "GET",
    "pods",
    "0",
    "reg",
    "reg:5000/app",
    "docker.io/app",
    "nginx",
    "10.0.0.1",
    "SYS_ADMIN",
    "a",
    "aget0",
    "",
    "-n",
    "x\\\\",
    "[\\\"SYS_ADMIN\\\"]",
];
const TEXTS: &[&str] = &[
    "ka.verb",
    "ka.uri",
    "ka.resp.name",
    "ka.req.container.image.repository",
    "tolower(ka.verb)",
    "basename(toupper(ka.uri))",
    "concat(ka.verb, tolower(ka.uri))",
    "join(\"0\", ka.user.groups)",
    "join(tolower(ka.verb), ka.user.groups)",
    "join(\",\", tolower(ka.user.groups))",
    "getopt(ka.user.groups, \"n:\")[n]",
    "getopt(toupper(ka.user.groups), \"N:\")[N]",
    "getopt(ka.user.groups, tolower(\"n:\"))[n]",
    "join(\",\", (ka.verb, toupper(ka.uri)))",
    "toupper(concat(ka.verb, b64(ka.uri)))",
];
const LISTS: &[&str] = &[
    "ka.user.groups",
    "ka.sourceips",
    "ka.sourceips[0]",
    "ka.req.pod.containers.image",
    "ka.req.pod.containers.image.repository",
    "ka.req.pod.containers.add_capabilities",
    "ka.req.pod.containers.eff_run_as_user",
    "ka.pod.images",
    "tolower(ka.user.groups)",
    "basename(ka.pod.images)",
    "getopt(ka.user.groups, \"n:\")",
    "getopt(tolower(ka.user.groups), \"n:\")",
];

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(WORDS)
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..4).prop_map(|words| {
        let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
        format!("({})", quoted.join(", "))
    })
}

fn on_the_right(operand: &str) -> String {
    if operand.contains('(') { operand.to_owned() } else { format!("val({operand})") }
}

fn comparison() -> impl Strategy<Value = String> {
    let text = || prop::sample::select(TEXTS);
    let list = || prop::sample::select(LISTS);
    let operators = ["=", "!=", "contains", "icontains", "startswith", "endswith", "regex", "glob"];
    let related = ["=", "!=", "contains", "startswith", "in", "intersects"];
    let membership = || prop::sample::select(vec!["in", "intersects"]);
    prop_oneof![
        3 => (text(), prop::sample::select(operators.to_vec()), word())
            .prop_filter("a pattern", |(_, op, word)| *op != "regex" || !word.contains(['\\', '[']))
            .prop_map(|(text, op, word)| format!("{text} {op} \"{word}\"")),
        2 => (text(), words()).prop_map(|(text, words)| format!("{text} in {words}")),
        3 => (list(), membership(), words()).prop_map(|(list, op, words)| format!("{list} {op} {words}")),
        2 => (text(), prop::sample::select(related.to_vec()), text())
            .prop_map(|(left, op, right)| format!("{left} {op} {}", on_the_right(right))),
        2 => (list(), membership(), list())
            .prop_filter("one index", |(_, _, right)| !right.contains('['))
            .prop_map(|(left, op, right)| format!("{left} {op} {}", on_the_right(right))),
        1 => prop_oneof![text(), list()].prop_map(|operand| format!("{operand} exists")),
        1 => (prop_oneof![text(), list()], 0..6_u8).prop_map(|(operand, len)| format!("len({operand}) <= {len}")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
}

fn event() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["get", "GET", "aget0", "/reg", "a/GET", "Z2V0", "", "x\\", "0"]);
    let image = || {
        prop::sample::select(vec![
            "nginx",
            "nginx:1",
            "reg:5000/app",
            "reg:5000/app:1",
            "docker.io/app@sha256:a",
        ])
    };
    let groups =
        prop::collection::vec(prop::sample::select(vec!["a", "GET", "0", "-n", "-nget", "get"]), 0..4);
    let container = (image(), prop::option::of(Just(["SYS_ADMIN"])), prop::option::of(0..2_u8));
    let containers = prop::option::of(prop::collection::vec(container, 0..3));
    let addresses = prop::option::of(Just(["10.0.0.1"]));
    (text(), text(), groups, containers, addresses, any::<bool>()).prop_map(
        |(verb, uri, groups, containers, addresses, answered)| {
            let mut event = json!({
                "auditID": "a", "stageTimestamp": "2024-03-01T10:00:00Z", "verb": verb, "requestURI": uri,
                "user": {"groups": groups}, "objectRef": {"resource": "pods"},
            });
            let container = |(image, added, user)| {
                json!({"image": image, "securityContext": {"capabilities": {"add": added}, "runAsUser": user}})
            };
            containers.into_iter().for_each(|containers| {
                let containers: Vec<_> = containers.into_iter().map(container).collect();
                event["requestObject"] = json!({"spec": {"containers": containers}});
            });
            addresses.into_iter().for_each(|addresses| event["sourceIPs"] = json!(addresses));
            if answered {
                event["responseObject"] = json!({"metadata": {"name": verb}});
            }
            event
        },
    )
}

fn file(condition: &str) -> [SourceFile; 1] {
    let text = format!(
        "- rule: R\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n  source: k8s_audit\n"
    );
    [SourceFile { name: "r.yaml".to_owned(), text }]
}

fn options(falco_exact: bool) -> Options {
    Options { matching: Matching::All, falco_exact, ..Options::default() }
}

fn matches(program: &Program, event: &Value) -> bool {
    let context = Context { number: 1, cluster: "c", hostname: None };
    !program.evaluator().evaluate(event.to_string().as_bytes(), &context).unwrap().matches.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn where_nothing_is_said_both_meanings_are_one(condition in condition(), events in prop::collection::vec(event(), 8)) {
        let files = file(&condition);
        let told = lint(&files, &options(false)).iter().any(|found| found.code == Code::TwoMeanings);
        let documented = load(&files, &options(false)).program.expect("it loads");
        let exact = load(&files, &options(true)).program;
        prop_assert!(told || exact.is_some(), "{condition}");
        for event in events.iter().filter(|_| !told) {
            let exact = exact.as_ref().unwrap();
            prop_assert_eq!(matches(&documented, event), matches(exact, event), "{} {}", condition, event);
        }
    }

    #[test]
    fn below_the_level_that_it_needs_a_rule_never_matches(condition in condition(), events in prop::collection::vec(event(), 8)) {
        let loaded = load(&file(&condition), &options(false));
        let level = needs(&loaded.resolved.rules[0]).unwrap();
        let program = loaded.program.unwrap();
        for mut event in events {
            event.as_object_mut().unwrap().remove("responseObject");
            prop_assert!(level < Level::RequestResponse || !matches(&program, &event), "{condition} {event}");
            event.as_object_mut().unwrap().remove("requestObject");
            prop_assert!(level < Level::Request || !matches(&program, &event), "{condition} {event}");
        }
    }
}

/// One rule for each row of the table, with an event on which the meanings differ.
#[test]
fn the_rows_make_a_difference() {
    let event = json!({
        "auditID": "a", "stageTimestamp": "2024-03-01T10:00:00Z", "verb": "GET", "objectRef": {"name": "a\\"},
        "user": {"groups": ["-N", "x"]}, "sourceIPs": ["10.0.0.1"],
        "requestObject": {"spec": {"containers": [{
            "image": "reg:5000/app:1",
            "securityContext": {"runAsUser": 7, "capabilities": {"add": ["SYS_ADMIN"]}},
        }]}},
    });
    for condition in [
        "ka.sourceips intersects (10.0.0.1)",
        "ka.req.pod.containers.eff_run_as_user intersects (7)",
        "ka.req.pod.containers.add_capabilities intersects (SYS_ADMIN)",
        "ka.req.pod.containers.image.repository in (reg:5000/app)",
        "ka.req.container.image.repository = reg:5000/app",
        "tolower(ka.user.groups) intersects (x)",
        "ka.verb in toupper(ka.verb)",
        "join(tolower(ka.verb), ka.user.groups) = -Ngetx",
        "getopt(tolower(ka.user.groups), \"n:\")[n] = x",
        "ka.target.name = \"a\\\\\"",
    ] {
        let files = file(condition);
        let codes: Vec<_> = lint(&files, &options(false)).iter().map(|found| found.code).collect();
        assert_eq!(codes, [Code::TwoMeanings], "{condition}");
        let documented = load(&files, &options(false)).program.unwrap();
        assert!(matches(&documented, &event), "{condition}");
        let exact = load(&files, &options(true)).program;
        assert!(!exact.is_some_and(|exact| matches(&exact, &event)), "{condition}");
    }
}

/// Each field with two meanings is told of, and only these.
#[test]
fn every_field_is_told_of_that_has_two_meanings() {
    let mut two = 0;
    for field in fields().filter(|field| field.kind == Kind::Text) {
        let argument = match field.argument {
            ArgumentKind::Key => "[x]",
            ArgumentKind::Pointer => "[/x]",
            _ => "",
        };
        let operator = if field.shape == Shape::List { "intersects" } else { "in" };
        let files = file(&format!("{}{argument} {operator} (x)", field.name));
        let told = lint(&files, &options(false)).iter().any(|found| found.code == Code::TwoMeanings);
        assert_eq!(told, field.has_two_meanings(), "{}", field.name);
        two += usize::from(told);
    }
    assert!(two > 10);
}
