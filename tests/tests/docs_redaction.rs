//! What the page on redaction shows is what happens.

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::process::binary;

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/redaction.md")).unwrap()
}

/// What stands behind each of these marks, up to the end of its block.
fn blocks<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    text.split(mark).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_commands_in_the_documentation_print_what_it_shows() {
    let text = page();
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    let [event] = blocks(&text, "```json\n")[..] else { panic!("one event") };
    write("event.json", event);
    write("redaction.key", &"0123456789abcdef".repeat(4));
    for file in blocks(&text, "```yaml\n# ") {
        let (name, _) = file.split_once('\n').unwrap();
        write(name, &format!("# {file}"));
    }
    let shown = blocks(&text, "```console\n$ saker ");
    assert!(shown.len() >= 3);
    for block in shown {
        let (typed, expected) = block.split_once('\n').unwrap();
        let mut command = Command::new(binary("saker"));
        let output = command.args(typed.split(' ')).current_dir(directory.path()).output().unwrap();
        let said = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
        assert_eq!(said, expected, "saker {typed}");
    }
}
