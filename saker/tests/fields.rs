//! `saker fields`.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::process::{Command, Output};

use serde_json::Value;

fn fields(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saker")).arg("fields").args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn all_fields() {
    let printed = stdout(&fields(&[]));
    for field in rules::fields::fields() {
        assert!(printed.contains(&format!("\n  {}", field.name)), "{}", field.name);
    }
    assert!(printed.ends_with(&format!("{} fields\n", rules::fields::fields().count())));
}

#[test]
fn one_field_with_all_there_is_to_know() {
    insta::assert_snapshot!(stdout(&fields(&["ka.req.pod.containers.image.repository"])));
    for spelled in ["ka.uri.param", "ka.uri.param[command]", "%ka.uri.param"] {
        assert!(stdout(&fields(&[spelled])).starts_with("ka.uri.param\n"), "{spelled}");
    }
}

#[test]
fn a_word_is_looked_for_in_names_and_descriptions() {
    insta::assert_snapshot!(stdout(&fields(&["--search", "HOST path"])));
    let found: Value =
        serde_json::from_str(&stdout(&fields(&["--search", "impersonated", "--format", "json"]))).unwrap();
    assert_eq!(found.pointer("/fieldclasses/0/fields/0/name"), Some(&"ka.impuser.name".into()));
    assert_eq!(found.pointer("/fieldclasses/1"), None);
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let output = fields(&["ka.target.resorce"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.starts_with("error: there is no field `ka.target.resorce`; did you mean `ka.target.resource`"),
        "{said}"
    );
    let output = fields(&["--search", "quux"]);
    assert_eq!(output.status.code(), Some(1));
    let count = rules::fields::fields().count();
    assert_eq!(
        stderr(&output),
        format!("error: no field has `quux` in its name or description; `saker fields` lists all {count}\n")
    );
}

#[test]
fn a_name_and_a_search_exclude_each_other() {
    assert_eq!(fields(&["ka.verb", "--search", "x"]).status.code(), Some(64));
}
