//! The shipped ruleset does what it says: it loads without a word, every rule matches what its examples say it must
//! and nothing else, and a recorded cluster raises a known number of alerts.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests"
)]

#[path = "ruleset/recorded.rs"]
mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use rules::examples::{self, BaseEvents, Coverage, Example, ExampleFile, Given, Subject, Verdict};
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

/// The shipped examples, about whose files there must be nothing to say.
fn example_files() -> Vec<ExampleFile> {
    let events = BaseEvents::builtin();
    let given = Given { events: &events, open: &|path| panic!("{path}: an example brings its event along") };
    let read = |file: SourceFile| {
        let read = examples::read(&file, given);
        let mistakes: String =
            read.mistakes.iter().map(|mistake| mistake.render(std::slice::from_ref(&file))).collect();
        assert!(mistakes.is_empty(), "{mistakes}");
        assert!(read.rules.is_empty(), "{}: they are about the shipped rules", file.name);
        read
    };
    examples::shipped().into_iter().map(read).collect()
}

fn subject(falco_exact: bool) -> Subject {
    Subject::new(shipped(), &options(Matching::All, falco_exact)).expect("rules that load without a word")
}

#[test]
fn every_example_holds() {
    check(&subject(false), |_| true);
}

/// What the rules say may not depend on the switch. Overrides are loaded once only: it takes long enough.
#[test]
fn every_plain_example_holds_as_falco_would_have_it() {
    check(&subject(true), |example| !example.has_rules());
}

/// Side by side, since each override is a load of its own.
fn check(subject: &Subject, wanted: impl Fn(&Example) -> bool) {
    let files = example_files();
    let examples = files.iter().flat_map(|file| file.examples.iter().map(move |example| (file, example)));
    let cases: Vec<_> = examples.filter(|(_, example)| wanted(example)).collect();
    assert!(cases.len() > 300);
    let waiting = Mutex::new(cases.iter());
    let next = || waiting.lock().unwrap().next();
    let judge = || -> Vec<String> {
        std::iter::from_fn(next).filter_map(|(file, example)| complaint(subject, file, example)).collect()
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        let judges: Vec<_> =
            (0..thread::available_parallelism().unwrap().get()).map(|_| scope.spawn(judge)).collect();
        judges.into_iter().flat_map(|judge| judge.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn complaint(subject: &Subject, file: &ExampleFile, example: &Example) -> Option<String> {
    let Example { rule, must, why, position, .. } = example;
    let place = format!("{}:{}: {rule} must {must} ({why:?})", file.file.name, position.line);
    match subject.judge(example) {
        Ok(Verdict::Holds) => None,
        Ok(Verdict::Fails(failure)) => Some(format!("{place}\n{failure}")),
        Err(mistakes) => {
            Some(mistakes.iter().map(|mistake| mistake.render(std::slice::from_ref(&file.file))).collect())
        }
    }
}

#[test]
fn every_rule_has_examples_of_both_kinds() {
    let subject = subject(false);
    let mut coverage = Coverage::default();
    let files = example_files();
    files.iter().flat_map(|file| &file.examples).for_each(|example| coverage.add(example));
    let gaps = coverage.gaps(subject.rules().iter().map(|rule| rule.name.as_str()));
    assert!(gaps.is_empty(), "{}", gaps.iter().map(|gap| format!("{gap}\n")).collect::<String>());
    let names: BTreeSet<&str> = subject.rules().iter().map(|rule| rule.name.as_str()).collect();
    let shown: BTreeSet<&str> =
        files.iter().flat_map(|file| &file.examples).map(|example| example.rule.as_str()).collect();
    assert_eq!(names, shown, "rules, and those with examples");
}

#[test]
fn examples_stand_beside_their_rules_and_say_why() {
    for ExampleFile { file, examples, .. } in example_files() {
        let theme =
            shipped().into_iter().find(|theme| theme.name == file.name).expect("a theme of that name");
        for example in examples {
            let line = format!("- rule: {}\n", example.rule);
            assert!(theme.text.contains(&line), "{}: {} stands elsewhere", file.name, example.rule);
            assert!(example.why.is_some(), "{}:{}", file.name, example.position.line);
        }
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

/// Kind and name of every list, macro and rule: each starts a line of its own.
fn names(text: &str) -> BTreeSet<(&'static str, String)> {
    let item = |line: &str| {
        let (kind, name) = line.strip_prefix("- ")?.split_once(": ")?;
        let kind = ["list", "macro", "rule"].into_iter().find(|known| *known == kind)?;
        Some((kind, name.trim().to_owned()))
    };
    text.lines().filter_map(item).collect()
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
