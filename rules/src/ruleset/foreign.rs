//! Rules for system calls: they will never match anything here, but Falco compiles them, so their mistakes count. The
//! one people make is to leave out `source: k8s_audit`.

use super::collection::Rule;
use super::complaints::in_expression;
use super::exceptions::with_exceptions;
use super::read_rule::AUDIT_SOURCE;
use super::resolution::{RuleStep, Stage};
use super::resolve::Resolver;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{Argument, Check, Expr, FieldRef, Operand, Right, Test};

impl<'c> Resolver<'c> {
    pub(super) fn foreign_rule(&mut self, position: usize, rule: &'c Rule) {
        if self.options.falco_exact {
            self.remark_on_output(position, rule);
        }
        self.foreign_output(position, rule);
        let expr = match with_exceptions(&rule.condition, &rule.exceptions) {
            Ok(condition) => self.condition(position, rule, condition).1,
            Err((exception, wrong)) => return self.bad_exception(position, exception, wrong),
        };
        let Some((expr, _)) = expr else { return };
        if self.options.falco_exact {
            self.remark_on_condition(position, rule, &expr);
        }
        if let Some(field) = audit_field(&expr) {
            let error = self.at(&field.place, Code::UnknownField, foreign(&field.name, rule));
            let error = in_expression(error.with_help(advice(rule)), &rule.condition_context);
            self.find(Stage::Rule(position, RuleStep::Fields), error);
        }
        self.foreign.push((position, expr));
    }

    fn foreign_output(&mut self, position: usize, rule: &Rule) {
        let Some((start, name)) = audit_token(rule.output.text()) else { return };
        let mut error = Diagnostic::new(Code::UnknownOutputField, foreign(name, rule));
        error.span = rule.output.span(start..start + name.len());
        let error = error.with_help(advice(rule)).inside(&rule.output_context);
        self.find(Stage::Rule(position, RuleStep::Output), error);
    }
}

/// Whether a name or transformer is of a field of audit events.
pub(super) fn is_of_audit(field: &str) -> bool {
    field.starts_with("ka.")
}

fn foreign(name: &str, rule: &Rule) -> String {
    format!("`{name}` is a field of audit events, this rule is for source {}", rule.source)
}

fn advice(rule: &Rule) -> String {
    format!("add `source: {AUDIT_SOURCE}` to rule `{}`", rule.name)
}

/// The first field of audit events that an output names, and where.
fn audit_token(output: &str) -> Option<(usize, &str)> {
    output.match_indices('%').find_map(|(at, _)| {
        let token = output.get(at + 1..)?.trim_start_matches(|c: char| c.is_ascii_digit());
        let len = token.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')));
        let name = token.get(..len.unwrap_or(token.len()))?;
        is_of_audit(name).then_some((output.len() - token.len(), name))
    })
}

/// The first field of audit events in a condition.
fn audit_field(expr: &Expr) -> Option<&FieldRef> {
    let mut first = None;
    expr.each_check(&mut |check| {
        if first.is_none() {
            first = operands(check).find_map(field_of_audit);
        }
    });
    first
}

fn operands(check: &Check) -> impl Iterator<Item = &Operand> {
    let right = match &check.test {
        Test::Compare(_, Right::Operand(operand)) => Some(operand),
        _ => None,
    };
    std::iter::once(&check.left).chain(right)
}

fn field_of_audit(operand: &Operand) -> Option<&FieldRef> {
    match operand {
        Operand::Field(field) | Operand::Val(field) => is_of_audit(&field.name).then_some(field),
        Operand::Transform(transform) => transform.arguments.iter().find_map(argument_of_audit),
    }
}

fn argument_of_audit(argument: &Argument) -> Option<&FieldRef> {
    match argument {
        Argument::Operand(operand) => field_of_audit(operand),
        Argument::Constant(_) => None,
        Argument::List(items) => items.iter().find_map(argument_of_audit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Dialect, parse_condition};

    #[test]
    fn fields_are_found_wherever_they_stand() {
        for condition in [
            "evt.num > 1 and ka.verb = get",
            "tolower(ka.verb) = get",
            "evt.source = val(ka.verb)",
            "join(\",\", (evt.source, ka.verb)) = x",
        ] {
            let expr = parse_condition(condition, Dialect::Saker).unwrap();
            assert_eq!(audit_field(&expr).map(|field| field.name.as_str()), Some("ka.verb"), "{condition}");
        }
        assert_eq!(audit_token("100 %evt.num %8ka.verb!"), Some((15, "ka.verb")));
        assert_eq!(audit_token("ka.verb %evt.num"), None);
    }
}
