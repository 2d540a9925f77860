//! What one comparison says about another of the same value. Whatever is said here holds for every event; where nothing
//! can be said for certain, nothing is.

use crate::check::ir::{Operand, Ordering, Predicate, Test, TextTest};
use crate::fields::{Argument, find};
use crate::syntax::ast::Quantifier;
use crate::value::contains_folded;

/// Fields that are what stands at their path in the event, unchanged.
const PLAIN: &[&str] = &[
    "ka.auditid",
    "ka.stage",
    "ka.level",
    "ka.verb",
    "ka.uri",
    "ka.user.name",
    "ka.impuser.name",
    "ka.target.name",
    "ka.target.namespace",
    "ka.target.resource",
    "ka.target.subresource",
    "ka.response.code",
    "ka.response.reason",
    "ka.useragent",
];

/// A value that a comparison can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'t> {
    Text(&'t [u8]),
    Number(u64),
}

/// The values that let a comparison hold, where they can be counted.
pub(super) fn finite(test: &Test) -> Option<Vec<Value<'_>>> {
    if !is_plain(&test.operand) {
        return None;
    }
    let values: Vec<_> = match &test.predicate {
        Predicate::Text(test) => vec![Value::Text(equal_to(test)?)],
        Predicate::In(set) => set.iter().map(Value::Text).collect(),
        Predicate::Quantified(Quantifier::Any, tests) => {
            tests.iter().map(|test| equal_to(test).map(Value::Text)).collect::<Option<_>>()?
        }
        Predicate::Number(Ordering::Equal, number) => vec![Value::Number(*number)],
        Predicate::NumberIn(numbers) => numbers.iter().map(|&number| Value::Number(number)).collect(),
        _ => return None,
    };
    Some(values)
}

/// Whether a comparison holds for a value that is there.
pub(super) fn holds(test: &Test, value: Value<'_>) -> Option<bool> {
    if !is_plain(&test.operand) {
        return None;
    }
    match (&test.predicate, value) {
        (Predicate::Exists, _) => Some(true),
        (Predicate::Text(test), Value::Text(text)) => Some(text_holds(test, text)),
        (Predicate::In(set), Value::Text(text)) => Some(set.contains(text)),
        (Predicate::Quantified(quantifier, tests), Value::Text(text)) => {
            let held = tests.iter().filter(|test| text_holds(test, text)).count();
            Some(match quantifier {
                Quantifier::One => held == 1,
                Quantifier::Any => held > 0,
                Quantifier::All => held > 0 && held == tests.len(),
            })
        }
        (Predicate::Number(ordering, number), Value::Number(found)) => {
            Some(ordering.holds(found.cmp(number)))
        }
        (Predicate::NumberIn(numbers), Value::Number(found)) => Some(numbers.contains(&found)),
        _ => None,
    }
}

/// Whether `q` holds wherever `p` does.
pub(super) fn implied(p: &Test, q: &Test) -> bool {
    if p == q || (q.predicate == Predicate::Exists && says_of(p, &q.operand)) {
        return true;
    }
    if !says_of(p, &q.operand) || !is_plain(&p.operand) {
        return false;
    }
    if let Some(values) = finite(p) {
        return !values.is_empty() && values.into_iter().all(|value| holds(q, value) == Some(true));
    }
    match (&p.predicate, &q.predicate) {
        (Predicate::Subset(a), Predicate::Subset(b) | Predicate::Overlaps(b))
        | (Predicate::Overlaps(a), Predicate::Overlaps(b)) => {
            !a.is_empty() && a.iter().all(|text| b.contains(text))
        }
        (Predicate::Text(a), Predicate::Text(b)) => text_implied(a, b),
        _ => false,
    }
}

/// Whether `p` and `q` never hold at once.
pub(super) fn disjoint(p: &Test, q: &Test) -> bool {
    let same = says_of(p, &q.operand) || says_of(q, &p.operand);
    if !same || !is_plain(&p.operand) || !is_plain(&q.operand) {
        return false;
    }
    for (finite_one, other) in [(p, q), (q, p)] {
        if let Some(values) = finite(finite_one)
            && !values.is_empty()
            && values.into_iter().all(|value| holds(other, value) == Some(false))
        {
            return true;
        }
    }
    match (&p.predicate, &q.predicate) {
        (Predicate::Subset(a), Predicate::Subset(b) | Predicate::Overlaps(b))
        | (Predicate::Overlaps(a), Predicate::Subset(b)) => {
            !a.is_empty() && !b.is_empty() && !a.iter().any(|text| b.contains(text))
        }
        (Predicate::Text(a), Predicate::Text(b)) => match (a, b) {
            (TextTest::StartsWith(a), TextTest::StartsWith(b)) => !a.starts_with(b) && !b.starts_with(a),
            (TextTest::EndsWith(a), TextTest::EndsWith(b)) => !a.ends_with(b) && !b.ends_with(a),
            _ => false,
        },
        _ => false,
    }
}

/// Whether one of `p` and `q` holds for every value that is there.
pub(super) fn exhaustive(p: &Test, q: &Test) -> bool {
    let unequal_to = |test: &Test, other: &Test| match &test.predicate {
        Predicate::Text(TextTest::Ordered(Ordering::NotEqual, text)) if !text.contains(&0) => {
            holds(other, Value::Text(text)) == Some(true)
        }
        Predicate::Number(Ordering::NotEqual, number) => holds(other, Value::Number(*number)) == Some(true),
        _ => false,
    };
    p.operand == q.operand && (unequal_to(p, q) || unequal_to(q, p))
}

/// Whether what holds of the operand of `p` holds of `operand`, and that is there where `p` holds.
pub(super) fn says_of(p: &Test, operand: &Operand) -> bool {
    p.operand == *operand || reads_the_same(&p.operand, operand)
}

/// Whether `b` has the value of `a` wherever `a` has one.
fn reads_the_same(a: &Operand, b: &Operand) -> bool {
    let (Operand::Field(field, argument), Operand::Field(other, pointer @ Argument::Pointer(_))) = (a, b)
    else {
        return false;
    };
    let is_plain = PLAIN.contains(&field.name) || matches!(argument, Argument::Pointer(_));
    is_plain && field.steps(argument) == other.steps(pointer)
}

/// The field that an operand reads, also where it does so by its path.
pub(super) fn plain_name(operand: &Operand) -> Option<&'static str> {
    let Operand::Field(field, argument) = operand else { return None };
    if !matches!(argument, Argument::Pointer(_)) {
        return Some(field.name);
    }
    let steps = field.steps(argument);
    let known = PLAIN.iter().filter_map(|name| find(name));
    known.filter(|known| known.steps(&Argument::None) == steps).map(|known| known.name).next()
}

/// Whether the values of an operand are texts without NUL, or numbers: bytes that are equal whatever compares them.
fn is_plain(operand: &Operand) -> bool {
    matches!(operand, Operand::Field(..) | Operand::Len(_))
}

/// The one text for which a test holds, if it is such a test.
fn equal_to(test: &TextTest) -> Option<&[u8]> {
    match test {
        TextTest::Ordered(Ordering::Equal, text) if !text.contains(&0) => Some(text),
        _ => None,
    }
}

fn text_holds(test: &TextTest, text: &[u8]) -> bool {
    match test {
        TextTest::Ordered(ordering, other) => ordering.holds(text.cmp(other)),
        TextTest::Contains(needle) => needle.is_in(text),
        TextTest::ContainsFolded(folded) => contains_folded(text, folded),
        TextTest::StartsWith(start) => text.starts_with(start),
        TextTest::EndsWith(end) => text.ends_with(end),
        TextTest::Glob(glob) => glob.matches(text),
        TextTest::Regex(regex) => regex.matches(text),
        TextTest::Below(paths) => paths.matches(text),
    }
}

fn text_implied(p: &TextTest, q: &TextTest) -> bool {
    if let TextTest::Ordered(Ordering::NotEqual, text) = q {
        return !text_holds(p, text);
    }
    let (TextTest::StartsWith(part) | TextTest::EndsWith(part)) = p else {
        return match (p, q) {
            (TextTest::Contains(part), _) => stands_in(part.bytes(), q),
            (TextTest::ContainsFolded(part), TextTest::ContainsFolded(other)) => contains_folded(part, other),
            _ => false,
        };
    };
    match (p, q) {
        (TextTest::StartsWith(_), TextTest::StartsWith(start)) => part.starts_with(start),
        (TextTest::EndsWith(_), TextTest::EndsWith(end)) => part.ends_with(end),
        _ => stands_in(part, q),
    }
}

/// Whether every text that contains `part` contains what `test` looks for.
fn stands_in(part: &[u8], test: &TextTest) -> bool {
    match test {
        TextTest::Contains(needle) => needle.is_in(part),
        TextTest::ContainsFolded(folded) => contains_folded(part, folded),
        _ => false,
    }
}
