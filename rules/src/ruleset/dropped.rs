//! Outputs and conditions that name what Falco has dropped: one token that stands for nothing any more, and fields of
//! system calls.

use super::collection::Rule;
use super::resolution::RuleStep;
use super::sourced::Sourced;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Argument, Expr, FieldRef, Operand};

/// Once the container of a system call; now it is taken out of outputs.
const CONTAINER_INFO: &str = "%container.info";
/// Falco looks for these anywhere in an output, be they behind a `%` or not.
const FIELDS: [&str; 6] =
    ["evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"];

/// An output without what stands for nothing.
pub(super) fn cleaned(output: &Sourced) -> Sourced {
    let mut cleaned = Sourced::default();
    let mut from = 0;
    for (at, token) in output.text().match_indices(CONTAINER_INFO) {
        cleaned.push_part(output, from..at);
        from = at + token.len();
    }
    cleaned.push_part(output, from..output.len());
    cleaned
}

/// The same of what options add to an output.
pub(super) fn cleaned_text(output: &str) -> String {
    output.replace(CONTAINER_INFO, "")
}

/// What there is to say of a rule's output and of what options add to it, with the step at which Falco says it.
pub(super) fn remarks(rule: &Rule, added: &[&str]) -> Vec<(RuleStep, Diagnostic)> {
    let names =
        |name: &str| rule.output.text().contains(name) || added.iter().any(|text| text.contains(name));
    let mut remarks = Vec::new();
    if names(CONTAINER_INFO) {
        let warning = Diagnostic::new(Code::Deprecated, "`%container.info` stands for nothing any more");
        let warning = warning.at(rule.heading.span).inside(&rule.heading.context);
        remarks.push((RuleStep::Output, warning.with_help("take it out of the output")));
    }
    for field in FIELDS.into_iter().filter(|field| names(field)) {
        let message = format!("the output names `{field}`, which events have no more");
        let warning = Diagnostic::new(Code::Deprecated, message).at(rule.heading.span);
        remarks.push((RuleStep::OutputFields, warning.inside(&rule.output_context)));
    }
    remarks
}

/// The fields of a condition that are no more, each once.
pub(super) fn gone(expr: &Expr) -> Vec<&FieldRef> {
    let mut found: Vec<&FieldRef> = Vec::new();
    expr.each_check(&mut |check| {
        each_field(&check.left, &mut |field| {
            if FIELDS.contains(&field.name.as_str()) && found.iter().all(|other| other.name != field.name) {
                found.push(field);
            }
        });
    });
    found
}

fn each_field<'e>(operand: &'e Operand, visit: &mut dyn FnMut(&'e FieldRef)) {
    match operand {
        Operand::Field(field) | Operand::Val(field) => visit(field),
        Operand::Transform(transform) => transform.arguments.iter().for_each(|part| in_argument(part, visit)),
    }
}

fn in_argument<'e>(argument: &'e Argument, visit: &mut dyn FnMut(&'e FieldRef)) {
    match argument {
        Argument::Operand(operand) => each_field(operand, visit),
        Argument::Constant(_) => {}
        Argument::List(items) => items.iter().for_each(|item| in_argument(item, visit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Dialect, parse_condition};

    #[test]
    fn fields_that_are_gone_are_found_once_each() {
        let condition =
            "evt.dir = x and not (evt.dir = y or tolower(evt.latency.s) = z) and ka.verb = evt.dir";
        let expr = parse_condition(condition, Dialect::Saker).unwrap();
        let names: Vec<_> = gone(&expr).into_iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["evt.dir", "evt.latency.s"]);
    }

    #[test]
    fn what_stands_for_nothing_is_taken_out() {
        let text = |text: &str| {
            let mut sourced = Sourced::default();
            sourced.push_str(text);
            cleaned(&sourced).text().to_owned()
        };
        assert_eq!(text("a %container.info b%container.info"), "a  b");
        assert_eq!(text("plain"), "plain");
    }
}
