//! Explanations say what the program says; and each file in `explain` holds rules, options and events, each snapshot
//! what is said of every rule and event.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers")]

mod support;

use std::fmt::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use rules::explain::{Colour, Explainer, Explanation, Glyphs, Look, Part, Role};
use rules::{Context, Matching, Options, Selection, SelectionAction, Selector, SourceFile, load};
use serde_json::{Value, json};
use support::generate::{condition, event};

const LOOK: Look = Look { width: 100, glyphs: Glyphs::Unicode, colour: Colour::Plain };

fn context(number: u64) -> Context<'static> {
    Context { number, cluster: "x", hostname: None }
}

fn source(text: &str) -> Vec<SourceFile> {
    vec![SourceFile { name: "rules.yaml".to_owned(), text: text.to_owned() }]
}

/// `rule_matching: all`, `priority: notice`, `falco_exact` and `disable: tag`, as a case writes them.
fn options(lines: &str) -> Options {
    let mut options = Options::default();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some(("rule_matching", "all")) => options.matching = Matching::All,
            Some(("priority", priority)) => options.minimum_priority = priority.parse().unwrap(),
            Some(("disable", tag)) => {
                let selector = Selector::Tag(tag.to_owned());
                options.selections.push(Selection { action: SelectionAction::Disable, selector });
            }
            None if line == "falco_exact" => options.falco_exact = true,
            _ => panic!("{line}"),
        }
    }
    options
}

/// What is said of all rules of a case and each of its events.
fn told(case: &str) -> String {
    let section = |name: &str| {
        let start = case.split_once(&format!("=== {name}\n")).map_or("", |(_, rest)| rest);
        start.split("\n=== ").next().unwrap().to_owned()
    };
    let options = options(&section("options"));
    let loaded = load(&source(&section("rules")), &options);
    let Some(mut explainer) = Explainer::new(&loaded, &options) else { panic!("{:?}", loaded.diagnostics) };
    let mut names: Vec<_> = loaded.resolved.rules.iter().map(|rule| rule.name.clone()).collect();
    names.extend(loaded.foreign.iter().map(|rule| rule.name.clone()));
    let mut told = String::new();
    for (number, event) in (1..).zip(section("events").lines()) {
        for name in &names {
            let rule = explainer.find(name).unwrap();
            let explanation = explainer.explain(rule, event.as_bytes(), &context(number)).unwrap();
            let text = explanation.to_text(LOOK);
            let tree = text.split_once("\n\n").map_or("", |(_, tree)| tree);
            assert!(tree.lines().all(|line| line.chars().count() <= LOOK.width), "{text}");
            writeln!(told, "--- event {number}\n{text}").unwrap();
        }
    }
    told
}

#[test]
fn cases() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain"));
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    assert!(paths.len() >= 8);
    insta::with_settings!({snapshot_path => "explain/snapshots", prepend_module_to_snapshot => false}, {
        for path in paths {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            insta::assert_snapshot!(name, told(&std::fs::read_to_string(&path).unwrap()));
        }
    });
}

const SMALL: &str = r#"
- list: readers
  items: [alice, "bob builder"]
- macro: writes
  condition: ka.verb in (create, update)
- rule: Writes
  desc: d
  condition: writes and not ka.user.name in (readers) and ka.req.pod.containers.image exists
  output: "%ka.user.name"
  priority: NOTICE
  source: k8s_audit
"#;

fn small(event: &Value) -> Explanation {
    let options = Options::default();
    let mut explainer = Explainer::new(&load(&source(SMALL), &options), &options).unwrap();
    let rule = explainer.find("writes").unwrap();
    explainer.explain(rule, event.to_string().as_bytes(), &context(1)).unwrap()
}

fn reader() -> Value {
    json!({
        "auditID": "a", "stageTimestamp": "2024-03-01T10:00:00Z", "verb": "create",
        "user": {"username": "bob builder"},
    })
}

#[test]
fn for_programs_there_is_json() {
    let explained = small(&reader());
    insta::assert_snapshot!(serde_json::to_string_pretty(&explained.to_json()).unwrap());
    assert_eq!(explained.to_brief_json().get("condition"), None);
}

#[test]
fn without_unicode_there_are_words_and_in_colour_what_does_not_matter_is_faint() {
    let explained = small(&reader());
    let plain = explained.to_text(Look { glyphs: Glyphs::Ascii, ..LOOK });
    assert!(plain.is_ascii(), "{plain}");
    insta::assert_snapshot!(plain);
    let coloured = explained.to_text(Look { colour: Colour::Ansi, ..LOOK });
    assert!(coloured.contains("\x1b[2m  ├─ ✓ writes: ka.verb in (create, update)"), "{coloured}");
    assert!(coloured.contains("\x1b[31m✗\x1b[0m not ka.user.name in (readers)"), "{coloured}");
}

#[test]
fn no_line_is_wider_than_the_terminal_but_for_reasons() {
    let explained = small(&reader());
    for width in [40, 60, 80] {
        let text = explained.to_text(Look { width, ..LOOK });
        let (_, tree) = text.split_once("\n\n").unwrap();
        assert!(tree.lines().all(|line| line.chars().count() <= width), "{text}");
    }
}

#[test]
fn secrets_are_cut() {
    let long = "geheim".repeat(500);
    let mut event = reader();
    event.as_object_mut().unwrap().insert("user".to_owned(), json!({"username": long}));
    let explained = small(&event);
    for text in [explained.to_text(LOOK), explained.to_json().to_string()] {
        assert!(!text.contains(&"geheim".repeat(30)) && text.contains("3000"), "{text}");
    }
}

#[test]
fn what_is_no_event_is_said_to_be_none() {
    let options = Options::default();
    let mut explainer = Explainer::new(&load(&source(SMALL), &options), &options).unwrap();
    let rule = explainer.find("Writes").unwrap();
    let error = explainer.explain(rule, b"{\"auditID\":\"a\"}", &context(1)).unwrap_err();
    assert_eq!(error.to_string(), "no stageTimestamp in RFC 3339");
}

/// The conditions as macros that use one another, and as rules that use the macros; with exceptions and a list.
fn ruleset(conditions: &[String]) -> String {
    let mut yaml = "- list: words\n  items: [create, get, \"a/b\", x]\n".to_owned();
    for (at, condition) in conditions.iter().enumerate() {
        let earlier =
            if at > 0 { format!(" or not m{}", at - 1) } else { " or ka.verb in (words)".to_owned() };
        let (macro_condition, rule_condition) = match at % 3 {
            0 => (format!("{condition}{earlier}"), format!("m{at} and ka.stage exists or {condition}")),
            1 => (format!("not ({condition}{earlier})"), format!("not m{at} or ka.verb in (words, pods)")),
            _ => (format!("{condition} and ka.verb exists"), format!("m{at} or m{}", at - 1)),
        };
        let condition = |condition: &str| serde_json::to_string(condition).unwrap();
        writeln!(yaml, "- macro: m{at}\n  condition: {}", condition(&macro_condition)).unwrap();
        writeln!(
            yaml,
            "- rule: R{at}\n  desc: d\n  condition: {}\n  output: x\n  priority: NOTICE\n  source: k8s_audit\n  \
             exceptions:\n    - name: e\n      fields: ka.user.name\n      values: [alice, words]\n    - name: f\n      \
             fields: [ka.verb, ka.target.resource]\n      values: [[get, pods], [x, x]]",
            condition(&rule_condition)
        )
        .unwrap();
    }
    yaml
}

/// The verdict on each part follows from those on its parts, and what is decisive is enough.
fn is_sound(part: &Part) -> bool {
    use rules::explain::PartKind::{All, Any, Comparison, Exception, Macro, Not};
    let follows = match &part.kind {
        All(parts) => part.holds == parts.iter().all(|part| part.holds),
        Any(parts) => part.holds == parts.iter().any(|part| part.holds),
        Not(inner) => part.holds != inner.holds,
        Macro(_, inner) | Exception(_, inner) => part.holds == inner.holds,
        Comparison(_) => true,
    };
    let decisive = |part: &&Part| part.role == Role::Decisive;
    let is_enough = part.role != Role::Decisive
        || match &part.kind {
            All(parts) if part.holds => parts.iter().all(|part| decisive(&part)),
            Any(parts) if !part.holds => parts.iter().all(|part| decisive(&part)),
            All(parts) | Any(parts) => {
                let chosen: Vec<_> = parts.iter().filter(decisive).collect();
                chosen.len() == 1 && chosen.iter().all(|chosen| chosen.holds == part.holds)
            }
            _ => part.parts().iter().all(|part| decisive(&part)),
        };
    follows && is_enough && part.parts().iter().all(is_sound)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn explanations_agree_with_the_program(
        conditions in prop::collection::vec(condition(), 1..7),
        events in prop::collection::vec(event(), 1..5),
        falco_exact in any::<bool>(),
        matching in prop::sample::select(&[Matching::First, Matching::All]),
    ) {
        let yaml = ruleset(&conditions);
        let options = Options { falco_exact, matching, ..Options::default() };
        let loaded = load(&source(&yaml), &options);
        let Some(mut explainer) = Explainer::new(&loaded, &options) else {
            return Err(TestCaseError::fail(format!("{:?}\n{yaml}", loaded.diagnostics)));
        };
        // What the program says of all rules, whichever of them are reported.
        let all = Options { matching: Matching::All, ..options.clone() };
        let program = load(&source(&yaml), &all).program.unwrap();
        let (mut everything, mut evaluator) = (program.evaluator(), loaded.program.unwrap().evaluator());
        for (number, event) in (1..).zip(&events) {
            let bytes = event.to_string().into_bytes();
            let matches = everything.evaluate(&bytes, &context(number)).unwrap().matches;
            let reported = evaluator.evaluate(&bytes, &context(number)).unwrap().matches;
            let explained = explainer.explain_all(&bytes, &context(number)).unwrap();
            for (at, explanation) in explained.iter().enumerate() {
                let found = matches.iter().find(|found| found.rule == at);
                prop_assert_eq!(explanation.matches(), found.is_some(), "{}\n{}", event, explanation.to_text(LOOK));
                prop_assert_eq!(explanation.alerts(), reported.iter().any(|found| found.rule == at));
                prop_assert_eq!(explanation.output.as_ref(), found.map(|found| &found.message));
                let nearness = explanation.nearness();
                prop_assert_eq!(explanation.matches(), nearness.holding == nearness.of);
                prop_assert!(explanation.condition.as_ref().is_some_and(is_sound), "{:?}", explanation);
            }
        }
    }
}
