//! What a description says of exceptions, changes in later files, lists in lists, transformers and options.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

use rules::describe::{describe, describe_rule, reads};
use rules::ruleset::{Catalog, What};
use rules::{AppendOutput, Options, Position, SourceFile, load};
use serde_json::{Value, json};

const FIRST: &str = "\
- required_engine_version: 0.31.0
- required_engine_version: 15
- required_plugin_versions:
  - name: k8saudit
    version: 0.7.0-rc1
    alternatives: [{name: k8saudit-eks, version: 0.4.0}]
- list: writers
  items: [create, update]
- list: inner
  items: [one two]
- list: verbs
  items: [writers, patch, inner]
- list: unused
  items: []
- macro: writes
  condition: ka.verb in (verbs)
- macro: unused_macro
  condition: writes or jevt.value[/a] exists
- rule: Wrote
  desc: d
  condition: writes and not ka.user.name in (unused)
  output: \" %ka.user.name %toupper(ka.verb) \"
  priority: notice
  source: k8s_audit
  tags: [b, a]
  exceptions:
  - name: users
    fields: [ka.user.name, ka.target.name]
    comps: [=, startswith anyof]
    values:
    - [alice, \"(x, y)\"]
    - [bob builder, [p, q r]]
  - name: places
    fields: ka.target.namespace
    values: [writers, default]
  - name: empty
    fields: ka.uri
- rule: Odd
  desc: odd
  condition: ka.nonsense = 1
  output: x
  priority: debug
  source: k8s_audit
  skip-if-unknown-filter: true
- rule: Length
  desc: long
  condition: len(ka.user.groups) > 3 and tolower(ka.verb) = val(ka.uri) and ka.uri.param[\"a=b\"] glob oneof (x, y)
  output: none
  priority: info
  source: k8s_audit
  capture: true
  capture_duration: 500
";

const SECOND: &str = "\
- rule: Wrote
  override: {condition: append, tags: append, exceptions: append, enabled: replace}
  condition: and ka.stage exists
  tags: [c]
  enabled: false
  exceptions:
  - name: places
    values: [kube-system]
";

fn files() -> Vec<SourceFile> {
    let named = |(name, text): (&str, &str)| SourceFile { name: name.to_owned(), text: text.to_owned() };
    [("first.yaml", FIRST), ("second.yaml", SECOND)].map(named).to_vec()
}

fn catalog() -> Catalog {
    let append = AppendOutput {
        rule: Some("Length".to_owned()),
        extra_output: Some("by %ka.user.name".to_owned()),
        ..AppendOutput::default()
    };
    let loaded = load(&files(), &Options { append_output: vec![append], ..Options::default() });
    let told: Vec<_> = loaded.diagnostics.iter().map(ToString::to_string).collect();
    assert!(loaded.program.is_some(), "{told:#?}");
    loaded.catalog().unwrap()
}

fn rule<'a>(described: &'a Value, name: &str) -> &'a Value {
    described["rules"].as_array().unwrap().iter().find(|rule| rule["info"]["name"] == name).unwrap()
}

#[test]
fn requirements() {
    let described = describe(&catalog());
    assert_eq!(described["required_engine_version"], "0.31.0", "the highest");
    let alternatives = json!([{"name": "k8saudit-eks", "version": "0.4.0"}]);
    let plugins = json!([{"name": "k8saudit", "version": "0.7.0-rc1", "alternatives": alternatives}]);
    assert_eq!(described["required_plugin_versions"], plugins);
    assert_eq!(
        describe(&load(&[], &Options::default()).catalog().unwrap())["required_engine_version"],
        "0.0.0"
    );
}

#[test]
fn a_rule_with_exceptions_that_a_later_file_changed() {
    let described = describe(&catalog());
    let rule = rule(&described, "Wrote");
    let info = json!({
        "name": "Wrote",
        "condition": "writes and not ka.user.name in (unused) and ka.stage exists",
        "priority": "Notice",
        "output": "%ka.user.name %toupper(ka.verb)",
        "description": "d",
        "enabled": false,
        "source": "k8s_audit",
        "tags": ["a", "b", "c"],
        "capture": false,
        "capture_duration": 0,
    });
    assert_eq!(rule["info"], info);
    let compiled = "((ka.verb in (create, update, patch, \"one two\") and not ka.user.name in () \
                    and ka.stage exists) \
                    and not ((ka.user.name = alice and ka.target.name startswith anyof (x, y)) \
                    or (ka.user.name = \"bob builder\" and ka.target.name startswith anyof (p, \"q r\"))) \
                    and not ka.target.namespace in (create, update, default, kube-system))";
    let details = json!({
        "macros": ["writes"],
        "lists": ["unused"],
        "condition_operators": ["startswith anyof", "=", "exists", "in"],
        "condition_fields":
            ["ka.target.namespace", "ka.stage", "ka.target.name", "ka.user.name", "ka.verb"],
        "output_fields": ["ka.user.name", "ka.verb", "toupper(ka.verb)"],
        "exception_names": ["empty", "places", "users"],
        "exception_fields": ["ka.target.name", "ka.target.namespace", "ka.user.name"],
        "exception_operators": ["in", "startswith anyof", "="],
        "events": ["asyncevent", "pluginevent"],
        "condition_compiled": compiled,
        "output_compiled": "%ka.user.name %toupper(ka.verb)",
        "plugins": ["k8saudit"],
    });
    assert_eq!(rule["details"], details);
}

#[test]
fn transformers_and_options() {
    let described = describe(&catalog());
    let rule = rule(&described, "Length");
    assert_eq!(rule["info"]["capture"], true);
    assert_eq!(rule["info"]["capture_duration"], 500);
    assert_eq!(rule["info"]["output"], "none");
    assert_eq!(rule["details"]["output_compiled"], "none by %ka.user.name");
    assert_eq!(rule["details"]["output_fields"], json!(["ka.user.name"]));
    assert_eq!(rule["details"]["condition_operators"], json!(["glob oneof", "=", ">"]));
    let fields = json!(["ka.uri", "ka.verb", "ka.uri.param[a=b]", "ka.user.groups"]);
    assert_eq!(rule["details"]["condition_fields"], fields);
}

#[test]
fn lists_macros_and_what_is_left_out() {
    let described = describe(&catalog());
    let lists = described["lists"].as_array().unwrap();
    assert_eq!(lists[2]["info"], json!({"name": "verbs", "items": ["patch"]}));
    let details = json!({
        "used": true,
        "lists": ["inner", "writers"],
        "items_compiled": ["create", "update", "patch", "one two"],
        "plugins": [],
    });
    assert_eq!(lists[2]["details"], details);
    let macros = described["macros"].as_array().unwrap();
    assert_eq!(macros[1]["details"]["used"], false);
    assert_eq!(macros[1]["details"]["macros"], json!(["writes"]));
    assert_eq!(macros[1]["details"]["plugins"], json!([]));
    let names: Vec<_> =
        described["rules"].as_array().unwrap().iter().map(|rule| &rule["info"]["name"]).collect();
    assert_eq!(names, ["Wrote", "Length"], "a rule that is left out for its field is not there");
}

#[test]
fn one_rule_brings_what_it_uses_by_way_of_others() {
    let described = describe_rule(&catalog(), "Wrote").unwrap();
    let names = |kind: &str| -> Vec<String> {
        let items = described[kind].as_array().unwrap();
        items.iter().map(|item| item["info"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("rules"), ["Wrote"]);
    assert_eq!(names("macros"), ["writes"]);
    assert_eq!(names("lists"), ["writers", "inner", "verbs", "unused"]);
}

#[test]
fn where_a_rule_comes_from_and_what_it_reads() {
    let (catalog, files) = (catalog(), files());
    let rule = &catalog.rules[0];
    let history: Vec<_> = rule
        .history
        .iter()
        .map(|change| {
            let file = &files[change.span.file];
            (
                change.what,
                change.keys.clone(),
                file.name.as_str(),
                Position::of(&file.text, change.span.start).line,
            )
        })
        .collect();
    let appended = vec!["condition", "tags", "exceptions"];
    assert_eq!(
        history,
        [
            (What::Defined, vec![], "first.yaml", 19),
            (What::Appended, appended, "second.yaml", 1),
            (What::Replaced, vec!["enabled"], "second.yaml", 1),
        ]
    );
    let read: Vec<_> = reads(rule, &catalog).into_iter().map(|read| read.field).collect();
    assert_eq!(read, ["ka.verb", "ka.user.name", "ka.stage", "ka.target.name", "ka.target.namespace"]);
}
