//! Single conditions and single outputs: what the real program makes of each.
#![expect(clippy::unwrap_used, reason = "test helpers")]

mod support;

use rules::{Context, compile};
use serde_json::{Value, json};
use support::{exact, fields, resolved, rule, shared_lines};

/// The answer to a condition and an event, in the words of the record.
fn answer(condition: &str, event: &str) -> &'static str {
    const ERROR: &str = "error:LOAD_ERR_COMPILE_CONDITION";
    let Ok(rule) = rule("R", condition, "x") else { return ERROR };
    let (program, problems) = compile(&resolved(vec![rule]), &exact());
    if let Some(problem) = problems.first() {
        assert_eq!(problem.code.falco(), Some("LOAD_ERR_COMPILE_CONDITION"));
        return ERROR;
    }
    let context = Context { number: 1, ..Context::default() };
    let evaluation = program.evaluator().evaluate(event.as_bytes(), &context).unwrap();
    if evaluation.matches.is_empty() { "no match" } else { "match" }
}

#[test]
fn conditions() {
    let Some(cases) = shared_lines("conformance/conditions.jsonl") else { return };
    for case in &cases {
        let condition = case["condition"].as_str().unwrap();
        let found = answer(condition, &case["event"].to_string());
        assert_eq!(found, case["falco"].as_str().unwrap(), "{}: {condition}: {}", case["id"], case["why"]);
    }
    assert!(cases.len() >= 99);
}

/// The code of the error in an output, or the alert that it makes of an event.
fn alert(output: &str, event: &str) -> Result<Value, &'static str> {
    let rule = rule("R", "jevt.rawtime exists", output).unwrap();
    let (program, problems) = compile(&resolved(vec![rule]), &exact());
    if let Some(problem) = problems.first() {
        return Err(problem.code.falco().unwrap());
    }
    let context = Context { number: 1, ..Context::default() };
    let mut evaluation = program.evaluator().evaluate(event.as_bytes(), &context).unwrap();
    let found = evaluation.matches.remove(0);
    Ok(json!({"output": format!("Informational {}", found.message), "output_fields": fields(found.fields)}))
}

#[test]
fn outputs() {
    let Some(cases) = shared_lines("conformance/outputs.jsonl") else { return };
    for case in &cases {
        let found = alert(case["output"].as_str().unwrap(), &case["event"].to_string());
        match case["error"].as_str() {
            Some(code) => assert_eq!(found, Err(code), "{}", case["id"]),
            None => {
                let (found, expected) = (found.unwrap(), &case["alerts"][0]);
                assert_eq!(found["output"], expected["output"], "{}", case["id"]);
                assert_eq!(found["output_fields"], expected["output_fields"], "{}", case["id"]);
            }
        }
    }
    assert!(cases.len() >= 12);
}
