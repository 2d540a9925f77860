//! What lints say never matches never does, whatever the rules and events.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "test helpers")]

use proptest::prelude::*;
use rules::{Code, Context, Matching, Options, Program, SourceFile, lint, load};
use serde_json::{Value, json};

const VERBS: &[&str] = &["create", "get", "list", "update", "deletecollection"];
const STAGES: &[&str] = &["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];
const RESOURCES: &[&str] = &["pods", "secrets", "deployments"];
const CODES: &[&str] = &["200", "201", "403", "404"];
const URIS: &[&str] = &["/api/v1/pods", "/healthz", "/apis/apps/v1?x=a%20b"];
const FIELDS: &[&str] = &[
    "ka.verb",
    "jevt.value[/verb]",
    "ka.stage",
    "ka.target.resource",
    "ka.response.code",
    "ka.uri",
    "ka.user.name",
];
/// Some that occur and some that cannot.
const VALUES: &[&str] = &[
    "create",
    "Create",
    "get",
    "list",
    "ResponseComplete",
    "responsecomplete",
    "Response",
    "pods",
    "Pods",
    "pods/exec",
    "4",
    "4xx",
    "200",
    "403",
    "/api",
    "api",
    "/healthz",
    "healthz",
    "alice",
    " alice",
];

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(VALUES).prop_map(|value| format!("\"{value}\""))
}

fn comparison() -> impl Strategy<Value = String> {
    let field = || prop::sample::select(FIELDS);
    let operator = prop::sample::select(vec!["=", "!=", "startswith", "endswith", "contains", "icontains"]);
    let list = || prop::collection::vec(value(), 1..4).prop_map(|values| values.join(", "));
    let list_operator =
        prop::sample::select(vec!["in", "= anyof", "startswith oneof", "!= allof", "intersects"]);
    prop_oneof![
        4 => (field(), operator, value()).prop_map(|(field, op, value)| format!("{field} {op} {value}")),
        3 => (field(), list_operator, list()).prop_map(|(field, op, list)| format!("{field} {op} ({list})")),
        1 => field().prop_map(|field| format!("{field} exists")),
        1 => (0..3_u8).prop_map(|len| format!("len(ka.user.groups) = {len}")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..3).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..3).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
}

/// As an API server makes them.
fn event() -> impl Strategy<Value = Value> {
    let pick = |from: &'static [&'static str]| prop::sample::select(from);
    let groups = prop::option::of(prop::collection::vec(Just("g"), 0..3));
    let code = prop::option::of(pick(CODES).prop_map(|code| code.parse::<u64>().unwrap()));
    (pick(VERBS), pick(STAGES), pick(RESOURCES), code, pick(URIS), prop::option::of(Just("alice")), groups)
        .prop_map(|(verb, stage, resource, code, uri, user, groups)| {
            let mut event = json!({
                "auditID": "a", "stageTimestamp": "2024-03-01T10:00:00Z", "verb": verb, "stage": stage,
                "requestURI": uri, "objectRef": {"resource": resource}, "user": {},
            });
            code.into_iter().for_each(|code| event["responseStatus"] = json!({"code": code}));
            user.into_iter().for_each(|user| event["user"]["username"] = json!(user));
            groups.into_iter().for_each(|groups| event["user"]["groups"] = json!(groups));
            event
        })
}

fn file(conditions: &[String]) -> [SourceFile; 1] {
    let rule = |(at, condition): (usize, &String)| {
        format!(
            "- rule: R{at}\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n  source: k8s_audit\n"
        )
    };
    let text = conditions.iter().enumerate().map(rule).collect();
    [SourceFile { name: "r.yaml".to_owned(), text }]
}

fn matches(program: &Program, event: &Value) -> Vec<usize> {
    let context = Context { number: 1, cluster: "c", hostname: None };
    let found = program.evaluator().evaluate(event.to_string().as_bytes(), &context).unwrap().matches;
    found.into_iter().map(|found| found.rule).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn rules_said_to_be_shadowed_raise_no_alert(
        conditions in prop::collection::vec(condition(), 2..8),
        events in prop::collection::vec(event(), 12),
    ) {
        let files = file(&conditions);
        let options = Options { matching: Matching::First, ..Options::default() };
        let found = lint(&files, &options);
        let shadowed = found.iter().filter(|found| found.code == Code::Shadowed);
        let shadowed: Vec<usize> =
            shadowed.map(|found| found.message.split('`').nth(1).unwrap()[1..].parse().unwrap()).collect();
        let program = load(&files, &options).program.unwrap();
        for event in &events {
            let raised = matches(&program, event);
            prop_assert!(!raised.iter().any(|rule| shadowed.contains(rule)), "{conditions:?} {event}");
        }
    }

    #[test]
    fn comparisons_said_never_to_be_true_are_not(
        condition in comparison(),
        events in prop::collection::vec(event(), 12),
    ) {
        let files = file(std::slice::from_ref(&condition));
        let options = Options::default();
        let found = lint(&files, &options);
        let never = found.iter().filter(|found| found.code == Code::NeverTrue).count();
        // Of a list each value that cannot be is told.
        let values = condition.matches('"').count() / 2;
        let all_told = never > 0 && never >= values && !condition.contains("!=");
        let program = load(&files, &options).program.unwrap();
        for event in &events {
            prop_assert!(!all_told || matches(&program, event).is_empty(), "{condition} {event}");
        }
    }

    #[test]
    fn parts_said_to_contradict_each_other_do(
        (a, b) in (condition(), condition()),
        events in prop::collection::vec(event(), 12),
    ) {
        let files = file(&[format!("ka.user.groups exists and (not ({a} or ka.uri = x) and {b})")]);
        let options = Options::default();
        let text = &files[0].text;
        let start = text.find("ka.user.groups exists").unwrap();
        // Whatever is said of the parts of the whole, and not of parts of these.
        let whole = [a.as_str(), b.as_str(), "ka.uri = x"];
        let found = lint(&files, &options);
        let never = found.iter().any(|found| {
            let shown = |span: rules::Span| &text[span.start..span.end];
            found.code == Code::Contradiction
                && found.message.contains("never both")
                && found.span.is_some_and(|span| span.start >= start && whole.contains(&shown(span)))
                && found.labels.iter().any(|label| label.span.start >= start && whole.contains(&shown(label.span)))
        });
        let program = load(&files, &options).program.unwrap();
        for event in &events {
            prop_assert!(!never || matches(&program, event).is_empty(), "{a} {b} {event}");
        }
    }
}
