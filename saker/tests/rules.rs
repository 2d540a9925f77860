//! `saker rules` over small rulesets.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::process::{Command, Output, Stdio};

use serde_json::Value;

const BASE: &str = "\
- list: writing
  items: [create, update, patch]
- list: verbs
  items: [writing, delete]
- macro: complete
  condition: ka.stage = ResponseComplete
- macro: changes
  condition: complete and ka.verb in (verbs)
- rule: Privileged pod
  desc: >
    Somebody made a pod with a container that may do anything to its node, its network, its disks and everything else
    that lies or runs there.
  condition: >
    changes and ka.target.resource = pods and (ka.pod.privileged intersects (true) or ka.pod.host_network = true)
  output: \"%ka.user.name made %ka.resp.name\"
  priority: WARNING
  source: k8s_audit
  tags: [pods, hardening]
- rule: Anything
  desc: Everything.
  condition: complete
  output: \"%ka.verb\"
  priority: DEBUG
  source: k8s_audit
  enabled: false
";

const MINE: &str = "\
# what is known here
- rule: Privileged pod
  override: {exceptions: append, priority: replace}
  priority: ERROR
  exceptions:
  - name: known
    fields: [ka.target.namespace, ka.target.name]
    comps: [=, startswith]
    values:
    - [monitoring, node-exporter-]
    - [\"two words\", x]
";

struct Given {
    directory: tempfile::TempDir,
}

impl Given {
    fn files(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        Self { directory }
    }

    fn both() -> Self {
        Self::files(&[("base.yaml", BASE), ("mine.yaml", MINE)])
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
        command.current_dir(self.directory.path()).arg("rules").args(arguments);
        command
    }

    fn rules(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn all_rules_in_a_table() {
    let output = Given::both().rules(&["--rules", "base.yaml", "mine.yaml"]);
    insta::assert_snapshot!(stdout(&output));
    assert_eq!(stderr(&output), "");
    let listed = Given::both().rules(&["list", "--rules", "base.yaml", "mine.yaml"]);
    assert_eq!(stdout(&listed), stdout(&output), "`list` is what there is without a subcommand");
}

#[test]
fn one_rule_with_everything_put_in() {
    let output = Given::both().rules(&["show", "Privileged pod", "--rules", "base.yaml", "mine.yaml"]);
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn a_part_of_a_name_is_enough() {
    let show = |name| stdout(&Given::both().rules(&["show", name, "--rules", "base.yaml"]));
    assert_eq!(show("PRIVILEGED"), show("Privileged pod"));
    assert!(show("PRIVILEGED").starts_with("Privileged pod\n"), "{}", show("PRIVILEGED"));
}

#[test]
fn a_name_that_is_nearly_right_is_told() {
    let output = Given::both().rules(&["show", "privileged pods", "--rules", "base.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "error: there is no rule `privileged pods`; did you mean `Privileged pod`?\n"
    );
    let output = Given::both().rules(&["show", "complete", "--rules", "base.yaml"]);
    assert_eq!(
        stderr(&output),
        "error: there is no rule `complete`; there is a macro of that name: ka.stage = ResponseComplete\n"
    );
    let output = Given::both().rules(&["show", "x", "--rules", "base.yaml"]);
    assert_eq!(stderr(&output), "error: there is no rule `x`; `saker rules` lists those that there are\n");
}

/// `show` may be left out, and flags stand before or behind.
#[test]
fn a_rule_is_shown_by_its_name_alone() {
    let given = Given::both();
    for format in ["text", "json"] {
        let shown = given.rules(&["show", "Privileged pod", "--rules", "base.yaml", "--format", format]);
        assert_eq!(shown.status.code(), Some(0), "{shown:?}");
        for words in [
            ["Privileged pod", "--rules", "base.yaml", "--format", format],
            ["--rules", "base.yaml", "--format", format, "Privileged pod"],
            ["--format", format, "--rules", "base.yaml", "Privileged pod"],
        ] {
            let output = given.rules(&words);
            assert_eq!(stdout(&output), stdout(&shown), "{words:?}: {}", stderr(&output));
        }
    }
    let output = given.rules(&["--rules", "base.yaml", "nothing.yaml"]);
    assert!(stderr(&output).contains("cannot read rules from nothing.yaml"), "{}", stderr(&output));
}

#[test]
fn what_is_typed_in_the_wrong_place_is_put_right() {
    let given = Given::both();
    let output = given.rules(&["Privilegd pod", "--rules", "base.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: there is no rule `Privilegd pod`; did you mean `Privileged pod`?\n");
    let output = given.rules(&["base.yaml"]);
    assert!(stderr(&output).ends_with("for the rules in it: saker rules --rules base.yaml\n"), "{output:?}");
    let output = given.rules(&["--rules", "base.yaml", "show", "Privileged pod"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cannot read rules from show"), "{}", stderr(&output));
    let output = given.rules(&["show", "--rules", "base.yaml", "Privileged pod"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("<NAME>"), "{}", stderr(&output));
}

#[test]
fn json_has_falcos_shape() {
    let given = Given::both();
    let whole = given.rules(&["--rules", "base.yaml", "mine.yaml", "--format", "json"]);
    let whole: Value = serde_json::from_str(&stdout(&whole)).unwrap();
    assert_eq!(whole.pointer("/rules/1/info/enabled"), Some(&Value::Bool(false)));
    assert_eq!(whole.pointer("/lists/1/details/items_compiled/0"), Some(&"create".into()));
    let one = given.rules(&["show", "Anything", "--rules", "base.yaml", "--format", "json"]);
    let one: Value = serde_json::from_str(&stdout(&one)).unwrap();
    assert_eq!(one.pointer("/rules/0/info/name"), Some(&"Anything".into()));
    assert_eq!(one.pointer("/macros/0/info/name"), Some(&"complete".into()));
    assert_eq!(one.get("lists"), Some(&Value::Array(Vec::new())));
}

#[test]
fn rules_with_errors_are_not_shown() {
    let output = Given::files(&[("broken.yaml", &BASE.replace("ka.stage =", "ka.stgae ="))])
        .rules(&["--rules", "broken.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    assert!(stderr(&output).contains("did you mean `ka.stage`?"), "{}", stderr(&output));
}

#[test]
fn no_rules_at_all_are_counted_too() {
    let output =
        Given::files(&[("none.yaml", "- list: alone\n  items: []\n")]).rules(&["--rules", "none.yaml"]);
    assert_eq!(stdout(&output), "0 rules; 0 macros, 1 list\n");
    assert!(stderr(&output).contains("alone"), "that nothing uses it is a warning");
}

#[test]
fn names_cannot_forge_lines() {
    let rule = "- {rule: \"a\\nb\\e[1m\", desc: d, condition: ka.verb exists, output: o, priority: INFO, source: k8s_audit}\n";
    let given = Given::files(&[("odd.yaml", rule)]);
    let table = stdout(&given.rules(&["--rules", "odd.yaml"]));
    assert!(table.contains("a b [1m") && !table.contains('\u{1b}'), "{table}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let given = Given::both();
    let mut command = given.command(&["--rules", "base.yaml", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}
