//! `saker redact` and `saker eval --redact`, over the recorded bodies and small inputs.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn saker(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    command.current_dir(directory).env("FALCO_HOSTNAME", "vm").args(arguments).output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn bodies() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    (1..=8).map(|number| directory.join(format!("{number:02}.json"))).collect()
}

const SECRET: &str = r#"{"kind":"Event","stageTimestamp":"2026-01-31T12:00:00Z","objectRef":{"resource":"secrets"},"requestObject":{"kind":"Secret","data":{"password":"Z2VoZWlt"}}}"#;

#[test]
fn the_shipped_rules_raise_the_same_alerts_on_redacted_events() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("key"), "k".repeat(32)).unwrap();
    let mut alerts = 0;
    for body in bodies() {
        let events = body.to_str().unwrap();
        let arguments = ["eval", "--rule-matching", "all", "--events", events];
        let (code, plain, _) = said(&saker(directory.path(), &arguments));
        assert_eq!(code, Some(0));
        for more in [["--redact"].as_slice(), &["--redact", "--redact-key-file", "key"]] {
            let (_, redacted, errors) = said(&saker(directory.path(), &[&arguments, more].concat()));
            assert_eq!(errors, "");
            assert!(plain == redacted, "other alerts of {events}");
        }
        alerts += plain.lines().count();
    }
    assert!(alerts > 200, "{alerts} alerts prove little");
}

#[test]
fn events_are_printed_one_a_line_without_their_secrets() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("events"), format!("{SECRET}\nnonsense\n[{SECRET}]\n")).unwrap();
    let (code, printed, errors) = said(&saker(directory.path(), &["redact", "events"]));
    let redacted = SECRET.replace("Z2VoZWlt", "redacted");
    assert_eq!((code, printed), (Some(0), format!("{redacted}\n{redacted}\n")));
    assert!(errors.starts_with("warning: line 2: not JSON"), "{errors}");
}

#[test]
fn settings_count_and_mistakes_in_them_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("events", SECRET);
    write("off.yaml", "ingest: {redact: {builtin: []}}\nnotifier: 5\n");
    let (_, printed, _) = said(&saker(directory.path(), &["redact", "--config", "off.yaml", "events"]));
    assert_eq!(printed.trim_end(), SECRET);

    write(
        "wrong.yaml",
        "ingest:\n  redact:\n    builtin: [secret]\n    paths: [annotations, 'pods:requestObject..x']\n    path: x\n",
    );
    let (code, _, errors) = said(&saker(directory.path(), &["redact", "--config", "wrong.yaml", "events"]));
    assert_eq!(code, Some(64), "{errors}");
    insta::assert_snapshot!(errors);

    write("short.key", "short");
    for (name, says) in
        [("none.key", "cannot read the key none.key"), ("short.key", "short.key is no key: it has 5 bytes")]
    {
        let (code, _, errors) = said(&saker(directory.path(), &["redact", "--key-file", name, "events"]));
        assert_eq!(code, Some(1));
        assert!(errors.contains(says), "{errors}");
    }
}
