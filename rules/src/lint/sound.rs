//! Proofs hold for every event: what is proved of made-up conditions is held against made-up events.

use proptest::prelude::*;

use super::logic::{Budget, Claim, Prover, Trust};
use super::part::Parts;
use super::subject::Subject;
use crate::{Context, Matching, Options, Program, SourceFile, load};

const WORDS: &[&str] = &["get", "list", "ge", "t", "GET", "", "a/b", "a"];
const TEXTS: &[&str] =
    &["ka.verb", "jevt.value[/verb]", "json.value[/verb]", "ka.user.name", "tolower(ka.verb)"];
const LISTS: &[&str] = &["ka.user.groups", "toupper(ka.user.groups)"];

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(WORDS)
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..4).prop_map(|words| {
        let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        format!("({})", quoted.join(", "))
    })
}

fn comparison() -> impl Strategy<Value = String> {
    let text = || prop::sample::select(TEXTS);
    let list = || prop::sample::select(LISTS);
    let operators = ["=", "!=", "contains", "icontains", "startswith", "endswith", "glob"];
    let operator = || prop::sample::select(operators.to_vec());
    let quantifier = prop::sample::select(vec!["oneof", "anyof", "allof"]);
    let membership = prop::sample::select(vec!["in", "intersects"]);
    let ordering = prop::sample::select(vec!["<", ">=", "=", "!="]);
    prop_oneof![
        6 => (text(), operator(), word()).prop_map(|(text, op, word)| format!("{text} {op} '{word}'")),
        4 => (text(), words()).prop_map(|(text, words)| format!("{text} in {words}")),
        2 => (text(), operator(), quantifier, words()).prop_map(|(text, op, q, words)| format!("{text} {op} {q} {words}")),
        3 => (list(), membership, words()).prop_map(|(list, op, words)| format!("{list} {op} {words}")),
        1 => prop_oneof![text(), list()].prop_map(|operand| format!("{operand} exists")),
        1 => (text(), text()).prop_map(|(left, right)| {
            if right.contains('(') { format!("{left} = {right}") } else { format!("{left} = val({right})") }
        }),
        1 => (prop_oneof![text(), list()], ordering, 0..4_u8).prop_map(|(operand, op, len)| format!("len({operand}) {op} {len}")),
        1 => prop::sample::select(vec!["evt.num >= 0", "jevt.rawtime exists", "known", "not known"]).prop_map(str::to_owned),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
}

/// Two conditions, often with something in common.
fn pair() -> impl Strategy<Value = (String, String)> {
    let any = (condition(), condition(), condition(), 0..4_u8).prop_map(|(a, b, c, kind)| match kind {
        0 => (a, b),
        1 => (format!("({a}) and ({b})"), format!("({a}) or ({c})")),
        2 => (format!("({a}) and ({b})"), format!("({b}) and ({a})")),
        _ => (format!("({a}) and ({b})"), format!("not (({a}) or ({c}))")),
    });
    prop_oneof![any, close_pair()]
}

/// Two comparisons of the same field, or nearly.
fn close_pair() -> impl Strategy<Value = (String, String)> {
    let operators =
        ["=", "!=", "contains", "icontains", "startswith", "endswith", "<anyof", "<allof", "in", "<"];
    let test = || (prop::sample::select(operators.to_vec()), word(), word(), any::<bool>());
    let said = |field: &str, (operator, one, other, holds): (&str, &str, &str, bool)| {
        let not = if holds { "" } else { "not " };
        match operator {
            "in" => format!("{not}{field} in ('{one}', '{other}')"),
            "<" => format!("{not}len({field}) < {}", one.len()),
            "<anyof" => format!("{not}{field} = anyof ('{one}', '{other}')"),
            "<allof" => format!("{not}{field} != allof ('{one}', '{other}')"),
            operator => format!("{not}{field} {operator} '{one}'"),
        }
    };
    let fields = prop_oneof![
        4 => Just(["ka.verb", "ka.verb"]),
        1 => Just(["ka.verb", "jevt.value[/verb]"]),
        1 => Just(["jevt.value[/verb]", "ka.verb"]),
    ];
    let texts = (fields, test(), test()).prop_map(move |([a, b], one, other)| (said(a, one), said(b, other)));
    let list = || {
        let operator = prop::sample::select(vec!["in", "intersects", "not in", "not intersects"]);
        (operator, words()).prop_map(|(operator, words)| match operator.strip_prefix("not ") {
            Some(operator) => format!("not ka.user.groups {operator} {words}"),
            None => format!("ka.user.groups {operator} {words}"),
        })
    };
    prop_oneof![3 => texts, 1 => (list(), list())]
}

fn event() -> impl Strategy<Value = String> {
    let optional = || prop::option::weighted(0.8, word());
    let groups = prop::option::of(prop::collection::vec(word(), 0..3));
    (any::<bool>(), optional(), optional(), groups).prop_map(|(audited, verb, user, groups)| {
        let mut event = serde_json::json!({"stageTimestamp": "2024-03-01T10:00:00Z", "user": {}});
        let members = [("verb", verb)].into_iter().filter_map(|(key, value)| Some((key, value?)));
        members.for_each(|(key, value)| event[key] = value.into());
        if audited {
            event["auditID"] = "a".into();
        }
        user.into_iter().for_each(|user| event["user"]["username"] = user.into());
        groups.into_iter().for_each(|groups| event["user"]["groups"] = groups.into());
        event.to_string()
    })
}

fn files(conditions: [&str; 2]) -> [SourceFile; 1] {
    let rule = |name: &str, condition: &str| {
        format!(
            "- rule: {name}\n  desc: d\n  condition: >\n    {condition}\n  output: o\n  priority: INFO\n  source: k8s_audit\n"
        )
    };
    let known = "- macro: known\n  condition: ka.user.name in ('a', 'get')\n".to_owned();
    let text = known + &rule("A", conditions[0]) + &rule("B", conditions[1]);
    [SourceFile { name: "r.yaml".to_owned(), text }]
}

/// Which of the two rules match.
fn matches(program: &Program, event: &str) -> [bool; 2] {
    let context = Context { number: 1, cluster: "c", hostname: None };
    let found = program.evaluator().evaluate(event.as_bytes(), &context).unwrap().matches;
    [0, 1].map(|rule| found.iter().any(|found| found.rule == rule))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2500, ..ProptestConfig::default() })]

    #[test]
    fn what_is_proved_is_so((a, b) in pair(), events in prop::collection::vec(event(), 30)) {
        let files = files([&a, &b]);
        let options = Options { matching: Matching::All, ..Options::default() };
        let loaded = load(&files, &options);
        let program = loaded.program.expect("the ruleset loads");
        let found: Vec<_> = events.iter().map(|event| matches(&program, event)).collect();
        let subject = Subject::new(&loaded.definitions.collection, &options, &files);
        let parts = Parts::new(&subject);
        let claims: Vec<_> =
            subject.rules().iter().map(|rule| Claim::that(parts.of(rule).unwrap())).collect();
        for trust in [Trust::Text, Trust::Present, Trust::Everything] {
            let budget = Budget::default();
            let mut prover = Prover::new(trust, &budget);
            let implied = prover.implies(claims[0], claims[1]);
            let excluded = prover.excludes(claims[0], claims[1]);
            let covered = prover.implies(claims[0].not(), claims[1]);
            for (event, [a_matches, b_matches]) in events.iter().zip(found.iter().copied()) {
                prop_assert!(!implied || !a_matches || b_matches, "{trust:?}: {a} IMPLIES {b}: {event}");
                prop_assert!(!excluded || !a_matches || !b_matches, "{trust:?}: {a} EXCLUDES {b}: {event}");
                prop_assert!(!covered || a_matches || b_matches, "{trust:?}: {a} OR {b}: {event}");
            }
        }
    }
}

/// The proofs are worth something: these are found.
#[test]
fn what_is_proved() {
    let proved = |a: &str, b: &str| {
        let files = files([a, b]);
        let options = Options::default();
        let loaded = load(&files, &options);
        let subject = Subject::new(&loaded.definitions.collection, &options, &files);
        let parts = Parts::new(&subject);
        let claims: Vec<_> =
            subject.rules().iter().map(|rule| Claim::that(parts.of(rule).unwrap())).collect();
        Prover::new(Trust::Everything, &Budget::default()).implies(claims[0], claims[1])
    };
    for (a, b) in [
        ("ka.verb = get", "ka.verb in (get, list)"),
        ("ka.verb in (get, list)", "ka.verb = list or ka.verb = get"),
        ("ka.verb = get", "jevt.value[/verb] exists"),
        ("ka.verb startswith get", "ka.verb contains e"),
        ("ka.verb = get", "not ka.verb = list"),
        ("ka.verb = get", "ka.verb != list"),
        ("not ka.verb in (get, list)", "not ka.verb = get"),
        ("ka.user.groups in (a)", "ka.user.groups intersects (a, b)"),
        ("ka.user.name = a and ka.verb = get", "known"),
        ("not known", "not ka.user.name = a"),
        ("not (ka.verb = get or known)", "not ka.verb = get"),
        ("ka.verb = get", "evt.num >= 0 and jevt.rawtime exists"),
    ] {
        assert!(proved(a, b), "{a} IMPLIES {b}");
    }
    for (a, b) in [
        ("ka.verb in (get, list)", "ka.verb = get"),
        ("not ka.verb = get", "ka.verb != get"),
        ("jevt.value[/verb] = get", "ka.verb = get"),
        ("ka.verb in ()", "ka.verb = get"),
        ("ka.user.groups intersects (a)", "ka.user.groups in (a)"),
    ] {
        assert!(!proved(a, b), "{a} IMPLIES {b}");
    }
}
