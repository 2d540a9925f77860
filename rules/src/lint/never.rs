//! R201: comparisons that are never true, whatever the event, or that are true of every value.

use super::Finding;
use super::domain::{Compared, Domain};
use super::logic::{is_empty, is_idle};
use super::part::{Comparison, Part};
use super::subject::{Subject, Unit};
use super::values::{Value, holds};
use crate::check::ir::{Operand, Ordering, Predicate};
use crate::diagnostic::Code;
use crate::fields::Shape;
use crate::syntax::ast::{Constant, Operator, Right, Test};

pub(super) fn lint(subject: &Subject<'_>, _: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    part.each_comparison(&mut |comparison| {
        found.extend(empty(subject, comparison));
        found.extend(no_elements(subject, comparison));
        let by_value = constants(subject, comparison);
        if by_value.is_empty() {
            found.extend(no_value(subject, comparison));
        }
        found.extend(by_value);
    });
    found
}

/// An empty list that stands there as such. One that a list left behind waits to be filled.
fn empty(subject: &Subject<'_>, comparison: &Comparison<'_>) -> Option<Finding> {
    let place = &comparison.check.place;
    let bare: String = subject.text(place).split_whitespace().collect();
    let found = comparison.written && is_empty(&comparison.test) && bare.ends_with("()");
    found.then(|| {
        let message = "nothing is in an empty list: this is never true".to_owned();
        let help = "name some values, or a list that holds them";
        Finding::new(Code::NeverTrue, subject.span(place), message, help)
    })
}

/// A list of no elements, which does not exist.
fn no_elements(subject: &Subject<'_>, comparison: &Comparison<'_>) -> Option<Finding> {
    let (Operand::Len(inner), Predicate::Number(ordering, number)) =
        (&comparison.test.operand, &comparison.test.predicate)
    else {
        return None;
    };
    let no_elements =
        matches!((ordering, number), (Ordering::Equal | Ordering::AtMost, 0) | (Ordering::Less, 1 | 0));
    let Operand::Field(field, _) = &**inner else { return None };
    (no_elements && inner.shape() == Shape::List).then(|| {
        let message =
            "a list without elements is absent, and so is its length: this is never true".to_owned();
        let help = format!("write `not {} exists`", field.name);
        Finding::new(Code::NeverTrue, subject.span(&comparison.check.place), message, help)
    })
}

/// Values that a field does not have.
fn constants(subject: &Subject<'_>, comparison: &Comparison<'_>) -> Vec<Finding> {
    let (operator, constants) = match &comparison.check.test {
        Test::Exists | Test::Compare(_, Right::Operand(_)) => return Vec::new(),
        Test::Compare(operator, Right::Constant(constant)) => (*operator, std::slice::from_ref(constant)),
        Test::Compare(operator, Right::List(constants)) | Test::Quantified(operator, _, constants) => {
            (*operator, constants.as_slice())
        }
    };
    let Some(compared) = compared(operator) else { return Vec::new() };
    let Some(domain) = Domain::of(&comparison.test.operand) else { return Vec::new() };
    let left = &comparison.check.left;
    let objection = |constant: &Constant| {
        let (why, help) = domain.objection(&constant.value, compared)?;
        let value = &constant.value;
        let message = match (compared, operator) {
            (_, Operator::Ne) => {
                format!("`{left}` is never `{value}`, so this is true of every value: {why}")
            }
            (Compared::Whole, _) => format!("`{left}` is never `{value}`: {why}"),
            (Compared::Start, _) => format!("`{left}` never starts with `{value}`: {why}"),
            (Compared::Middle, _) => format!("`{left}` never contains `{value}`: {why}"),
            (Compared::End, _) => format!("`{left}` never ends with `{value}`: {why}"),
        };
        Some(Finding::new(Code::NeverTrue, subject.span(&constant.place), message, help))
    };
    constants.iter().filter_map(objection).collect()
}

fn compared(operator: Operator) -> Option<Compared> {
    Some(match operator {
        Operator::Eq | Operator::DoubleEq | Operator::Ne | Operator::In | Operator::Intersects => {
            Compared::Whole
        }
        Operator::StartsWith => Compared::Start,
        Operator::Contains => Compared::Middle,
        Operator::EndsWith => Compared::End,
        _ => return None,
    })
}

/// A pattern that fits none of the few values that a field has.
fn no_value(subject: &Subject<'_>, comparison: &Comparison<'_>) -> Option<Finding> {
    let test = &comparison.test;
    let Some(Domain::OneOf(values)) = Domain::of(&test.operand) else { return None };
    let never = values.iter().all(|value| holds(test, Value::Text(value.as_bytes())) == Some(false));
    (never && !is_idle(&test.operand) && !is_empty(test)).then(|| {
        let left = &comparison.check.left;
        let values: Vec<_> = values.iter().copied().filter(|value| *value != "null").collect();
        let message = format!("no value of `{left}` is like this: it is one of {}", values.join(", "));
        let span = subject.span(&comparison.check.place);
        Finding::new(Code::NeverTrue, span, message, "compare with one of these")
    })
}
