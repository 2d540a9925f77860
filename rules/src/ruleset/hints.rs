//! Conditions that are right and yet probably not what was meant: what Falco warns of, and where it should.

use super::read::IsField;
use crate::diagnostic::Code;
use crate::syntax::ast::{Argument, Check, Constant, Expr, Operand, Operator, Place, Right, Test};

/// A remark on a part of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) code: Code,
    pub(super) place: Place,
    pub(super) message: String,
    pub(super) help: String,
}

/// Everything to remark on a condition whose comparisons read in the files as `text` says.
pub(super) fn hints<'t>(expr: &Expr, is_field: IsField, text: &dyn Fn(&Place) -> &'t str) -> Vec<Hint> {
    let mut hints = Vec::new();
    let mut unsafe_na = false;
    expr.each_check(&mut |check| {
        hints.extend(emptied(check, text(&check.place)));
        // Once is enough for a condition, also for Falco.
        let found = if unsafe_na { None } else { compared_with_na(check).map(na_is_no_value) };
        unsafe_na |= found.is_some();
        hints.extend(found);
        on_check(check, is_field, &mut hints);
    });
    hints
}

/// A list whose first element has a bad escape reads as empty.
fn emptied(check: &Check, text: &str) -> Option<Hint> {
    let (Test::Compare(_, Right::List(list)) | Test::Quantified(_, _, list)) = &check.test else {
        return None;
    };
    let inside = text.trim_end_matches(')').trim_end();
    (list.is_empty() && inside.ends_with(['"', '\''])).then(|| Hint {
        code: Code::EmptiedList,
        place: check.place.clone(),
        message: "this list is empty: its only value contains an escape that does not exist".to_owned(),
        help: "a backslash in quotes is written `\\\\`".to_owned(),
    })
}

/// The operator and the values of a comparison with values.
fn values(test: &Test) -> Option<(Operator, &[Constant])> {
    match test {
        Test::Exists | Test::Compare(_, Right::Operand(_)) => None,
        Test::Compare(operator, Right::Constant(constant)) => {
            Some((*operator, std::slice::from_ref(constant)))
        }
        Test::Compare(operator, Right::List(constants)) | Test::Quantified(operator, _, constants) => {
            Some((*operator, constants))
        }
    }
}

/// The `<NA>` that a field which may be absent is compared with.
fn compared_with_na(check: &Check) -> Option<&Constant> {
    let (operator, constants) = values(&check.test)?;
    let quantified = matches!(check.test, Test::Quantified(..));
    let asks = !quantified && is_equality(operator) && may_be_absent(&check.left).unwrap_or(false);
    constants.iter().find(|constant| asks && constant.value == "<NA>")
}

fn on_check(check: &Check, is_field: IsField, hints: &mut Vec<Hint>) {
    let Some((operator, constants)) = values(&check.test) else { return };
    for constant in constants {
        if operator == Operator::Regex && needs_no_regex(&constant.value) {
            hints.push(hint(
                constant,
                "this regular expression does not need to be one",
                "=, contains, startswith and endswith are faster and clearer",
            ));
        }
        hints.extend(misused(constant, is_field));
    }
}

fn na_is_no_value(constant: &Constant) -> Hint {
    Hint {
        code: Code::UnsafeNaCheck,
        place: constant.place.clone(),
        message: "an absent field does not have the value `<NA>`; this compares with that text".to_owned(),
        help: "whether a field is there is asked with `exists`".to_owned(),
    }
}

fn is_equality(operator: Operator) -> bool {
    matches!(operator, Operator::Eq | Operator::DoubleEq | Operator::Ne) || operator.takes_list()
}

/// Whether the last field of an operand is one that events may lack; nothing if there is no field.
fn may_be_absent(operand: &Operand) -> Option<bool> {
    match operand {
        Operand::Field(field) | Operand::Val(field) => {
            Some(field.name.starts_with("ka.") || field.name.starts_with("jevt."))
        }
        Operand::Transform(transform) => transform.arguments.iter().rev().find_map(argument_may_be_absent),
    }
}

fn argument_may_be_absent(argument: &Argument) -> Option<bool> {
    match argument {
        Argument::Operand(operand) => may_be_absent(operand),
        Argument::Constant(_) => None,
        Argument::List(items) => items.iter().rev().find_map(argument_may_be_absent),
    }
}

/// Whether there is nothing special in a pattern but anchors and `.*` and the like at its ends.
fn needs_no_regex(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let is_occurrence = |byte: Option<&u8>| byte.is_some_and(|byte| b"+*?".contains(byte));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (first, last) = (at == 0, at + 1 == bytes.len());
        if (first && *byte == b'^') || (last && *byte == b'$') {
            at += 1;
        } else if (first || at + 2 == bytes.len()) && *byte == b'.' && is_occurrence(bytes.get(at + 1)) {
            at += 2;
        } else if b".+*?^$()[]{}|\\".contains(byte) {
            return false;
        } else {
            at += 1;
        }
    }
    true
}

/// A value that reads like a field or a transformer.
fn misused(constant: &Constant, is_field: IsField) -> Option<Hint> {
    let bare: String = constant.value.chars().filter(|c| !matches!(c, ' ' | '\t'..='\r')).collect();
    if is_field(&bare) && !bare.contains('(') {
        let message = format!("`{}` is a field, but stands here as a text", constant.value);
        return Some(hint(constant, &message, &format!("the value of a field is `val({bare})`")));
    }
    let functions = ["val", "tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt"];
    let called = functions.iter().any(|function| {
        bare.strip_prefix(function).is_some_and(|rest| rest.starts_with('(') && rest.ends_with(')'))
    });
    called.then(|| {
        let message = format!("`{}` reads like a transformer, but stands here as a text", constant.value);
        hint(constant, &message, "a transformer stands without quotes")
    })
}

fn hint(constant: &Constant, message: &str, help: &str) -> Hint {
    let place = constant.place.clone();
    Hint { code: Code::Improvable, place, message: message.to_owned(), help: help.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Dialect, parse_condition};

    fn codes(condition: &str) -> Vec<Code> {
        let expr = parse_condition(condition, Dialect::Saker).unwrap();
        let text = |place: &Place| condition.get(place.clone()).unwrap();
        hints(&expr, |text| text == "ka.verb", &text).into_iter().map(|hint| hint.code).collect()
    }

    #[test]
    fn na_is_no_value() {
        for condition in [
            "ka.verb = \"<NA>\"",
            "ka.uri in (a, \"<NA>\")",
            "ka.verb = \"<NA>\" or ka.uri = \"<NA>\"",
            "toupper(jevt.value[/a]) != \"<NA>\"",
            "concat(evt.source, ka.verb) = \"<NA>\"",
        ] {
            assert_eq!(codes(condition), [Code::UnsafeNaCheck], "{condition}");
        }
        assert_eq!(codes("concat(ka.verb, evt.source) = \"<NA>\""), []);
        assert_eq!(codes("ka.verb startswith \"<NA>\" or evt.source = \"<NA>\""), []);
    }

    #[test]
    fn some_patterns_need_no_regex() {
        for pattern in ["abc", "^abc$", ".*abc", "abc.+", ".*abc.*", ".?"] {
            assert!(needs_no_regex(pattern), "{pattern}");
        }
        for pattern in ["a.c", "a|b", "[a]", "a+", "ab\\."] {
            assert!(!needs_no_regex(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_bad_escape_empties_a_list() {
        assert_eq!(codes(r#"ka.uri in ("a\.b") or ka.uri = oneof ('\d')"#), [Code::EmptiedList; 2]);
        assert_eq!(codes(r#"ka.uri in () or ka.uri in ("a")"#), []);
    }

    #[test]
    fn values_that_read_like_fields() {
        assert_eq!(codes("ka.uri = ka.verb"), [Code::Improvable]);
        assert_eq!(codes("ka.uri in (x, \"ka. verb\", \"tolower( ka.verb)\")"), [Code::Improvable; 2]);
        assert_eq!(codes("ka.uri = val(ka.verb)"), []);
    }
}
