//! `saker test` as people and CI systems run it.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::path::Path;
use std::process::{Command, Output};

const RULES: &str = "\
- rule: Shell In Shop
  desc: Somebody opens a shell
  condition: ka.target.subresource = exec and ka.target.namespace = shop
  output: Shell opened by %ka.user.name in %ka.target.name
  priority: WARNING
  source: k8s_audit
- rule: Secret Read
  desc: Somebody reads a secret
  condition: ka.verb = get and ka.target.resource = secrets
  output: Secret read by %ka.user.name
  priority: NOTICE
  source: k8s_audit
";

const EXAMPLES: &str = "\
- {rule: Shell In Shop, must: match, event: exec, output: Shell opened by admin in web}
- {rule: Shell In Shop, must: not match, event: exec, patch: {objectRef: {namespace: lab}}}
- {rule: Secret Read, must: match, event: get-secret}
- {rule: Secret Read, must: not match, event: get-pod}
";

/// A directory with files in it.
struct Given(tempfile::TempDir);

impl Given {
    fn files(files: &[(&str, &str)]) -> Self {
        let given = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| given.write(name, text));
        given
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn test(&self, arguments: &[&str]) -> Told {
        told(self.0.path(), arguments)
    }
}

/// What a run says, times left out.
struct Told {
    code: i32,
    stdout: String,
    stderr: String,
}

fn told(directory: &Path, arguments: &[&str]) -> Told {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    let Output { status, stdout, stderr } =
        command.current_dir(directory).arg("test").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Told { code: status.code().unwrap(), stdout: without_times(&text(stdout)), stderr: text(stderr) }
}

/// `in 48 ms` at the end of a line becomes `in N ms`.
fn without_times(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") => format!("{before} in N ms\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn the_shipped_rules_hold_what_their_examples_say() {
    let given = Given::files(&[]);
    let told = given.test(&["--require-examples"]);
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{}", told.stdout);
    let count: usize = told.stdout.split(' ').next().unwrap().parse().unwrap();
    assert!(count > 300);
    assert_eq!(told.stdout, format!("{count} examples, {count} passed in N ms\n"));
    assert_eq!(given.test(&["--rules", "builtin"]).stdout, told.stdout, "which is the same");
    let some = given.test(&["--rule", "Attach*"]);
    let fewer: usize = some.stdout.split(' ').next().unwrap().parse().unwrap();
    assert!((2..count).contains(&fewer), "{}", some.stdout);
}

#[test]
fn examples_find_the_rules_they_stand_beside_and_rules_their_examples() {
    let given = Given::files(&[
        ("mine.yaml", RULES),
        ("mine.test.yaml", EXAMPLES),
        ("more/theirs.yml", RULES),
        ("more/theirs.test.yml", EXAMPLES),
        ("more/.hidden/x.test.yaml", "broken: ["),
        ("elsewhere.yaml", &format!("rules: [more/theirs.yml]\nexamples:\n{EXAMPLES}")),
    ]);
    for (arguments, count) in [
        (&["mine.test.yaml"][..], 4),
        (&["more"], 4),
        (&["."], 8),
        (&["elsewhere.yaml"], 4),
        (&["--rules", "mine.yaml"], 4),
        (&["--rules", "mine.yaml", "more/theirs.test.yml", "mine.test.yaml"], 8),
        (&["mine.test.yaml", "--rule", "Secret*"], 2),
        (&["mine.test.yaml", "--falco-exact", "--require-examples"], 4),
    ] {
        let told = given.test(arguments);
        assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{arguments:?}: {}", told.stdout);
        assert_eq!(told.stdout, format!("{count} examples, {count} passed in N ms\n"), "{arguments:?}");
    }
}

/// Whoever keeps rules and examples in one directory can go on naming the directory as one of rules.
#[test]
fn examples_are_no_rules() {
    let given = Given::files(&[("rules/mine.yaml", RULES), ("rules/mine.test.yaml", EXAMPLES)]);
    let told = given.test(&["--rules", "rules"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, "4 examples, 4 passed in N ms\n"), "{}", told.stderr);
}

#[test]
fn failures_say_what_was_expected_and_what_happened() {
    let examples = EXAMPLES.replace("by admin", "by alice").replace("get-pod", "get-secret")
        + "\
- {rule: Shell In Shop, must: match, why: a typo, event: exec, patch: {objectRef: {namespace: shpo}}}
- {rule: Shell In Shop, must: match, why: nothing of the kind, file: event.json}
";
    let event = r#"{"kind":"Event","auditID":"1","verb":"get","stageTimestamp":"2026-11-23T12:43:13Z"}"#;
    let given = Given::files(&[("mine.yaml", RULES), ("mine.test.yaml", &examples), ("event.json", event)]);
    let told = given.test(&["mine.test.yaml"]);
    assert_eq!((told.code, told.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(told.stdout);
}

#[test]
fn files_with_mistakes_end_with_2_and_all_mistakes_are_told() {
    let examples = EXAMPLES.replace("get-pod", "get-pdo").replacen("Secret Read", "Secret Raed", 1);
    let given = Given::files(&[
        ("mine.yaml", RULES),
        ("mine.test.yaml", &examples),
        ("broken.yaml", &RULES.replace("ka.verb", "ka.vreb")),
        ("broken.test.yaml", EXAMPLES),
        ("over.yaml", "- macro: user_known_exec_pod_activities\n  condition: (k8s_audit_never_true)\n"),
        ("over.test.yaml", EXAMPLES),
        ("alone.test.yaml", EXAMPLES),
    ]);
    let told = given.test(&[
        "mine.test.yaml",
        "broken.test.yaml",
        "over.test.yaml",
        "alone.test.yaml",
        "missing.test.yaml",
        "mine.yaml",
    ]);
    assert_eq!(told.code, 2);
    insta::assert_snapshot!(format!("{}\n--- stdout:\n{}", told.stderr, told.stdout));
}

#[test]
fn rules_without_examples_are_named_where_they_are_required() {
    let given = Given::files(&[("mine.yaml", RULES)]);
    let shell_only: String = EXAMPLES.lines().take(2).map(|line| format!("{line}\n")).collect();
    given.write("mine.test.yaml", &shell_only);
    assert_eq!(given.test(&["mine.test.yaml"]).code, 0);
    let told = given.test(&["mine.test.yaml", "--require-examples"]);
    assert_eq!(told.code, 1);
    insta::assert_snapshot!(told.stdout, @r"
    MISSING Secret Read has no example that it must match
    MISSING Secret Read has no example that it must not match
    2 examples, 2 passed, 2 missing in N ms
    ");
    given.write("mine.test.yaml", &format!("rules: [builtin, mine.yaml]\nexamples:\n{EXAMPLES}"));
    let told = given.test(&["mine.test.yaml", "--require-examples"]);
    assert_eq!(told.code, 0, "the shipped rules have their examples elsewhere: {}", told.stdout);
}

#[test]
fn what_is_not_there_is_told_with_what_to_do() {
    let given = Given::files(&[("mine.yaml", RULES), ("empty/readme", ""), ("free.yaml", EXAMPLES)]);
    for (arguments, says) in [
        (&["--rules", "mine.yaml"][..], "there is no mine.test.yaml beside it"),
        (&["empty"], "there are no examples in empty: those of rules in mine.yaml are in mine.test.yaml"),
        (&["--rule", "Crypto*"], "no example is about a rule `Crypto*`"),
        (&["free.yaml"], "name them with --rules, or in the file: `rules: [mine.yaml]`"),
        (&["--rules", "missing.yaml", "free.yaml"], "cannot read rules from missing.yaml: No such file"),
        (&["none.test.yaml"], "cannot read examples from none.test.yaml: No such file"),
    ] {
        let told = given.test(arguments);
        assert_eq!(told.code, 2, "{arguments:?}: {}", told.stderr);
        assert!(told.stderr.contains(says), "{arguments:?}: {}", told.stderr);
        assert!(told.stdout.starts_with("0 examples, 0 passed, 1 file with mistakes"), "{}", told.stdout);
    }
    let told = given.test(&["--base-events", "exce"]);
    assert_eq!((told.code, told.stdout.as_str()), (2, ""));
    assert!(told.stderr.contains("there is no base event `exce`"), "{}", told.stderr);
}

#[test]
fn base_events_are_listed_and_printed() {
    let given = Given::files(&[]);
    let list = given.test(&["--base-events"]).stdout;
    assert!(list.lines().count() > 30 && list.contains("\nget-secret "), "{list}");
    let event: serde_json::Value =
        serde_json::from_str(&given.test(&["--base-events", "exec"]).stdout).unwrap();
    assert_eq!(event["objectRef"]["subresource"], "exec");
    assert_eq!(event["kind"], "Event");
}

#[test]
fn the_junit_report_is_xml_that_says_the_same() {
    let nasty = "<a href=\\\"x\\\"> & ]]> \\u0007 \\uFFFE";
    let examples = EXAMPLES.replace("by admin", "by alice")
        + &format!("- {{rule: Secret Read, must: not match, why: \"{nasty}\", event: get-secret}}\n")
        + "- {rule: Nobodys, must: match, event: exec}\n- {rule: Secret Read, must: maybe, event: exec}\n";
    let given = Given::files(&[("mine.yaml", RULES), ("mine.test.yaml", &examples), ("b.test.yaml", "[")]);
    let arguments = ["mine.test.yaml", "b.test.yaml", "--require-examples"];
    let printed = given.test(&[&arguments[..], &["--format", "junit"]].concat());
    assert_eq!(printed.code, 2);
    let told = given.test(&[&arguments[..], &["--junit", "report.xml"]].concat());
    assert!(told.stdout.contains("FAILED mine.test.yaml:1:"), "text is printed, too: {}", told.stdout);
    let written = std::fs::read_to_string(given.0.path().join("report.xml")).unwrap();
    for xml in [&printed.stdout, &written] {
        let document = roxmltree::Document::parse(xml).unwrap();
        let root = document.root_element();
        let number = |node: roxmltree::Node<'_, '_>, name: &str| -> usize {
            node.attribute(name).unwrap().parse().unwrap()
        };
        let count = |node: roxmltree::Node<'_, '_>, tag: &str| {
            node.descendants().filter(|inner| inner.has_tag_name(tag)).count()
        };
        for suite in root.children().filter(roxmltree::Node::is_element).chain([root]) {
            assert_eq!(number(suite, "tests"), count(suite, "testcase"));
            assert_eq!(number(suite, "failures"), count(suite, "failure"));
            assert_eq!(number(suite, "errors"), count(suite, "error"));
        }
        assert_eq!((count(root, "testcase"), count(root, "failure"), count(root, "error")), (8, 2, 3));
        let names: Vec<_> = document.descendants().filter_map(|node| node.attribute("name")).collect();
        assert!(names.contains(&"must not match: <a href=\"x\"> & ]]> ␇ \u{fffd}"), "{names:?}");
    }
}
