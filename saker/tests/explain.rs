//! `saker explain` over small inputs.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const RULES: &str = "\
- list: stages
  items: [ResponseComplete]
- macro: done
  condition: ka.stage in (stages)
- rule: Secret Read
  desc: a secret was read
  condition: done and ka.verb = get and ka.target.resource = secrets
  output: read by %ka.user.name in %ka.cluster (%evt.num)
  priority: WARNING
  source: k8s_audit
- rule: Anything Done
  desc: everything
  condition: done
  output: done
  priority: DEBUG
  source: k8s_audit
- rule: Secret Written
  desc: a secret was written
  condition: done and ka.verb in (create, update, patch) and ka.target.resource = secrets
  output: written
  priority: NOTICE
  source: k8s_audit
- rule: Process
  desc: nothing to do with audit events
  condition: proc.name = cat
  output: x
  priority: NOTICE
  source: syscall
";

fn event(id: &str, stage: &str, verb: &str) -> String {
    format!(
        "{{\"kind\":\"Event\",\"auditID\":\"{id}\",\"stage\":\"{stage}\",\"verb\":\"{verb}\",\
         \"user\":{{\"username\":\"alice\"}},\"objectRef\":{{\"resource\":\"secrets\",\"namespace\":\"prod\",\
         \"name\":\"db\"}},\"stageTimestamp\":\"2018-10-25T14:09:12.581541Z\"}}"
    )
}

fn events() -> String {
    [
        &event("1", "RequestReceived", "get"),
        "nonsense",
        &format!(
            "{{\"kind\":\"EventList\",\"items\":[{},{{}},{}]}}",
            event("1", "ResponseComplete", "get"),
            event("2", "ResponseComplete", "create")
        ),
    ]
    .join("\n")
}

fn command(directory: &tempfile::TempDir, more: &[&str]) -> Command {
    std::fs::write(directory.path().join("rules.yaml"), RULES).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    command
        .current_dir(directory.path())
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("NO_COLOR");
    command.args(["explain", "--rules", "rules.yaml"]).args(more);
    command
}

fn explain(events: &str, more: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("events"), events).unwrap();
    command(&directory, &[&["--event", "events"], more].concat()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_rule_and_an_event_are_a_tree() {
    let output = explain(&events(), &["--number", "2", "--rule", "secret read", "--cluster", "prod"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!(stdout(&output));
    let output = explain(&events(), &["--number", "3", "--rule", "secret read"]);
    insta::assert_snapshot!("a_rule_that_does_not_match", stdout(&output));
}

#[test]
fn without_a_rule_all_are_listed_the_nearest_first() {
    let output = explain(&event("1", "ResponseComplete", "create"), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn of_several_events_each_has_a_line_and_what_is_none_is_a_warning() {
    let output = explain(&events(), &["--rule", "Secret Read"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(stdout(&output));
    insta::assert_snapshot!("several_events_are_advised_to_be_chosen_from", stderr(&output));
    let output = explain(&events(), &[]);
    insta::assert_snapshot!("several_events_and_what_each_raises", stdout(&output));
}

#[test]
fn an_audit_id_means_all_stages_of_a_request() {
    let output = explain(&events(), &["--rule", "Secret Read", "--audit-id", "1"]);
    assert_eq!(stdout(&output).lines().count(), 2, "{}", stdout(&output));
    let output = explain(&events(), &["--rule", "Secret Read", "--audit-id", "2"]);
    assert!(stdout(&output).contains("event 3: create secrets/prod/db by alice ResponseComplete\n"));
    assert!(stdout(&output).contains("▸ ├─ ✗ ka.verb = get"), "{}", stdout(&output));
}

#[test]
fn json_is_an_object_for_each_event() {
    let objects = |more: &[&str]| -> Vec<Value> {
        let output = explain(&events(), &[&["--format", "json"], more].concat());
        assert!(!stderr(&output).contains("choose"), "programs need no advice");
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let at = |value: &Value, pointer: &str| value.pointer(pointer).cloned().unwrap_or_default();
    let whole = objects(&["--rule", "Secret Read", "--number", "3"]);
    let [whole] = whole.as_slice() else { panic!("{whole:?}") };
    assert_eq!(at(whole, "/event/auditID"), "2");
    assert_eq!(at(whole, "/rule"), "Secret Read");
    assert_eq!(at(whole, "/matches"), false);
    assert_eq!(at(whole, "/reasons/0/values/0/value"), "create");
    assert_eq!(at(whole, "/condition/parts/0/name"), "done");
    let brief = objects(&["--rule", "Secret Read"]);
    assert_eq!(brief.iter().map(|event| at(event, "/matches")).collect::<Vec<_>>(), [false, true, false]);
    let rules = objects(&["--number", "2"]);
    assert_eq!(at(rules.first().unwrap(), "/rules").as_array().map(Vec::len), Some(3));
    assert_eq!(at(rules.first().unwrap(), "/event/alerts/0"), "Secret Read");
    assert_eq!(objects(&[]).len(), 3);
}

#[test]
fn events_may_come_through_a_pipe() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = command(&directory, &["--events", "-", "--rule", "Anything Done"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut into = child.stdin.take().unwrap();
    into.write_all(event("1", "ResponseComplete", "get").as_bytes()).unwrap();
    drop(into);
    let output = child.wait_with_output().unwrap();
    let says = "rule `Secret Read` matches, too, and comes first";
    assert!(stdout(&output).contains(says), "{}", stdout(&output));
}

#[test]
fn flags_change_what_is_said() {
    let one = event("1", "ResponseComplete", "get");
    let output = explain(&one, &["--rule", "Anything Done", "--rule-matching", "all"]);
    assert!(stdout(&output).contains("✓ Anything Done matches and raises an alert\n"), "{}", stdout(&output));
    let output = explain(&one, &["--rule", "Anything Done", "--priority", "notice"]);
    assert!(stdout(&output).contains("less grave than the minimum priority, notice"), "{}", stdout(&output));
    let output = explain(&one, &["--rule", "Process"]);
    assert!(stdout(&output).contains("the rule is for events of source `syscall`"), "{}", stdout(&output));
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("events"), &one).unwrap();
    let mut command = command(&directory, &["--event", "events", "--rule", "Secret Read"]);
    let plain = command.env("LC_ALL", "C").output().unwrap();
    assert!(stdout(&plain).is_ascii() && stdout(&plain).contains("yes Secret Read"), "{}", stdout(&plain));
}

#[test]
fn mistakes_say_what_to_do() {
    for (more, says) in [
        (
            &["--rule", "secret"][..],
            "`secret` is a part of 2 names of rules; say more of one:\n  Secret Read\n",
        ),
        (&["--rule", "Sceret Read"], "there is no rule `Sceret Read`; nearest are:\n  Secret Read"),
        (&["--number", "4"], "events: there is no event 4; the file holds 3 events, counted from 1"),
        (&["--audit-id", "9"], "events: no event has the auditID 9; the file holds 3 events"),
    ] {
        let output = explain(&events(), more);
        assert_eq!(output.status.code(), Some(1), "{more:?}");
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    let output = explain("", &[]);
    assert_eq!(stderr(&output), "error: events: holds no events\n");
    let output = explain(&events(), &["--number", "2", "--audit-id", "1"]);
    assert!(stderr(&output).contains("cannot be used with"), "{}", stderr(&output));
}

#[test]
fn where_there_are_no_rules_that_is_told() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("none.yaml"), "").unwrap();
    std::fs::write(directory.path().join("events"), event("1", "ResponseComplete", "get")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    command.current_dir(directory.path()).args(["explain", "--rules", "none.yaml", "--event", "events"]);
    assert!(stdout(&command.output().unwrap()).ends_with("\n\nthere are no rules\n"));
}

#[test]
fn rules_with_errors_are_not_explained() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("broken.yaml"), RULES.replace("ka.verb =", "ka.vreb =")).unwrap();
    std::fs::write(directory.path().join("events"), events()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    command.current_dir(directory.path()).args(["explain", "--rules", "broken.yaml", "--event", "events"]);
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()));
    assert!(stderr(&output).contains("ka.vreb") && stderr(&output).contains("the rules have 1 error"));
}
