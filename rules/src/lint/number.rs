//! R202: numbers that are compared as texts.

use super::Finding;
use super::logic::is_idle;
use super::part::{Comparison, Part};
use super::subject::{Subject, Unit};
use super::values::plain_name;
use crate::diagnostic::Code;
use crate::fields::Kind;
use crate::syntax::ast::{Operator, Right, Test};

pub(super) fn lint(subject: &Subject<'_>, _: &Unit<'_>, part: &Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    part.each_comparison(&mut |comparison| found.extend(on_comparison(subject, comparison)));
    found
}

fn on_comparison(subject: &Subject<'_>, comparison: &Comparison<'_>) -> Option<Finding> {
    let Test::Compare(operator, Right::Constant(constant)) = &comparison.check.test else { return None };
    let orders = matches!(operator, Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge);
    let operand = &comparison.test.operand;
    if !orders || operand.kind() != Kind::Text || is_idle(operand) {
        return None;
    }
    let is_code = plain_name(operand) == Some("ka.response.code");
    let (other, order) = misplaced(&constant.value).filter(|_| !is_code || constant.value.len() != 3)?;
    let value = &constant.value;
    let message = format!("this compares texts, and as a text `{other}` comes {order} `{value}`");
    let help = if is_code {
        "all codes have three digits: compare with one that has, or use `startswith`".to_owned()
    } else {
        let left = &comparison.check.left;
        let digits = digits(*operator, value.len());
        format!("name the values with `in`, or describe their digits, as in `{left} regex \"{digits}\"`")
    };
    Some(Finding::new(Code::NumberAsText, subject.span(&comparison.check.place), message, help))
}

/// A pattern of the numbers that are meant, more or less: those that are longer or shorter.
fn digits(operator: Operator, len: usize) -> String {
    match operator {
        Operator::Lt | Operator::Le => format!("[0-9]{{1,{}}}", len.saturating_sub(1).max(1)),
        _ => format!("[0-9]{{{len},}}"),
    }
}

/// A number that stands on the wrong side of another where texts are compared.
fn misplaced(number: &str) -> Option<(String, &'static str)> {
    let plain =
        !number.starts_with('0') && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    // What texts say of 0 and 1 is what numbers say.
    if !plain || number == "1" {
        return None;
    }
    Some(match number.strip_prefix('9') {
        None if number.len() > 1 => ("9".to_owned(), "after"),
        _ => (format!("1{}", "0".repeat(number.len())), "before"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_true() {
        for number in ["2", "9", "10", "42", "99", "400", "950", "1000"] {
            let (other, order) = misplaced(number).unwrap();
            let found = if *other > *number { "after" } else { "before" };
            assert_eq!(order, found, "{other} {number}");
            let right =
                if other.parse::<u64>().unwrap() > number.parse().unwrap() { "after" } else { "before" };
            assert_ne!(order, right, "{other} {number}");
        }
        for number in ["0", "1", "-5", "1.5", "0x10", ""] {
            assert_eq!(misplaced(number), None);
        }
    }
}
