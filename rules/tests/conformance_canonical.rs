//! The canonical form of each condition is the one the real program prints, and every released rule file loads.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

mod support;

use rules::syntax::print::canonical;
use rules::{Diagnostic, Loaded, Options, SourceFile, load};
use serde_json::Value;
use support::{shared, shared_folder, shared_lines};

fn loaded(name: &str, text: String, falco_exact: bool) -> Loaded {
    let files = [SourceFile { name: name.to_owned(), text }];
    let loaded = load(&files, &Options { falco_exact, ..Options::default() });
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|found| found.is_error()).collect();
    assert!(errors.is_empty(), "{}", errors[0].render(&files));
    loaded
}

fn compare<'a>(loaded: &Loaded, answers: impl Iterator<Item = (&'a Value, &'a Value)>) -> usize {
    let mut count = 0;
    for ((name, compiled), rule) in answers.zip(&loaded.resolved.rules) {
        assert_eq!(name, &rule.name);
        assert_eq!(canonical(rule.expr.as_ref().unwrap()), compiled.as_str().unwrap(), "{name}");
        count += 1;
    }
    assert_eq!(count, loaded.resolved.rules.len());
    count
}

fn check(folder: &str) -> usize {
    let Some(rules) = shared(&format!("conformance/{folder}/rules.yaml")) else { return usize::MAX };
    let answers = shared_lines(&format!("conformance/{folder}/compiled.jsonl")).unwrap();
    compare(&loaded(folder, rules, true), answers.iter().map(|answer| (&answer["rule"], &answer["compiled"])))
}

#[test]
fn fuzz() {
    assert!(check("fuzz") >= 800);
}

#[test]
fn fuzz_pods() {
    assert!(check("fuzz-pods") >= 700);
}

#[test]
fn upstream() {
    let Some(answers) = shared("conformance/falco-json/describe-upstream.json") else { return };
    let answers: Value = serde_json::from_str(&answers).unwrap();
    let rules = shared("falco-rules/k8s_audit_rules.yaml").unwrap();
    let answers = answers["rules"].as_array().unwrap();
    let compiled = answers.iter().map(|rule| (&rule["info"]["name"], &rule["details"]["condition_compiled"]));
    assert_eq!(compare(&loaded("upstream", rules, true), compiled), 48);
}

#[test]
fn every_released_file_loads() {
    let Some(files) = shared_folder("falco-rules") else { return };
    for (name, text) in &files {
        for falco_exact in [false, true] {
            let loaded = loaded(name, text.clone(), falco_exact);
            assert!(loaded.resolved.active.len() >= 30, "{name}");
            let odd: Vec<_> = loaded.diagnostics.iter().map(Diagnostic::to_string).collect();
            assert!(odd.iter().all(|warning| warning.contains("used by no")), "{odd:?}");
        }
    }
    assert!(files.len() >= 8);
}
