//! Rulesets made to exhaust whoever lints or describes them: each is dealt with soon.
#![expect(clippy::panic, reason = "helpers of tests")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use rules::describe::describe;
use rules::{Options, SourceFile, lint, load, needs};

/// Far more than any of them takes on a busy machine; what grows with the square of a ruleset takes hours.
const SOON: Duration = Duration::from_secs(60);

fn rule(name: usize, condition: &str) -> String {
    format!(
        "- {{rule: r{name}, desc: d, priority: INFO, source: k8s_audit, condition: '{condition}', output: 'x'}}\n"
    )
}

fn assert_soon(text: String) {
    let files = [SourceFile { name: "hostile.yaml".to_owned(), text }];
    let loaded = load(&files, &Options::default());
    let catalog = loaded.catalog().unwrap_or_else(|| panic!("{:?}", loaded.diagnostics.first()));
    let start = Instant::now();
    let found = lint(&files, &Options::default());
    assert!(found.len() <= 200 * loaded.resolved.rules.len(), "{}", found.len());
    assert!(loaded.resolved.rules.iter().all(|rule| needs(rule).is_some()));
    assert!(describe(&catalog).is_object());
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

fn joined(word: &str, count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(&format!(" {word} "))
}

#[test]
fn five_thousand_ordinary_rules() {
    let mut text = "- {list: l, items: [a, b, c]}\n- {macro: m, condition: 'ka.verb in (create, delete) and not ka.user.name in (l)'}\n".to_owned();
    for at in 0..5_000 {
        let condition = format!(
            "m and ka.target.resource = r{at} and (ka.target.namespace != kube-system or ka.user.name startswith u{at}) and not ka.response.code in (403, 404)"
        );
        text.push_str(&rule(at, &condition));
    }
    assert_soon(text);
}

#[test]
fn rules_of_long_lists() {
    let mut text = String::new();
    for at in 0..1_000 {
        let items: Vec<String> = (0..900).map(|item| format!("v{}", item + at)).collect();
        text.push_str(&rule(at, &format!("ka.user.name in ({})", items.join(","))));
    }
    assert_soon(text);
}

#[test]
fn one_very_long_condition() {
    for word in ["and", "or"] {
        assert_soon(rule(0, &joined(word, 50_000, |at| format!("ka.user.name != u{at}"))));
        assert_soon(rule(
            0,
            &joined(word, 20_000, |at| format!("not ka.req.pod.containers.image in (a, b{at})")),
        ));
        assert_soon(rule(
            0,
            &joined(word, 20_000, |at| format!("(ka.verb = v{at} or ka.uri = w{at} and ka.stage = x)")),
        ));
    }
    assert_soon(rule(0, &format!("ka.user.name in ({})", joined(",", 100_000, |at| format!("u{at}")))));
    assert_soon(rule(0, &format!("ka.user.name != allof ({})", joined(",", 50_000, |at| format!("u{at}")))));
    assert_soon(rule(0, &format!("ka.uri contains anyof ({})", joined(",", 20_000, |at| format!("{at}u")))));
}

#[test]
fn rules_of_many_parts() {
    let mut text = String::new();
    for at in 0..400 {
        text.push_str(&rule(
            at,
            &joined("or", 60, |part| joined("and", 60, |inner| format!("ka.uri != u{at}{part}{inner}"))),
        ));
    }
    assert_soon(text);
}

#[test]
fn macros_of_macros() {
    let mut text = "- {macro: m0, condition: ka.target.name != x and ka.verb != y}\n".to_owned();
    for level in 1..9 {
        writeln!(text, "- {{macro: m{level}, condition: m{0} or (m{0} and ka.uri = u{level})}}", level - 1)
            .unwrap();
    }
    (0..100).for_each(|at| text.push_str(&rule(at, &format!("m8 and ka.target.namespace != n{at}"))));
    assert_soon(text);
}

#[test]
fn what_is_known_of_very_much() {
    let verbs = joined("or", 8_000, |at| format!("ka.verb = v{at}"));
    let names = joined("or", 8_000, |at| format!("ka.target.name != n{at}"));
    assert_soon(rule(0, &format!("({verbs}) and ({names})")));
}

#[test]
fn long_lists_against_long_lists() {
    let list = |prefix: &str| joined(",", 20_000, |at| format!("{prefix}{at}")).replace(" , ", ",");
    let (one, other) = (list("a"), list("a"));
    assert_soon(rule(0, &format!("ka.user.name in ({one}) and ka.user.name = anyof ({other})")));
    assert_soon(rule(0, &format!("ka.user.name in ({one}) or ka.user.name startswith anyof ({other})")));
}

#[test]
fn one_condition_with_very_many_lists() {
    assert_soon(format!(
        "- {{list: l, items: [a]}}\n{}",
        rule(0, &joined("or", 20_000, |_| "ka.verb in (l)".to_owned()))
    ));
}
