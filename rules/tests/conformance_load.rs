//! What the real program made of rule files: error and warning codes, the items problems stand in, and alerts.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

mod support;

use rules::{
    AppendOutput, Context, ExtraField, Loaded, Matching, Options, Priority, Selection, SelectionAction,
    Selector, SourceFile, TimeFormat, load, report,
};
use serde_json::{Value, json};
use support::{shared_lines, value_fields};

fn files(texts: &[&str]) -> Vec<SourceFile> {
    let file = |(index, text): (usize, &&str)| SourceFile {
        name: format!("{index}.yaml"),
        text: (*text).to_owned(),
    };
    texts.iter().enumerate().map(file).collect()
}

/// The code of the error, as the records have it: a refusal to start has none.
fn error(loaded: &Loaded) -> Value {
    let error = loaded.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    assert_eq!(error.is_some(), loaded.program.is_none());
    error.map_or(Value::Null, |error| error.code.falco().unwrap_or("REFUSED").into())
}

/// The codes of warnings that Falco knows.
fn warnings(loaded: &Loaded) -> Value {
    let warnings = loaded.diagnostics.iter().filter(|diagnostic| !diagnostic.is_error());
    warnings.filter_map(|warning| warning.code.falco()).collect()
}

/// The alerts of events, as far as a match says what is in them.
fn alerts(loaded: &Loaded, events: &[Value]) -> Vec<Value> {
    let program = loaded.program.as_ref().unwrap();
    let mut evaluator = program.evaluator();
    let mut alerts = Vec::new();
    for (number, event) in (1..).zip(events) {
        let context = Context { number, ..Context::default() };
        let evaluation = evaluator.evaluate(event.to_string().as_bytes(), &context).unwrap();
        for found in evaluation.matches {
            let rule = &program.rules()[found.rule];
            alerts.push(json!({
                "rule": rule.name,
                "priority": rule.priority.name(),
                "source": rule.source,
                "tags": rule.tags,
                "message": found.message,
                "output_fields": value_fields(found.fields),
            }));
        }
    }
    alerts
}

/// The same of a recorded alert: its message stands behind the time and the priority.
fn recorded(alert: &Value) -> Value {
    let output = alert["output"].as_str().unwrap();
    let priority = alert["priority"].as_str().unwrap();
    let (_, message) = output.split_once(&format!("{priority} ")).unwrap();
    json!({
        "rule": alert["rule"],
        "priority": priority,
        "source": alert["source"],
        "tags": alert["tags"],
        "message": message,
        "output_fields": alert["output_fields"],
    })
}

fn without_time(mut alert: Value) -> Value {
    alert["output_fields"].as_object_mut().unwrap().remove("evt.time");
    alert
}

#[test]
fn rule_files() {
    let Some(cases) = shared_lines("conformance/rule_files.jsonl") else { return };
    for case in &cases {
        let options = Options { falco_exact: true, ..Options::default() };
        let loaded = load(&files(&[case["rules"].as_str().unwrap()]), &options);
        assert_eq!(error(&loaded), case["error"], "{}: {:?}", case["id"], loaded.diagnostics);
        assert_eq!(warnings(&loaded), case["warnings"], "{}: {:?}", case["id"], loaded.diagnostics);
        if case["error"].is_null() {
            let found = alerts(&loaded, std::slice::from_ref(&case["event"]));
            let found: Vec<_> = found.into_iter().map(without_time).collect();
            let expected: Vec<_> = case["alerts"].as_array().unwrap().iter().map(recorded).collect();
            assert_eq!(found, expected, "{}", case["id"]);
        }
    }
    assert!(cases.len() >= 35);
}

/// By default there may be more errors, but the same files load, and to the same alerts.
#[test]
fn rule_files_load_by_default_as_well() {
    let Some(cases) = shared_lines("conformance/rule_files.jsonl") else { return };
    for case in &cases {
        let loaded = load(&files(&[case["rules"].as_str().unwrap()]), &Options::default());
        assert_eq!(error(&loaded).is_null(), case["error"].is_null(), "{}", case["id"]);
        if case["error"].is_null() {
            assert_eq!(warnings(&loaded), case["warnings"], "{}: {:?}", case["id"], loaded.diagnostics);
            let found = alerts(&loaded, std::slice::from_ref(&case["event"]));
            assert_eq!(found.len(), case["alerts"].as_array().unwrap().len(), "{}", case["id"]);
        }
    }
}

/// A result without what is worded or counted in our own way, which is checked to be there and of its type.
fn comparable(mut result: Value) -> Value {
    for kind in ["errors", "warnings"] {
        for problem in result[kind].as_array_mut().unwrap() {
            assert!(problem.as_object_mut().unwrap().remove("message").unwrap().is_string());
            let context = problem["context"].as_object_mut().unwrap();
            assert!(context.remove("snippet").unwrap().as_str().unwrap().ends_with("^\n"));
            for location in context["locations"].as_array_mut().unwrap() {
                let in_file = location["item_type"] != "condition expression";
                let position = location["position"].as_object_mut().unwrap();
                for key in ["line", "column", "offset"].into_iter().filter(|_| !in_file) {
                    assert!(position.remove(key).unwrap().is_u64());
                }
            }
        }
    }
    result
}

#[test]
fn validation() {
    let Some(answers) = shared_lines("conformance/validate.jsonl") else { return };
    let cases = shared_lines("conformance/rule_files.jsonl").unwrap();
    let mut checked = 0;
    for answer in answers.iter().filter(|answer| !answer["result"].is_null()) {
        let case = cases.iter().find(|case| case["id"] == answer["id"]).unwrap();
        let name = format!("{}.yaml", answer["id"].as_str().unwrap());
        let files = [SourceFile { name, text: case["rules"].as_str().unwrap().to_owned() }];
        let loaded = load(&files, &Options { falco_exact: true, ..Options::default() });
        let mut told = report::validation(&files, &loaded.diagnostics);
        let mut recorded = answer["result"].clone();
        for side in [&mut told, &mut recorded] {
            let result = &mut side["falco_load_results"][0];
            *result = comparable(result.take());
        }
        assert_eq!(told, recorded, "{}", answer["id"]);
        checked += 1;
    }
    assert!(checked >= 34, "{checked}");
}

fn selections(options: &Value) -> Vec<Selection> {
    let mut selections = Vec::new();
    for entry in options["rules"].as_array().into_iter().flatten() {
        let (action, what) = match entry.get("enable") {
            Some(what) => (SelectionAction::Enable, what),
            None => (SelectionAction::Disable, &entry["disable"]),
        };
        if let Some(rule) = what["rule"].as_str() {
            selections.push(Selection { action, selector: Selector::Rule(rule.to_owned()) });
        }
        if let Some(tag) = what["tag"].as_str() {
            selections.push(Selection { action, selector: Selector::Tag(tag.to_owned()) });
        }
    }
    selections
}

fn append_output(entry: &Value) -> AppendOutput {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let field = |field: &Value| match field {
        Value::String(name) => ExtraField::Plain(name.clone()),
        formatted => {
            let (key, format) = formatted.as_object().unwrap().iter().next().unwrap();
            ExtraField::Formatted { key: key.clone(), format: text(format).unwrap() }
        }
    };
    AppendOutput {
        source: text(&entry["match"]["source"]),
        tags: entry["match"]["tags"].as_array().into_iter().flatten().filter_map(text).collect(),
        rule: text(&entry["match"]["rule"]),
        extra_output: text(&entry["extra_output"]),
        extra_fields: entry["extra_fields"].as_array().into_iter().flatten().map(field).collect(),
    }
}

fn options(options: &Value) -> Options {
    Options {
        falco_exact: true,
        matching: if options["rule_matching"] == "all" { Matching::All } else { Matching::First },
        minimum_priority: options["priority"].as_str().map_or(Priority::Debug, |name| name.parse().unwrap()),
        selections: selections(options),
        append_output: options["append_output"].as_array().into_iter().flatten().map(append_output).collect(),
        time_format: if options["time_format_iso_8601"] == true {
            TimeFormat::Iso8601
        } else {
            TimeFormat::Clock
        },
    }
}

#[test]
fn several_files() {
    let Some(cases) = shared_lines("conformance/several_files.jsonl") else { return };
    for case in &cases {
        let texts: Vec<_> =
            case["files"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
        let loaded = load(&files(&texts), &options(&case["options"]));
        assert_eq!(error(&loaded), case["error"], "{}: {:?}", case["id"], loaded.diagnostics);
        if case["error"].is_null() {
            assert_eq!(warnings(&loaded), case["warnings"], "{}: {:?}", case["id"], loaded.diagnostics);
            let expected: Vec<_> = case["alerts"].as_array().unwrap().iter().map(recorded).collect();
            assert_eq!(alerts(&loaded, case["events"].as_array().unwrap()), expected, "{}", case["id"]);
        }
    }
    assert!(cases.len() >= 20);
}
