//! Operators and what stands to their right, for the type of what stands to their left.

use super::ProblemKind;
use super::ir::{Operand, Ordering, Predicate, Relation, TextTest};
use super::operand;
use crate::fields::{Kind, Shape};
use crate::priority::Priority;
use crate::syntax::Dialect;
use crate::syntax::ast::{self, Check, Constant, Operator, Place, Right};
use crate::value::{Case, Glob, Needle, PathPrefixes, Regex, TextSet};

type Checked<T> = Result<T, (Place, ProblemKind)>;

/// Constants are kept in a buffer of 256 bytes that ends in a NUL.
const MAX_VALUE_LEN: usize = 255;

/// What `check` asks of `left`.
pub(super) fn compile(left: &Operand, check: &Check, dialect: Dialect) -> Checked<Predicate> {
    match &check.test {
        ast::Test::Exists => Ok(Predicate::Exists),
        ast::Test::Compare(operator, right) => {
            supported(left.kind(), left.shape(), *operator)
                .map_err(|problem| (check.place.clone(), problem))?;
            match right {
                Right::Constant(constant) => one(left, *operator, constant),
                Right::List(constants) => many(left, *operator, constants),
                Right::Operand(right) => related(left, *operator, operand::resolve(right, dialect)?, check),
            }
        }
        ast::Test::Quantified(operator, quantifier, constants) => {
            supported(left.kind(), left.shape(), *operator)
                .map_err(|problem| (check.place.clone(), problem))?;
            if left.kind() == Kind::Text {
                let tests = constants
                    .iter()
                    .map(|constant| text_test(*operator, constant))
                    .collect::<Checked<_>>()?;
                return Ok(Predicate::Quantified(*quantifier, tests));
            }
            let ordering = ordering(*operator).unwrap_or(Ordering::Equal);
            let numbers = numbers(left.kind(), constants)?;
            Ok(Predicate::NumberQuantified(*quantifier, ordering, numbers))
        }
    }
}

/// Whether an operator works on values of a type.
pub(super) fn supported(kind: Kind, shape: Shape, operator: Operator) -> Result<(), ProblemKind> {
    use Operator as Op;
    let is_set = matches!(operator, Op::In | Op::Intersects);
    let is_equality = matches!(operator, Op::Eq | Op::DoubleEq | Op::Ne);
    let (fine, what, instead) = match (shape, kind) {
        (Shape::List, _) => (is_set, "lists", "in, intersects or exists"),
        (_, Kind::Text) => {
            (!matches!(operator, Op::BContains | Op::BStartsWith), "texts", "contains or startswith")
        }
        (_, Kind::Flag) => (is_set || is_equality, "truth values", "=, !=, in, intersects or exists"),
        _ => (
            is_set || ordering(operator).is_some(),
            "numbers",
            "=, !=, <, <=, >, >=, in, intersects or exists",
        ),
    };
    if fine {
        Ok(())
    } else {
        Err(ProblemKind::Operator { operator: operator.name().to_owned(), what, instead })
    }
}

fn one(left: &Operand, operator: Operator, constant: &Constant) -> Checked<Predicate> {
    if left.kind() == Kind::Text {
        return text_test(operator, constant).map(Predicate::Text);
    }
    let number = number(left.kind(), constant)?;
    Ok(Predicate::Number(ordering(operator).unwrap_or(Ordering::Equal), number))
}

fn many(left: &Operand, operator: Operator, constants: &[Constant]) -> Checked<Predicate> {
    if left.kind() != Kind::Text {
        return numbers(left.kind(), constants).map(Predicate::NumberIn);
    }
    let texts = constants.iter().map(text).collect::<Checked<Vec<_>>>()?;
    if operator == Operator::PMatch {
        return Ok(Predicate::Text(TextTest::Below(PathPrefixes::new(texts))));
    }
    let set = TextSet::new(texts.into_iter().map(<[u8]>::to_vec));
    Ok(match (left.shape(), operator) {
        (Shape::Single, _) => Predicate::In(set),
        (Shape::List, Operator::Intersects) => Predicate::Overlaps(set),
        (Shape::List, _) => Predicate::Subset(set),
    })
}

fn text_test(operator: Operator, constant: &Constant) -> Checked<TextTest> {
    let bytes = text(constant)?;
    let owned = || -> Box<[u8]> { bytes.into() };
    if let Some(ordering) = ordering(operator) {
        return Ok(TextTest::Ordered(ordering, owned()));
    }
    Ok(match operator {
        Operator::IContains => TextTest::ContainsFolded(bytes.to_ascii_lowercase().into()),
        Operator::StartsWith => TextTest::StartsWith(owned()),
        Operator::EndsWith => TextTest::EndsWith(owned()),
        Operator::Glob => TextTest::Glob(Glob::new(bytes, Case::Matters)),
        Operator::IGlob => TextTest::Glob(Glob::new(bytes, Case::Folded)),
        Operator::Regex => {
            let regex = Regex::new(&constant.value);
            TextTest::Regex(regex.map_err(|error| (constant.place.clone(), ProblemKind::Regex(error)))?)
        }
        Operator::PMatch => TextTest::Below(PathPrefixes::new([bytes])),
        _ => TextTest::Contains(Needle::new(bytes)),
    })
}

fn related(left: &Operand, operator: Operator, right: Operand, check: &Check) -> Checked<Predicate> {
    let at = |kind| (check.place.clone(), kind);
    if matches!(operator, Operator::PMatch | Operator::Regex) {
        return Err(at(ProblemKind::NoFieldOnTheRight { operator: operator.name() }));
    }
    if (left.kind(), left.shape()) != (right.kind(), right.shape()) {
        return Err(at(ProblemKind::Incomparable { left: described(left), right: described(&right) }));
    }
    let relation = match operator {
        Operator::In => Relation::In,
        Operator::Intersects => Relation::Intersects,
        Operator::IContains => Relation::ContainsFolded,
        Operator::StartsWith => Relation::StartsWith,
        Operator::EndsWith => Relation::EndsWith,
        Operator::Glob => Relation::Glob(Case::Matters),
        Operator::IGlob => Relation::Glob(Case::Folded),
        _ => ordering(operator).map_or(Relation::Contains, Relation::Ordered),
    };
    Ok(Predicate::Related(relation, right))
}

fn ordering(operator: Operator) -> Option<Ordering> {
    Some(match operator {
        Operator::Eq | Operator::DoubleEq => Ordering::Equal,
        Operator::Ne => Ordering::NotEqual,
        Operator::Lt => Ordering::Less,
        Operator::Le => Ordering::AtMost,
        Operator::Gt => Ordering::Greater,
        Operator::Ge => Ordering::AtLeast,
        _ => return None,
    })
}

fn text(constant: &Constant) -> Checked<&[u8]> {
    let len = constant.value.len();
    if len > MAX_VALUE_LEN {
        return Err((constant.place.clone(), ProblemKind::ValueTooLong { len }));
    }
    Ok(constant.value.as_bytes())
}

fn numbers(kind: Kind, constants: &[Constant]) -> Checked<Box<[u64]>> {
    constants.iter().map(|constant| number(kind, constant)).collect()
}

fn number(kind: Kind, constant: &Constant) -> Checked<u64> {
    let value = constant.value.clone();
    let (number, problem) = match kind {
        Kind::Flag => {
            let number = match &*value {
                "true" => Some(1),
                "false" => Some(0),
                _ => None,
            };
            (number, ProblemKind::NotATruthValue { value })
        }
        Kind::Priority => (value.parse().ok().map(Priority::urgency), ProblemKind::NotAPriority { value }),
        _ => (scan_number(&value), ProblemKind::NotANumber { value }),
    };
    number.ok_or_else(|| (constant.place.clone(), problem))
}

/// A number as C's `scanf` takes one with `%llu`: blanks may lead, a sign is fine, minus wraps round, and what is too
/// large is the largest.
fn scan_number(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(|c| matches!(c, ' ' | '\t'..='\r'));
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse::<u64>();
    Some(match number {
        Ok(number) if negative => number.wrapping_neg(),
        Ok(number) => number,
        Err(_) => u64::MAX,
    })
}

fn described(operand: &Operand) -> &'static str {
    match (operand.shape(), operand.kind()) {
        (Shape::List, _) => "a list of texts",
        (_, Kind::Text) => "a text",
        (_, Kind::Number) => "a number",
        (_, Kind::AbsoluteTime) => "a time",
        (_, Kind::RelativeTime) => "a span of time",
        (_, Kind::Flag) => "a truth value",
        (_, Kind::Priority) => "a priority",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_scanf_takes_them() {
        assert_eq!(scan_number("12"), Some(12));
        assert_eq!(scan_number(" +12"), Some(12));
        assert_eq!(scan_number("-1"), Some(u64::MAX));
        assert_eq!(scan_number("99999999999999999999"), Some(u64::MAX));
        for text in ["", "0x10", "1.5", "1 ", "1e3", "-", "+-1", "abc"] {
            assert_eq!(scan_number(text), None, "{text}");
        }
    }
}
