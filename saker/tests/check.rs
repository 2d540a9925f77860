//! `saker check` over small rule files, the shipped ruleset, and what others publish.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const GOOD: &str = "\
- rule: Pod deleted
  desc: a pod was deleted
  condition: deletes and ka.target.resource = pods
  output: pod deleted by %ka.user.name
  priority: NOTICE
  source: k8s_audit
- macro: deletes
  condition: ka.verb in (removals)
- list: removals
  items: [delete, deletecollection]
";

/// Loads, but half of it is good for nothing.
const DOUBTFUL: &str =
    "- macro: writes\n  condition: ka.verb = create\n- list: verbs\n  itms: []\n  items: [get]\n";

const WRONG: &str = "\
- rule: Pod made
  desc: a pod was made
  condition: write and ka.target.resource = pods
  output: pod by %ka.user.name
  priority: LOUD
  source: k8s_audit
- rule: Anything
  desc: d
  conditon: ka.verb exists
  condition: wirtes
  output: x
  priority: DEBUG
  source: k8s_audit
- rule: Pod asked for
  desc: d
  condition: ka.vreb = get
  output: x
  priority: DEBUG
  source: k8s_audit
";

struct Given {
    directory: tempfile::TempDir,
}

impl Given {
    fn files(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { directory }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
        command.current_dir(self.directory.path()).env_clear().arg("check").args(arguments);
        command
    }

    fn check(&self, arguments: &[&str]) -> Checked {
        self.command(arguments).output().unwrap().into()
    }
}

struct Checked {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Checked {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Checked {
    /// Code and stdout, where nothing else was said.
    fn told(self) -> (Option<i32>, String) {
        assert_eq!(self.stderr, "");
        (self.code, self.stdout)
    }
}

#[test]
fn rules_without_problems_are_counted() {
    let given = Given::files(&[("a.yaml", GOOD), ("d/b.yml", "# to do\n"), ("d/c.txt", "- no rules")]);
    let clean = |files: &str| (Some(0), format!("{files}, nothing to complain about\n"));
    assert_eq!(given.check(&["a.yaml"]).told(), clean("a.yaml: 1 rule, 1 macro, 1 list"));
    assert_eq!(given.check(&["d"]).told(), clean("d/b.yml: no rules"));
    assert_eq!(given.check(&["d", "a.yaml"]).told(), clean("2 files: 1 rule, 1 macro, 1 list"));
}

#[test]
fn all_problems_are_shown_and_counted() {
    let given = Given::files(&[("a.yaml", DOUBTFUL), ("b.yaml", WRONG), ("c.yaml", GOOD)]);
    let (code, told) = given.check(&["a.yaml", "b.yaml", "c.yaml"]).told();
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(told);
}

#[test]
fn warnings_count_if_they_are_to() {
    let given = Given::files(&[("a.yaml", DOUBTFUL), ("b.yaml", GOOD)]);
    let last = |checked: Checked| {
        let (code, told) = checked.told();
        (code, told.rsplit("\n\n").next().unwrap().to_owned())
    };
    let loads = "3 warnings in a.yaml; the rules load\nmore: saker code R104\n".to_owned();
    assert_eq!(last(given.check(&["a.yaml", "b.yaml"])), (Some(0), loads));
    let fails = "3 warnings in a.yaml; the check fails on warnings\nmore: saker code R104\n".to_owned();
    assert_eq!(last(given.check(&["--fail-on-warnings", "a.yaml", "b.yaml"])), (Some(1), fails));
    assert_eq!(given.check(&["--fail-on-warnings", "b.yaml"]).code, Some(0));
}

#[test]
fn a_line_for_each_problem() {
    let given = Given::files(&[("a.yaml", DOUBTFUL), ("b.yaml", WRONG)]);
    let (code, told) = given.check(&["--format", "line", "a.yaml", "b.yaml"]).told();
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(told);
    assert_eq!(
        Given::files(&[("a.yaml", GOOD)]).check(&["--format=line", "a.yaml"]).told(),
        (Some(0), "".into())
    );
}

#[test]
fn an_annotation_for_each_problem() {
    let given = Given::files(&[("rules/a.yaml", DOUBTFUL), ("rules/b, 2.yaml", WRONG)]);
    let (code, told) = given.check(&["--format", "github", "./rules"]).told();
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(told);
}

#[test]
fn json_has_a_result_for_each_file() {
    let given = Given::files(&[("a.yaml", DOUBTFUL), ("b.yaml", WRONG)]);
    let (code, told) = given.check(&["--format", "json", "a.yaml", "b.yaml"]).told();
    assert_eq!(code, Some(1));
    let told: Value = serde_json::from_str(&told).unwrap();
    let results = told["falco_load_results"].as_array().unwrap();
    let codes = |problems: &Value| -> Vec<String> {
        problems
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| problem["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let shown: Vec<_> = results
        .iter()
        .map(|result| {
            (&result["name"], &result["successful"], codes(&result["errors"]), codes(&result["warnings"]))
        })
        .collect();
    insta::assert_json_snapshot!(shown);
}

/// Falco stops at the first error of a file, and comes to the next with all that was read.
#[test]
fn as_falco_there_is_one_error_a_file() {
    let given = Given::files(&[("a.yaml", DOUBTFUL), ("b.yaml", WRONG), ("c.yaml", GOOD)]);
    let (code, told) =
        given.check(&["--falco-exact", "--format", "line", "a.yaml", "b.yaml", "c.yaml"]).told();
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(told, @r"
    a.yaml:4:3: warning[R113]: unknown key `itms`, ignored
    a.yaml:1:3: warning[R104]: macro `writes` is used by no rule and no macro
    a.yaml:3:3: warning[R105]: list `verbs` is used by no rule, macro or list
    b.yaml:5:13: error[R005]: `LOUD` is no priority; priorities are emergency, alert, critical, error, warning, notice, informational, debug
    ");
    let json = given.check(&["--falco-exact", "--format", "json", "a.yaml", "b.yaml"]).told().1;
    let json: Value = serde_json::from_str(&json).unwrap();
    let errors = |file: usize| json["falco_load_results"][file]["errors"].as_array().unwrap().len();
    assert_eq!((errors(0), errors(1)), (0, 1));
}

/// What builds on the shipped ruleset is right only behind it.
#[test]
fn order_matters_and_the_shipped_ruleset_is_one_of_the_files() {
    let shipped = rules::shipped();
    let name =
        shipped.iter().flat_map(|file| file.text.lines()).find_map(|line| line.strip_prefix("- rule: "));
    let change = format!("- rule: {}\n  priority: DEBUG\n  override: {{priority: replace}}\n", name.unwrap());
    let given = Given::files(&[("mine.yaml", &change)]);
    assert_eq!(given.check(&["builtin", "mine.yaml"]).told().0, Some(0));
    let (code, told) = given.check(&["mine.yaml", "builtin"]).told();
    assert!(code == Some(1) && told.contains("error[R015]") && told.contains("mine.yaml:1:3"), "{told}");
    assert!(told.contains("is in the shipped ruleset: name `builtin` before mine.yaml"), "{told}");
}

#[test]
fn the_shipped_ruleset_has_no_problems() {
    for more in [&["--fail-on-warnings"][..], &["--fail-on-warnings", "--falco-exact"]] {
        let (code, told) = Given::files(&[]).check(&[more, &["builtin"]].concat()).told();
        assert!(told.ends_with("nothing to complain about\n"), "{told}");
        assert_eq!(code, Some(0));
    }
}

#[test]
fn its_help_has_an_example() {
    let (code, help) = Given::files(&[]).check(&["--help"]).told();
    assert_eq!(code, Some(0));
    assert!(help.contains("Examples:\n  saker check my_rules.yaml\n"), "{help}");
}

#[test]
fn wrong_usage_ends_with_64() {
    for (arguments, says) in [
        (&[][..], "<PATH>..."),
        (&["--format", "xml", "a.yaml"], "[possible values: text, line, json, github]"),
        (&["--fail-on-warning", "a.yaml"], "'--fail-on-warnings'"),
    ] {
        let checked = Given::files(&[]).check(arguments);
        assert_eq!(checked.code, Some(64), "{}", checked.stderr);
        assert!(checked.stderr.contains(says), "{}", checked.stderr);
        assert_eq!(checked.stdout, "");
    }
}

#[test]
fn what_cannot_be_read_ends_with_1_and_is_named() {
    let given = Given::files(&[("a.yaml", GOOD)]);
    std::fs::write(given.directory.path().join("latin.yaml"), b"- macro: \xe4").unwrap();
    std::fs::create_dir(given.directory.path().join("empty")).unwrap();
    for (paths, says) in [
        (&["a.yaml", "missing.yaml", "latin.yaml"][..], "cannot read rules from missing.yaml: No such file"),
        (&["latin.yaml"], "cannot read rules from latin.yaml: stream did not contain valid UTF-8"),
        (&["empty"], "there are no rules: name files, directories that hold *.yaml files, or `builtin`"),
    ] {
        let checked = given.check(paths);
        assert_eq!((checked.code, checked.stdout.as_str()), (Some(1), ""));
        assert!(checked.stderr.contains(says), "{}", checked.stderr);
    }
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let given = Given::files(&[("a.yaml", WRONG)]);
    let told = |name: &str| -> Checked { given.command(&["a.yaml"]).env(name, "1").output().unwrap().into() };
    assert!(!given.check(&["a.yaml"]).stdout.contains('\u{1b}'));
    assert!(!told("NO_COLOR").stdout.contains('\u{1b}'));
    assert!(told("CLICOLOR_FORCE").stdout.contains("\u{1b}[31merror[R005]"));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let given = Given::files(&[("a.yaml", &WRONG.repeat(500))]);
    let mut child = given.command(&["a.yaml"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let checked: Checked = child.wait_with_output().unwrap().into();
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(1), ""));
}

/// The rule files that others publish for audit events load, as they are.
#[test]
fn published_rule_files() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/falco-rules"));
    if !folder.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing in CI", folder.display());
        eprintln!("skipped: {} is not here", folder.display());
        return;
    }
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 8);
    for file in &files {
        for more in [&[][..], &["--falco-exact"]] {
            let path = file.to_str().unwrap();
            let (code, told) = Given::files(&[]).check(&[more, &[path]].concat()).told();
            let last = told.rsplit("\n\n").next().unwrap();
            let loads = last.contains("the rules load\n") || last.ends_with("nothing to complain about\n");
            assert!(code == Some(0) && loads, "{}: {told}", Path::new(path).display());
        }
    }
}
