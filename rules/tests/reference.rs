//! The compiled program agrees with a slow and obvious one, whatever the conditions and events.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::unreachable, reason = "test helpers")]

mod support;

use proptest::prelude::*;
use rules::check::check_condition;
use rules::check::ir::{Condition, Mapping, Operand, Ordering, Predicate, Relation, TextTest};
use rules::event::{Event, Tape};
use rules::fields::{Extracted, Facts, Meaning, Store, Texts};
use rules::syntax::ast::Quantifier;
use rules::syntax::{Dialect, parse_condition};
use rules::{Context, Options, compile};
use support::generate::{condition, event};
use support::{exact, resolved, rule};

/// A value with nothing shared and nothing kept.
#[derive(Debug, Clone, PartialEq)]
enum Plain {
    Text(Vec<u8>),
    List(Vec<Vec<u8>>),
    Number(u64),
}

struct Reference<'a> {
    facts: Facts<'a>,
    meaning: Meaning,
}

impl Reference<'_> {
    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.holds(part)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Condition::Not(inner) => !self.holds(inner),
            Condition::Test(test) => {
                let Some(value) = self.value(&test.operand) else { return false };
                self.answers(&value, &test.predicate)
            }
        }
    }

    fn answers(&self, value: &Plain, predicate: &Predicate) -> bool {
        match (predicate, value) {
            (Predicate::Exists, _) => true,
            (Predicate::Text(test), Plain::Text(text)) => is(test, text),
            (Predicate::In(set), Plain::Text(text)) => set.iter().any(|member| member == trimmed(text)),
            (Predicate::Subset(set), Plain::List(texts)) => {
                texts.iter().all(|text| set.iter().any(|member| member == text))
            }
            (Predicate::Overlaps(set), Plain::List(texts)) => {
                texts.iter().any(|text| set.iter().any(|member| member == text))
            }
            (Predicate::Quantified(quantifier, tests), Plain::Text(text)) => {
                let held = tests.iter().filter(|test| is(test, text)).count();
                match quantifier {
                    Quantifier::One => held == 1,
                    Quantifier::Any => held > 0,
                    Quantifier::All => !tests.is_empty() && held == tests.len(),
                }
            }
            (Predicate::Number(ordering, number), Plain::Number(found)) => orders(*ordering, found, number),
            (Predicate::NumberIn(numbers), Plain::Number(found)) => {
                numbers.iter().any(|number| number == found)
            }
            (Predicate::Related(relation, right), left) => {
                self.value(right).is_some_and(|right| relates(*relation, left, &right))
            }
            _ => unreachable!("{predicate:?} of {value:?}"),
        }
    }

    fn value(&self, operand: &Operand) -> Option<Plain> {
        match operand {
            Operand::Field(field, argument) => {
                let mut store = Store::default();
                let value = field.extract(self.meaning, argument, &self.facts, &mut store);
                let texts = Texts::new(self.facts.bytes(), &store);
                match value {
                    Extracted::Absent => None,
                    Extracted::Text(piece) => Some(Plain::Text(texts.get(piece).to_vec())),
                    Extracted::Number(number) => Some(Plain::Number(number)),
                    Extracted::List(list) => Some(Plain::List(
                        texts.list(list).iter().map(|&piece| texts.get(piece).to_vec()).collect(),
                    )),
                }
            }
            Operand::Constant(text) => Some(Plain::Text(text.to_vec())),
            Operand::Map(mapping, inner) => match self.value(inner)? {
                Plain::Text(text) => Some(Plain::Text(self.mapped(*mapping, &text))),
                Plain::List(texts) => {
                    Some(Plain::List(texts.iter().map(|text| self.mapped(*mapping, text)).collect()))
                }
                Plain::Number(_) => unreachable!(),
            },
            Operand::Len(inner) => match self.value(inner)? {
                Plain::Text(text) => Some(Plain::Number(c_text(&text).len().try_into().unwrap())),
                Plain::List(texts) => Some(Plain::Number(texts.len().try_into().unwrap())),
                Plain::Number(_) => unreachable!(),
            },
            Operand::Concat(parts) => {
                let mut whole = Vec::new();
                for part in parts {
                    let Plain::Text(text) = self.value(part)? else { unreachable!() };
                    whole.extend_from_slice(c_text(&text));
                }
                Some(Plain::Text(whole))
            }
            Operand::Join(both) => match (self.value(&both.0)?, self.value(&both.1)?) {
                (Plain::Text(separator), Plain::List(texts)) => {
                    let texts: Vec<_> = texts.iter().map(|text| c_text(text)).collect();
                    Some(Plain::Text(texts.join(&separator[..])))
                }
                _ => unreachable!(),
            },
            Operand::Items(_) | Operand::Getopt(_) => unreachable!("not generated"),
        }
    }

    fn mapped(&self, mapping: Mapping, text: &[u8]) -> Vec<u8> {
        let text = trimmed(text);
        let mut mapped = match mapping {
            Mapping::ToLower => text.to_ascii_lowercase(),
            Mapping::ToUpper => text.to_ascii_uppercase(),
            Mapping::Basename => {
                let start = text.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
                text[start..].to_vec()
            }
            Mapping::Base64 => unreachable!("not generated"),
        };
        if self.meaning == Meaning::FalcoExact {
            mapped.push(0);
        }
        mapped
    }
}

fn is(test: &TextTest, text: &[u8]) -> bool {
    let text = c_text(text);
    match test {
        TextTest::Ordered(ordering, other) => orders(*ordering, text, &**other),
        TextTest::Contains(needle) => contains(text, needle.bytes()),
        TextTest::ContainsFolded(folded) => contains(&text.to_ascii_lowercase(), folded),
        TextTest::StartsWith(start) => text.get(..start.len()) == Some(start),
        TextTest::EndsWith(end) => text.len() >= end.len() && text.get(text.len() - end.len()..) == Some(end),
        TextTest::Glob(glob) => glob.matches(text),
        TextTest::Regex(regex) => regex.matches(text),
        TextTest::Below(paths) => paths.matches(text),
    }
}

fn relates(relation: Relation, left: &Plain, right: &Plain) -> bool {
    match (left, right) {
        (Plain::Text(left), Plain::Text(right)) => {
            let (text, other) = (c_text(left), c_text(right));
            match relation {
                Relation::Ordered(ordering) => orders(ordering, text, other),
                Relation::Contains => contains(text, other),
                Relation::ContainsFolded => contains(&text.to_ascii_lowercase(), &other.to_ascii_lowercase()),
                Relation::StartsWith => text.starts_with(other),
                Relation::EndsWith => text.ends_with(other),
                Relation::In | Relation::Intersects => trimmed(left) == right,
                Relation::Glob(_) => unreachable!("not generated"),
            }
        }
        (Plain::List(left), Plain::List(right)) => match relation {
            Relation::In => left.iter().all(|text| right.contains(text)),
            _ => left.iter().any(|text| right.contains(text)),
        },
        (Plain::Number(left), Plain::Number(right)) => match relation {
            Relation::Ordered(ordering) => orders(ordering, left, right),
            _ => left == right,
        },
        _ => unreachable!(),
    }
}

fn orders<T: Ord + ?Sized>(ordering: Ordering, left: &T, right: &T) -> bool {
    match ordering {
        Ordering::Equal => left == right,
        Ordering::NotEqual => left != right,
        Ordering::Less => left < right,
        Ordering::AtMost => left <= right,
        Ordering::Greater => left > right,
        Ordering::AtLeast => left >= right,
    }
}

fn contains(text: &[u8], other: &[u8]) -> bool {
    other.is_empty() || text.windows(other.len()).any(|window| window == other)
}

fn c_text(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap()
}

fn trimmed(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &text[..end]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_program_agrees_with_the_reference(
        conditions in prop::collection::vec(condition(), 1..12),
        events in prop::collection::vec(event(), 1..6),
        meaning in prop::sample::select(&[Meaning::Documented, Meaning::FalcoExact]),
    ) {
        let rules = conditions.iter().map(|condition| rule(condition, condition, "x").unwrap()).collect();
        let options = Options { falco_exact: meaning == Meaning::FalcoExact, ..exact() };
        let (program, problems) = compile(&resolved(rules), &options);
        prop_assert!(problems.is_empty(), "{problems:?}");
        let checked: Vec<_> = conditions
            .iter()
            .map(|condition| check_condition(&parse_condition(condition, Dialect::Falco).unwrap()).unwrap())
            .collect();
        let mut evaluator = program.evaluator();
        for (number, event) in (1u64..).zip(&events) {
            let bytes = event.to_string().into_bytes();
            let context = Context { number, cluster: "x", hostname: None };
            let found: Vec<_> =
                evaluator.evaluate(&bytes, &context).unwrap().matches.into_iter().map(|found| found.rule).collect();
            let mut tape = Tape::default();
            let read = Event::read(&bytes, &mut tape).unwrap();
            let reference = Reference { facts: Facts::new(read, &bytes, context, 0), meaning };
            let expected: Vec<_> = (0..checked.len()).filter(|&at| reference.holds(&checked[at])).collect();
            prop_assert_eq!(found, expected, "{:?} {}", &conditions, event);
        }
    }

    #[test]
    fn nothing_panics(condition in condition(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (program, _) = compile(&resolved(vec![rule("R", &condition, "x").unwrap()]), &exact());
        let _ = program.evaluator().evaluate(&bytes, &Context::default());
    }
}
