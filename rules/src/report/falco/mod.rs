//! The JSON of Falco's `-V`: its keys, codes and names of items; the wording and the places are ours.

mod codes;
mod snippet;

use serde_json::{Value, json};

use super::schema;
use crate::diagnostic::{Diagnostic, ItemType, Location};
use crate::source::{Position, SourceFile, Span};

/// How many characters of a condition it is called by.
const CONDITION_NAME: usize = 20;

/// One result for each file: the problems that its loading brought up, which may stand in earlier files.
pub fn validation(files: &[SourceFile], diagnostics: &[Diagnostic]) -> Value {
    let results = files.iter().enumerate().map(|(index, _)| result(files, index, diagnostics));
    json!({"falco_load_results": results.collect::<Vec<_>>()})
}

fn result(files: &[SourceFile], index: usize, diagnostics: &[Diagnostic]) -> Value {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        diagnostics.iter().filter(|found| found.file == index).partition(|found| found.is_error());
    let problems =
        |found: &[&Diagnostic]| found.iter().map(|found| problem(files, found)).collect::<Vec<_>>();
    let file = files.get(index);
    let mut result = json!({
        "name": file.map(|file| &file.name),
        "successful": errors.is_empty(),
        "errors": problems(&errors),
        "warnings": problems(&warnings),
    });
    // What is no YAML cannot be held against a schema.
    if let Some(object) = result.as_object_mut()
        && let Some(departures) = file.and_then(|file| schema::departures(&file.text))
    {
        object.insert("schema_valid".to_owned(), departures.is_empty().into());
        object.insert("schema_warnings".to_owned(), departures.into());
    }
    result
}

fn problem(files: &[SourceFile], diagnostic: &Diagnostic) -> Value {
    let code = codes::code(diagnostic.code);
    let locations: Vec<_> =
        chain(diagnostic).iter().map(|location| place(files, diagnostic, location)).collect();
    json!({
        "code": code,
        "codedesc": codes::description(code),
        "context": {"locations": locations, "snippet": snippet(files, diagnostic)},
        "message": message(diagnostic),
    })
}

fn snippet(files: &[SourceFile], diagnostic: &Diagnostic) -> String {
    let span = diagnostic.span.unwrap_or(Span::of_file(diagnostic.file));
    files.get(span.file).map_or_else(String::new, |file| snippet::of(&file.text, span.start))
}

/// The shape has no place for our number and for advice.
fn message(diagnostic: &Diagnostic) -> String {
    let told = format!("{}: {}", diagnostic.code.id(), diagnostic.message);
    match &diagnostic.help {
        Some(help) => format!("{told}; {help}"),
        None => told,
    }
}

/// The items it stands in, of which there is at least the file.
fn chain(diagnostic: &Diagnostic) -> Vec<Location> {
    if !diagnostic.context.is_empty() {
        return diagnostic.context.clone();
    }
    let span = diagnostic.span.unwrap_or(Span::of_file(diagnostic.file));
    let whole = Span::of_file(span.file);
    [(ItemType::RulesContent, whole), (ItemType::ValueFor, span)]
        .map(|(item, span)| Location { item, name: String::new(), span })
        .to_vec()
}

/// Lines, columns and offsets count from 0 here.
fn place(files: &[SourceFile], diagnostic: &Diagnostic, location: &Location) -> Value {
    let file = files.get(location.span.file);
    let offset = location.span.start;
    let Position { line, column } =
        file.map_or(Position { line: 1, column: 1 }, |file| Position::of(&file.text, offset));
    let name = match (location.item, &diagnostic.condition) {
        (ItemType::ConditionExpression, Some(condition)) => condition_name(condition),
        _ => file.map_or_else(String::new, |file| file.name.clone()),
    };
    json!({
        "item_name": location.name,
        "item_type": location.item.name(),
        "position": {
            "name": name,
            "line": line.saturating_sub(1),
            "column": column.saturating_sub(1),
            "offset": offset,
        },
    })
}

/// A place in a condition is said to be in the condition, not in the file.
fn condition_name(condition: &str) -> String {
    let one_line = condition.replace(['\n', '\r'], " ");
    if one_line.chars().nth(CONDITION_NAME).is_none() {
        return format!("\"{one_line}\"");
    }
    let shortened: String = one_line.chars().take(CONDITION_NAME - 3).collect();
    format!("\"{shortened}...\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::{Options, load};

    fn rules(texts: &[&str]) -> Vec<SourceFile> {
        let named = |(index, text): (usize, &&str)| SourceFile {
            name: format!("{index}.yaml"),
            text: (*text).to_owned(),
        };
        texts.iter().enumerate().map(named).collect()
    }

    fn validated(texts: &[&str], options: &Options) -> Value {
        let files = rules(texts);
        validation(&files, &load(&files, options).diagnostics)
    }

    fn exact() -> Options {
        Options { falco_exact: true, ..Options::default() }
    }

    #[test]
    fn all_problems_of_a_file_or_the_first() {
        let text = "- macro: a\n- list: b\n  items: 3\n- list: c\n  itms: []\n  items: []\n";
        let counts = |options: &Options| {
            let validated = validated(&[text], options);
            ["errors", "warnings"].map(|kind| {
                validated.pointer(&format!("/falco_load_results/0/{kind}")).unwrap().as_array().unwrap().len()
            })
        };
        assert_eq!(counts(&Options::default()), [2, 1]);
        assert_eq!(counts(&exact()), [1, 0]);
    }

    #[test]
    fn a_result_looks_like_this() {
        let text = "- macro: a\n  condition: ka.verb = x\n- rule: R\n  desc: d\n  condition: ka.verb = ü and nothing\n  output: x\n  priority: notice\n  source: k8s_audit\n";
        insta::assert_json_snapshot!(validated(&[text], &Options::default()));
    }

    #[test]
    fn keys_are_in_alphabetical_order() {
        let told = validated(&["- macro: a\n"], &exact()).to_string();
        let at = |key: &str| told.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key}: {told}"));
        let keys = ["errors", "code", "codedesc", "context", "message", "name", "schema_valid", "successful"];
        let places: Vec<_> = keys.iter().map(|key| at(key)).collect();
        assert!(at("successful") < at("warnings"), "{told}");
        assert!(places.iter().take(5).is_sorted(), "{told}");
    }

    /// As with Falco, where everything read so far is compiled again after each file.
    #[test]
    fn each_file_has_a_result_with_what_its_loading_brought_up() {
        let files =
            ["- list: a\n  items: [x]\n", "- list: b\n  items: [a]\n", "- macro: m\n  condition: (\n"];
        let told = validated(&files, &exact());
        let codes = |index: usize, kind: &str| -> Vec<String> {
            let problems = told.pointer(&format!("/falco_load_results/{index}/{kind}")).unwrap();
            let location = |problem: &Value| problem.pointer("/context/locations/0/position/name").cloned();
            let shown = |problem: &Value| {
                format!("{} {}", problem["code"].as_str().unwrap(), location(problem).unwrap())
            };
            problems.as_array().unwrap().iter().map(shown).collect()
        };
        assert_eq!(codes(0, "warnings"), ["LOAD_UNUSED_LIST \"0.yaml\""]);
        assert_eq!(codes(1, "warnings"), ["LOAD_UNUSED_LIST \"1.yaml\""]);
        assert_eq!(codes(2, "errors"), ["LOAD_ERR_COMPILE_CONDITION \"2.yaml\""]);
        let successful =
            |index: usize| told.pointer(&format!("/falco_load_results/{index}/successful")).cloned();
        assert_eq!([0, 1, 2].map(successful), [Some(true.into()), Some(true.into()), Some(false.into())]);
    }

    #[test]
    fn what_is_no_yaml_has_no_schema() {
        let told = validated(&["- a: ["], &Options::default());
        let result = told.pointer("/falco_load_results/0").unwrap();
        assert!(result.get("schema_valid").is_none() && result.get("schema_warnings").is_none());
        assert_eq!(result.pointer("/errors/0/code").unwrap(), "LOAD_ERR_YAML_PARSE");
    }

    #[test]
    fn a_problem_that_stands_in_no_item_stands_in_its_file() {
        let files = rules(&["- a\n"]);
        let problem = Diagnostic::new(Code::UnknownKey, "x").at(Span { file: 0, start: 2, end: 3 });
        let told = validation(&files, &[problem]);
        let types: Vec<_> = told
            .pointer("/falco_load_results/0/warnings/0/context/locations")
            .and_then(Value::as_array)
            .unwrap()
            .iter()
            .map(|location| (location["item_type"].clone(), location["position"]["column"].clone()))
            .collect();
        assert_eq!(types, [("rules content".into(), 0.into()), ("value for".into(), 2.into())]);
    }

    #[test]
    fn conditions_are_called_by_their_beginning() {
        assert_eq!(condition_name("a = b\nor c"), "\"a = b or c\"");
        assert_eq!(condition_name(&"x".repeat(20)), format!("\"{}\"", "x".repeat(20)));
        assert_eq!(condition_name(&"ü".repeat(21)), format!("\"{}...\"", "ü".repeat(17)));
    }
}
