//! Files of examples and what comes of them: each file in `examples` is read and held against `examples/rules.yaml`;
//! each snapshot is what is told.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::fmt::Write;
use std::path::PathBuf;

use proptest::prelude::*;
use rules::examples::{self, BaseEvents, Example, ExampleFile, Given, Subject, Verdict};
use rules::{Options, SourceFile};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/examples"))
}

fn source(name: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: std::fs::read_to_string(folder().join(name)).unwrap() }
}

fn subject() -> Subject {
    Subject::new(vec![source("rules.yaml")], &Options::default()).unwrap()
}

/// The file beside it that examples may name.
fn open(path: &str) -> Result<String, String> {
    match path {
        "list.json" => Ok("[{\"stageTimestamp\": \"2026-11-23T12:43:13Z\"}]".to_owned()),
        _ => Err("No such file".to_owned()),
    }
}

fn read(file: &SourceFile) -> ExampleFile {
    examples::read(file, Given { events: &BaseEvents::builtin(), open: &open })
}

fn told(subject: &Subject, read: &ExampleFile) -> String {
    let mut told = String::new();
    let unknown = subject.unknown_rules(read);
    for mistake in read.mistakes.iter().chain(&unknown) {
        writeln!(told, "{}", mistake.render(std::slice::from_ref(&read.file))).unwrap();
    }
    for example in &read.examples {
        let Example { rule, must, why, position, .. } = example;
        let why = why.as_deref().unwrap_or("no reason given");
        match subject.judge(example) {
            Ok(Verdict::Holds) => writeln!(told, "{}: {rule} must {must} ({why})", position.line),
            Ok(Verdict::Fails(failure)) => {
                writeln!(told, "{}: {rule} must {must} ({why}): it fails\n{failure}", position.line)
            }
            Err(mistakes) => mistakes.iter().try_for_each(|mistake| {
                writeln!(told, "{}", mistake.render(std::slice::from_ref(&read.file)))
            }),
        }
        .unwrap();
    }
    told
}

#[test]
fn cases() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml") && name != "rules.yaml")
        .collect();
    names.sort();
    assert!(names.len() >= 14);
    let subject = subject();
    insta::with_settings!({snapshot_path => "examples/snapshots", prepend_module_to_snapshot => false}, {
        for name in names {
            let file = source(&name);
            let remark = file.text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned();
            insta::with_settings!({description => remark}, {
                insta::assert_snapshot!(name.trim_end_matches(".yaml"), told(&subject, &read(&file)));
            });
        }
    });
}

#[test]
fn mistakes_are_not_told_without_end() {
    let file = SourceFile { name: "many.yaml".to_owned(), text: "- {rule: R, must: maybe}\n".repeat(10_000) };
    assert_eq!(read(&file).mistakes.len(), 50);
}

#[test]
fn what_an_alias_stands_for_is_wrong_once() {
    let text =
        "- {rule: R, must: match, event: &e {verb: a, verb: b}}\n- {rule: R, must: match, event: *e}\n";
    let file = SourceFile { name: "alias.yaml".to_owned(), text: text.to_owned() };
    let read = read(&file);
    assert_eq!((read.mistakes.len(), read.examples.len()), (1, 0));
}

/// Something close to an example, often wrong.
fn almost_an_example() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("rule"),
        Just("must"),
        Just("event"),
        Just("patch"),
        Just("request"),
        Just("with"),
        Just("output"),
        Just("fields"),
        Just("examples"),
        Just("events"),
        Just("rules"),
        Just("common"),
    ];
    let value = prop_oneof![
        Just("Secret Read".to_owned()),
        Just("match".to_owned()),
        Just("not match".to_owned()),
        Just("get-secret".to_owned()),
        Just("{verb: get}".to_owned()),
        Just("'{\"verb\": \"get\"}'".to_owned()),
        Just("[&a {x: *a}]".to_owned()),
        Just("\"- list: production\\n  items: [ü]\"".to_owned()),
        "[ -~ä]{0,12}",
    ];
    let line = (0_usize..4, prop_oneof![Just("- "), Just("  ")], key, value)
        .prop_map(|(indent, dash, key, value)| format!("{}{dash}{key}: {value}\n", "  ".repeat(indent)));
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn no_text_stops_the_reader(text in prop_oneof!["\\PC*", "(?s).{0,200}", almost_an_example()]) {
        let file = SourceFile { name: "any.yaml".to_owned(), text };
        let read = read(&file);
        for mistake in &read.mistakes {
            prop_assert!(mistake.render(std::slice::from_ref(&file)).starts_with("error"));
        }
        prop_assert!(!read.examples.is_empty() || !read.mistakes.is_empty(), "nothing is passed over in silence");
    }

    #[test]
    fn whatever_is_read_can_be_judged(
        rule in prop_oneof![Just("Secret Read"), Just("Left Out"), Just("None")],
        event in prop_oneof![Just("get-secret"), Just("exec"), Just("common")],
        must in prop_oneof![Just("match"), Just("not match")],
        patch in "[a-zA-Z\\[\\]{}: ,\"]{0,30}",
        output in "\\PC{0,20}",
    ) {
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let mut text = format!("- rule: {rule}\n  must: {must}\n  event: {event}\n  patch: {patch}\n");
        if must == "match" {
            text.push_str(&format!("  output: {}\n", quoted(&output)));
        }
        let file = SourceFile { name: "any.yaml".to_owned(), text };
        let read = read(&file);
        let subject = subject();
        for example in &read.examples {
            if let Ok(Verdict::Fails(failure)) = subject.judge(example) {
                prop_assert!(failure.to_string().lines().all(|line| !line.contains(char::is_control)));
            }
        }
    }
}
