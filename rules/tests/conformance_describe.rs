//! The description of the upstream rules is the one the real program printed, to the last element of each list.
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod support;

use rules::describe::{describe, describe_rule};
use rules::ruleset::Catalog;
use rules::{Options, SourceFile, load};
use serde_json::Value;
use support::shared;

fn catalog(falco_exact: bool) -> Option<Catalog> {
    let text = shared("falco-rules/k8s_audit_rules.yaml")?;
    let file = SourceFile { name: "k8s_audit_rules.yaml".to_owned(), text };
    Some(load(&[file], &Options { falco_exact, ..Options::default() }).catalog().unwrap())
}

fn recorded() -> Value {
    serde_json::from_str(&shared("conformance/falco-json/describe-upstream.json").unwrap()).unwrap()
}

#[test]
fn upstream() {
    for falco_exact in [true, false] {
        let Some(catalog) = catalog(falco_exact) else { return };
        let (ours, theirs) = (describe(&catalog), recorded());
        for kind in ["rules", "macros", "lists"] {
            let (ours, theirs) = (ours[kind].as_array().unwrap(), theirs[kind].as_array().unwrap());
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert_eq!(ours, theirs, "{} of {kind}", theirs["info"]["name"]);
            }
        }
        assert_eq!(ours, theirs);
        assert_eq!(theirs["rules"].as_array().unwrap().len(), 48);
    }
}

#[test]
fn one_rule_comes_with_what_it_uses() {
    let Some(catalog) = catalog(true) else { return };
    let theirs = recorded();
    for rule in theirs["rules"].as_array().unwrap() {
        let name = rule["info"]["name"].as_str().unwrap();
        let described = describe_rule(&catalog, name).unwrap();
        assert_eq!(described["rules"], Value::Array(vec![rule.clone()]));
        for kind in ["macros", "lists"] {
            let used = rule["details"][kind].as_array().unwrap();
            let named: Vec<_> =
                described[kind].as_array().unwrap().iter().map(|item| &item["info"]["name"]).collect();
            assert!(used.iter().all(|name| named.contains(&name)), "{name}: {named:?}");
        }
    }
    assert!(describe_rule(&catalog, "nobody").is_none());
}
