//! `saker eval` over small inputs.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const RULES: &str = "\
- rule: Created
  desc: something was created
  condition: ka.verb = create
  output: number %evt.num by %ka.user.name in %ka.cluster
  priority: NOTICE
  source: k8s_audit
  tags: [b, a]
- rule: Any
  desc: everything
  condition: ka.auditid exists
  output: any %ka.auditid
  priority: DEBUG
  source: k8s_audit
";

fn event(id: &str, verb: &str) -> String {
    format!(
        "{{\"kind\":\"Event\",\"auditID\":\"{id}\",\"verb\":\"{verb}\",\"user\":{{\"username\":\"alice\"}},\
         \"stageTimestamp\":\"2018-10-25T14:09:12.581541Z\"}}"
    )
}

struct Given {
    directory: tempfile::TempDir,
}

impl Given {
    fn rules(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("rules.yaml"), text).unwrap();
        Self { directory }
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
        command.current_dir(self.directory.path()).env("FALCO_HOSTNAME", "vm");
        command.args(["eval", "--rules", "rules.yaml", "--events"]).args(more);
        command
    }

    fn eval(&self, events: &str, more: &[&str]) -> Output {
        std::fs::write(self.directory.path().join("events"), events).unwrap();
        self.command(&[&["events"], more].concat()).output().unwrap()
    }

    fn piped(&self) -> Child {
        let mut command = self.command(&["-", "--output", "text"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn alerts_have_falcos_shape_and_nothing_more() {
    let output = Given::rules(RULES).eval(&event("1", "create"), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!(stdout(&output), @r#"{"hostname":"vm","output":"14:09:12.581541000: Notice number 1 by alice in default","output_fields":{"evt.num":1,"evt.time":1540476552581541000,"ka.cluster":"default","ka.user.name":"alice"},"priority":"Notice","rule":"Created","source":"k8s_audit","tags":["a","b"],"time":"2018-10-25T14:09:12.581541000Z"}"#);
}

#[test]
fn rules_come_in_order_and_nothing_is_left_out_as_a_duplicate() {
    let twice = format!("{0}\n{0}\n", event("1", "create"));
    let output = Given::rules(RULES)
        .eval(&twice, &["--rule-matching", "all", "--output", "text", "--cluster", "prod"]);
    insta::assert_snapshot!(stdout(&output), @r"
    14:09:12.581541000: Notice number 1 by alice in prod
    14:09:12.581541000: Debug any 1
    14:09:12.581541000: Notice number 2 by alice in prod
    14:09:12.581541000: Debug any 1
    ");
}

#[test]
fn only_what_is_an_event_is_counted_and_the_rest_is_a_warning_with_its_line() {
    let events = [
        &event("1", "get"),
        "nonsense",
        "{\"kind\":\"Event\",\"auditID\":\"2\"}",
        "",
        "{\"kind\":\"Event\",\"cut\":{",
        &format!(
            "{{\"kind\":\"EventList\",\"items\":[{},{{}},{}]}}",
            event("3", "create"),
            event("4", "get")
        ),
        &format!("[{}]", event("5", "create")),
    ]
    .join("\n");
    let output = Given::rules(RULES).eval(&events, &["--output", "text"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(stdout(&output), @r"
    14:09:12.581541000: Debug any 1
    14:09:12.581541000: Notice number 2 by alice in default
    14:09:12.581541000: Debug any 4
    14:09:12.581541000: Notice number 4 by alice in default
    ");
    insta::assert_snapshot!(stderr(&output));
}

#[test]
fn a_file_of_something_else_is_told() {
    let output = Given::rules(RULES).eval(RULES, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).ends_with("error: events: holds no events\n"), "{}", stderr(&output));
    let empty = Given::rules(RULES).eval("", &[]);
    assert_eq!((empty.status.code(), stderr(&empty).as_str()), (Some(0), ""));
}

#[test]
fn a_body_may_go_over_several_lines() {
    let list =
        format!("{{\"kind\":\"EventList\",\"items\":[{},{}]}}", event("1", "create"), event("2", "create"));
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&list).unwrap()).unwrap();
    let output =
        Given::rules(RULES).eval(&format!("{pretty}\n{}\n", event("3", "create")), &["--format", "text"]);
    assert_eq!(stdout(&output).lines().count(), 3, "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn rules_with_errors_print_all_problems_and_no_alert() {
    let rules = RULES.replace("ka.verb =", "ka.vreb =").replace("DEBUG", "LOUD");
    let output = Given::rules(&rules).eval(&event("1", "create"), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let problems = stderr(&output);
    for says in [
        "error[",
        "ka.vreb",
        "rules.yaml:3:",
        "LOUD",
        "rules.yaml:12:",
        "the rules have 2 errors; nothing was loaded",
    ] {
        assert!(problems.contains(says), "{says}: {problems}");
    }
}

#[test]
fn what_is_piped_in_is_answered_line_by_line() {
    let given = Given::rules(RULES);
    let mut child = given.piped();
    let mut into = child.stdin.take().unwrap();
    let mut from = BufReader::new(child.stdout.take().unwrap());
    for number in 1..=3 {
        writeln!(into, "{}", event("1", "create")).unwrap();
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("number {number} ")), "{line}");
    }
    drop(into);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let given = Given::rules(RULES);
    let mut child = given.piped();
    let mut into = child.stdin.take().unwrap();
    drop(child.stdout.take());
    // Sooner or later the pipe is closed at the other end, too.
    while writeln!(into, "{}", event("1", "create")).is_ok() {}
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(errors, "");
}

#[test]
fn the_evaluators_part_of_a_configuration_counts_and_flags_beat_it() {
    let given = Given::rules(RULES);
    let config = "\
bus: {address: nowhere}
evaluator:
  rule_matching: all
  time_format: iso8601
  selections: [{disable: {tag: a}}]
  append_output: [{match: {source: k8s_audit}, extra_output: by %ka.user.name, extra_fields: [{Who: u}]}]
";
    std::fs::write(given.directory.path().join("saker.yaml"), config).unwrap();
    let output = given.eval(&event("1", "create"), &["--config", "saker.yaml", "--output", "text"]);
    insta::assert_snapshot!(stdout(&output), @"2018-10-25T14:09:12.581541000+0000: Debug any 1 by alice");
    let output = given.eval(&event("1", "create"), &["--config", "saker.yaml", "--disable", "Any*"]);
    let alert: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&alert["rule"], &alert["output_fields"]["Who"]), (&"Created".into(), &"u".into()));
    let output = given.eval(&event("1", "create"), &["--priority", "notice", "--rule-matching", "all"]);
    assert_eq!(stdout(&output).lines().count(), 1, "{}", stdout(&output));
}
