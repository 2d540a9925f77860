//! Reports on whatever a file may say: they come, in their shape, and stay within the file.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may end where it cannot go on")]

use proptest::prelude::*;
use rules::{Options, SourceFile, load, report};
use serde_json::Value;

/// Pieces that make rule files, broken ones, and ones that are none.
fn piece() -> impl Strategy<Value = String> {
    let known = [
        "- rule: R\n",
        "- macro: m\n",
        "- list: l\n",
        "- required_plugin_versions: [{name: x, version: 1.2.3}]\n",
        "  condition: ka.verb = create and m\n",
        "  condition: >\n    ka.nope in (l) or\n    (ü\n",
        "  output: \"%ka.user.nam\"\n",
        "  desc: d\n",
        "  priority: notice\n",
        "  source: k8s_audit\n",
        "  items: [a, ~, {}]\n",
        "  override: {condition: append}\n",
        "  exceptions: [{name: e, fields: ka.verb, values: [x]}]\n",
        "  tags: *x\n",
        "---\n",
    ];
    prop_oneof![8 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,12}\n?"]
}

fn file() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

fn check(result: &Value, longest: usize) {
    let errors = result["errors"].as_array().unwrap();
    assert_eq!(result["successful"], errors.is_empty());
    let [valid, departures] = ["schema_valid", "schema_warnings"].map(|key| result.get(key));
    assert_eq!(valid.is_some(), departures.is_some());
    if let (Some(valid), Some(departures)) = (valid, departures) {
        assert_eq!(*valid, departures.as_array().unwrap().is_empty());
    }
    for problem in errors.iter().chain(result["warnings"].as_array().unwrap()) {
        assert!(problem["code"].as_str().unwrap().starts_with("LOAD_"));
        assert_ne!(problem["codedesc"], "");
        let locations = problem["context"]["locations"].as_array().unwrap();
        assert_eq!(locations.first().unwrap()["item_type"], "rules content");
        for location in locations {
            assert!(location["position"]["offset"].as_u64().unwrap() <= u64::try_from(longest).unwrap());
        }
    }
}

proptest! {
    #[test]
    fn reports_keep_their_shape(texts in prop::collection::vec(file(), 1..3), falco_exact: bool) {
        let named = |(index, text): (usize, String)| SourceFile { name: format!("{index}.yaml"), text };
        let files: Vec<_> = texts.into_iter().enumerate().map(named).collect();
        let problems = load(&files, &Options { falco_exact, ..Options::default() }).diagnostics;
        let told = report::validation(&files, &problems);
        let results = told["falco_load_results"].as_array().unwrap();
        prop_assert_eq!(results.len(), files.len());
        let longest = files.iter().map(|file| file.text.len()).max().unwrap();
        results.iter().for_each(|result| check(result, longest));
        for problem in &problems {
            let line = report::annotation(&files, problem);
            prop_assert!(!line.contains(['\n', '\r']), "{}", line);
            prop_assert!(line.starts_with("::error file=") || line.starts_with("::warning file="), "{}", line);
        }
    }
}
