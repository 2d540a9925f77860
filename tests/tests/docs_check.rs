//! What the page on `saker check` shows is what it says.

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::process::binary;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/check.md")).unwrap()
}

/// What stands behind each of these marks, up to the end of its block.
fn blocks<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    text.split(mark).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// Runs what is typed behind `saker ` in a directory; the code and all that was said.
fn saker(directory: &Path, typed: &str) -> (Option<i32>, String) {
    let output =
        Command::new(binary("saker")).args(typed.split(' ')).current_dir(directory).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn the_checks_in_the_documentation_say_what_it_shows() {
    let text = page();
    let directory = tempfile::tempdir().unwrap();
    for file in blocks(&text, "```yaml\n# ") {
        let (name, _) = file.split_once('\n').unwrap();
        fs::write(directory.path().join(name), format!("# {file}")).unwrap();
    }
    let shown = blocks(&text, "```console\n$ saker ");
    assert!(shown.len() >= 4);
    for block in shown {
        let (typed, expected) = block.split_once('\n').unwrap();
        assert_eq!(saker(directory.path(), typed).1, expected, "saker {typed}");
    }
}

#[test]
fn the_workflow_in_the_documentation_runs() {
    let text = page();
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("rules")).unwrap();
    fs::write(directory.path().join("rules/a.yaml"), "# to do\n").unwrap();
    let steps = blocks(&text, "run: saker ");
    assert!(!steps.is_empty());
    for step in steps {
        let typed = step.lines().next().unwrap();
        assert_eq!(saker(directory.path(), typed), (Some(0), String::new()), "saker {typed}");
    }
}
