//! Whether a value is what a predicate asks of it. What is absent is never.

use crate::check::ir::{Ordering, Predicate, Relation, TextTest};
use crate::fields::{Extracted, Piece, Texts};
use crate::syntax::ast::Quantifier;
use crate::value::{Glob, contains_folded};

/// The operand that a value is compared with, if it is one.
pub(super) fn right<O: Copy>(predicate: &Predicate<O>) -> Option<O> {
    match predicate {
        Predicate::Related(_, right) => Some(*right),
        _ => None,
    }
}

/// Whether `predicate` holds for `left`; `right` is the value of the operand it names.
pub(super) fn holds<O>(
    predicate: &Predicate<O>,
    left: Extracted,
    right: Option<Extracted>,
    texts: Texts<'_>,
) -> bool {
    match (predicate, left) {
        (_, Extracted::Absent) => false,
        (Predicate::Exists, _) => true,
        (Predicate::Text(test), Extracted::Text(piece)) => text_holds(test, piece, texts),
        (Predicate::In(set), Extracted::Text(piece)) => set.contains(texts.trimmed(piece)),
        (Predicate::Subset(set), Extracted::List(list)) => {
            texts.list(list).iter().all(|&piece| set.contains(texts.get(piece)))
        }
        (Predicate::Overlaps(set), Extracted::List(list)) => {
            texts.list(list).iter().any(|&piece| set.contains(texts.get(piece)))
        }
        (Predicate::Quantified(quantifier, tests), Extracted::Text(piece)) => {
            quantified(*quantifier, tests, |test| text_holds(test, piece, texts))
        }
        (Predicate::Number(ordering, number), Extracted::Number(found)) => ordering.holds(found.cmp(number)),
        (Predicate::NumberIn(numbers), Extracted::Number(found)) => numbers.contains(&found),
        (Predicate::NumberQuantified(quantifier, ordering, numbers), Extracted::Number(found)) => {
            quantified(*quantifier, numbers, |number| ordering.holds(found.cmp(number)))
        }
        (Predicate::Related(relation, _), left) => related(*relation, left, right, texts),
        _ => false,
    }
}

fn quantified<T>(quantifier: Quantifier, tests: &[T], holds: impl Fn(&T) -> bool) -> bool {
    match quantifier {
        _ if tests.is_empty() => false,
        Quantifier::One => tests.iter().filter(|test| holds(test)).count() == 1,
        Quantifier::Any => tests.iter().any(holds),
        Quantifier::All => tests.iter().all(holds),
    }
}

fn text_holds(test: &TextTest, piece: Piece, texts: Texts<'_>) -> bool {
    let text = texts.text(piece);
    match test {
        TextTest::Ordered(Ordering::Equal, other) => text == &**other,
        TextTest::Ordered(ordering, other) => ordering.holds(text.cmp(other)),
        TextTest::Contains(needle) => needle.is_in(text),
        TextTest::ContainsFolded(folded) => contains_folded(text, folded),
        TextTest::StartsWith(start) => text.starts_with(start),
        TextTest::EndsWith(end) => text.ends_with(end),
        TextTest::Glob(glob) => glob.matches(text),
        TextTest::Regex(regex) => regex.matches(texts.trimmed(piece)),
        TextTest::Below(paths) => paths.matches(texts.trimmed(piece)),
    }
}

fn related(relation: Relation, left: Extracted, right: Option<Extracted>, texts: Texts<'_>) -> bool {
    match (left, right) {
        (Extracted::Text(left), Some(Extracted::Text(right))) => related_texts(relation, left, right, texts),
        (Extracted::Number(left), Some(Extracted::Number(right))) => match relation {
            Relation::Ordered(ordering) => ordering.holds(left.cmp(&right)),
            _ => left == right,
        },
        (Extracted::List(left), Some(Extracted::List(right))) => {
            let right = texts.list(right);
            let found = |&left: &Piece| right.iter().any(|&right| texts.get(left) == texts.get(right));
            let left = texts.list(left);
            if relation == Relation::In { left.iter().all(found) } else { left.iter().any(found) }
        }
        _ => false,
    }
}

fn related_texts(relation: Relation, left: Piece, right: Piece, texts: Texts<'_>) -> bool {
    let (text, other) = (texts.text(left), texts.text(right));
    match relation {
        Relation::Ordered(ordering) => ordering.holds(text.cmp(other)),
        Relation::Contains => memchr::memmem::find(text, other).is_some(),
        Relation::ContainsFolded => contains_folded(text, &other.to_ascii_lowercase()),
        Relation::StartsWith => text.starts_with(other),
        Relation::EndsWith => text.ends_with(other),
        Relation::Glob(case) => Glob::new(other, case).matches(text),
        Relation::In | Relation::Intersects => texts.trimmed(left) == texts.get(right),
    }
}
