//! The shipped ruleset does what it says: it loads without a word, every rule matches what its examples say it must
//! and nothing else, and a recorded cluster raises a known number of alerts.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests"
)]

#[path = "ruleset/examples.rs"]
mod examples;
#[path = "ruleset/recorded.rs"]
mod recorded;
#[path = "ruleset/yaml.rs"]
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use examples::{Case, Must};
use rules::{Context, Evaluator, Matching, Options, Priority, Program, SourceFile, shipped};

fn options(matching: Matching, falco_exact: bool) -> Options {
    Options { matching, falco_exact, ..Options::default() }
}

/// The shipped rules, about which there must be nothing to say.
fn load(options: &Options) -> Program {
    let files = shipped();
    let loaded = rules::load(&files, options);
    let complaints: String = loaded.diagnostics.iter().map(|diagnostic| diagnostic.render(&files)).collect();
    assert!(complaints.is_empty(), "{complaints}");
    loaded.program.expect("a program, since nothing was wrong")
}

/// The shipped rules, and behind them what a user might add.
fn load_with(with: &str, options: &Options) -> Program {
    let mut files = shipped();
    files.push(SourceFile { name: "with.yaml".to_owned(), text: with.to_owned() });
    let loaded = rules::load(&files, options);
    let errors: String = loaded
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|error| error.render(&files))
        .collect();
    loaded.program.unwrap_or_else(|| panic!("{errors}"))
}

/// The rules that match an event, with their outputs.
fn matches(program: &Program, evaluator: &mut Evaluator, event: &[u8]) -> Vec<(String, String)> {
    let context = Context { number: 1, cluster: "default", hostname: None };
    let evaluation = evaluator
        .evaluate(event, &context)
        .unwrap_or_else(|_| panic!("no event: {}", String::from_utf8_lossy(event)));
    evaluation
        .matches
        .into_iter()
        .map(|found| (program.rules()[found.rule].name.clone(), found.message))
        .collect()
}

#[test]
fn loads_without_a_word() {
    for matching in [Matching::First, Matching::All] {
        for falco_exact in [false, true] {
            load(&options(matching, falco_exact));
        }
    }
}

#[test]
fn every_example_holds() {
    let options = options(Matching::All, false);
    let plain = load(&options);
    check(examples::all(), |case| match &case.example.with {
        Some(with) => load_with(with, &options),
        None => plain.clone(),
    });
}

/// What the rules say may not depend on the switch. Overrides are loaded once only: it takes long enough.
#[test]
fn every_plain_example_holds_as_falco_would_have_it() {
    let plain = load(&options(Matching::All, true));
    check(examples::all().into_iter().filter(|case| case.example.with.is_none()), |_| plain.clone());
}

/// Side by side, since each override is a load of its own.
fn check(cases: impl IntoIterator<Item = Case>, program: impl Fn(&Case) -> Program + Sync) {
    let cases: Vec<Case> = cases.into_iter().collect();
    let waiting = Mutex::new(cases.iter());
    let next = || waiting.lock().unwrap().next();
    let judge = || -> Vec<String> {
        std::iter::from_fn(next).filter_map(|case| verdict(case, &program(case)).err()).collect()
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let judges: Vec<_> =
            (0..thread::available_parallelism().unwrap().get()).map(|_| scope.spawn(judge)).collect();
        judges.into_iter().flat_map(|judge| judge.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn verdict(case: &Case, program: &Program) -> Result<(), String> {
    let example = &case.example;
    let place = format!("{}: {} must {:?} ({})", case.file, example.rule, example.must, example.why);
    let found = matches(program, &mut program.evaluator(), &case.event);
    let message = found.iter().find(|(rule, _)| *rule == example.rule).map(|(_, message)| message);
    match (example.must, message, &example.output) {
        (Must::Match, None, _) => Err(format!("{place}: it does not")),
        (Must::NotMatch, Some(message), _) => Err(format!("{place}: it does, {message}")),
        (Must::Match, Some(message), Some(output)) if message != output => {
            Err(format!("{place}\n  says     {message}\n  must say {output}"))
        }
        _ => Ok(()),
    }
}

#[test]
fn every_rule_has_examples_of_both_kinds() {
    let cases = examples::all();
    let shown = |must: Must| -> BTreeSet<&str> {
        cases.iter().filter(|case| case.example.must == must).map(|case| case.example.rule.as_str()).collect()
    };
    let (matching, not_matching) = (shown(Must::Match), shown(Must::NotMatch));
    let program = load(&options(Matching::All, false));
    let names: BTreeSet<&str> = program.rules().iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, matching, "rules, and those with an example that must match");
    assert_eq!(names, not_matching, "rules, and those with an example that must not match");
}

#[test]
fn examples_stand_beside_their_rules() {
    for case in examples::all() {
        let theme = shipped().into_iter().find(|file| file.name == case.file).expect("a theme of that name");
        let line = format!("- rule: {}\n", case.example.rule);
        assert!(theme.text.contains(&line), "{}: {} stands elsewhere", case.file, case.example.rule);
    }
}

#[test]
fn suspicion_comes_before_activity() {
    let program = load(&options(Matching::First, false));
    let places = |wanted: fn(Priority) -> bool| {
        program
            .rules()
            .iter()
            .enumerate()
            .filter(move |(_, rule)| wanted(rule.priority))
            .map(|(place, _)| place)
    };
    let last_suspicion = places(|priority| priority < Priority::Informational).max().unwrap();
    let first_activity = places(|priority| priority == Priority::Informational).min().unwrap();
    let last_activity = places(|priority| priority == Priority::Informational).max().unwrap();
    let everything = places(|priority| priority == Priority::Debug).min().unwrap();
    assert!(last_suspicion < first_activity && last_activity < everything);
}

#[test]
fn rules_are_of_the_audit_source_and_tagged() {
    let program = load(&options(Matching::All, false));
    for rule in program.rules() {
        assert_eq!(rule.source, "k8s_audit", "{}", rule.name);
        assert!(rule.tags.contains(&"k8s".to_owned()), "{}", rule.name);
        assert!(!rule.description.trim().is_empty(), "{}", rule.name);
    }
}

/// The overrides in docs/rules.md load as they stand there.
#[test]
fn the_documented_overrides_load() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md")).unwrap();
    let blocks: Vec<&str> =
        page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let program = load_with(block, &options(Matching::First, false));
        let left_out = |name: &str| program.rules().iter().any(|rule| rule.name == name && !rule.enabled);
        assert_eq!(left_out("Create NodePort Service"), block.contains("enabled: false"));
    }
}

/// Every rule has its row in docs/rules.md, with its priority; those of activity share a sentence.
#[test]
fn every_rule_is_documented() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md")).unwrap();
    for rule in load(&options(Matching::First, false)).rules() {
        let row = format!("| {} | {} |", rule.name, rule.priority);
        let by_itself = rule.priority >= Priority::Informational;
        assert!(by_itself || page.contains(&row), "docs/rules.md has no row {row}");
    }
}

/// Users come with overrides and dashboards made for Falco's rules: every name there is one here.
#[test]
fn names_of_falco_carry_over() {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/falco-rules"));
    if !directory.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", directory.display());
        println!("stepping aside: {} is missing", directory.display());
        return;
    }
    let theirs = names(&fs::read_to_string(directory.join("k8s_audit_rules.yaml")).unwrap());
    let ours: BTreeSet<_> = shipped().iter().flat_map(|file| names(&file.text)).collect();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(!theirs.is_empty() && missing.is_empty(), "{missing:?}");
}

/// Kind and name of every list, macro and rule.
fn names(text: &str) -> BTreeSet<(&'static str, String)> {
    let items = yaml::read(text);
    items
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| {
            ["list", "macro", "rule"]
                .into_iter()
                .find_map(|kind| Some((kind, item[kind].as_str()?.to_owned())))
        })
        .collect()
}

#[test]
fn a_recorded_cluster_raises_these_alerts() {
    let first = load(&options(Matching::First, false));
    let all = load(&options(Matching::All, false));
    let (in_first, in_all) = (counts(&first), counts(&all));
    let mut table = String::from("first  all\n");
    for rule in all.rules() {
        let count = |counts: &BTreeMap<String, usize>| counts.get(&rule.name).copied().unwrap_or_default();
        writeln!(table, "{:5}{:5}  {}", count(&in_first), count(&in_all), rule.name).unwrap();
    }
    insta::assert_snapshot!(table);
}

fn counts(program: &Program) -> BTreeMap<String, usize> {
    let mut evaluator = program.evaluator();
    let mut counts = BTreeMap::new();
    for event in recorded::events() {
        for (rule, _) in matches(program, &mut evaluator, &event) {
            *counts.entry(rule).or_default() += 1;
        }
    }
    counts
}

/// What controllers, kubelets and the API server do all day raises nothing; but for the privileged pods that
/// they make of what users wrote.
#[test]
fn the_control_plane_is_quiet() {
    let program = load(&options(Matching::First, false));
    let mut evaluator = program.evaluator();
    for event in recorded::events() {
        let user = recorded::user(&event);
        let quiet = user.starts_with("system:kube-")
            || user.starts_with("system:node:")
            || user.starts_with("system:serviceaccount:kube-system:")
            || user == "system:apiserver";
        for (rule, message) in matches(&program, &mut evaluator, &event) {
            assert!(!quiet || rule == "Create Privileged Pod", "{rule}: {message}");
        }
    }
}
