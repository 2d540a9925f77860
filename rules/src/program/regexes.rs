//! How much memory the regular expressions of a program take: each may be large, and there may be many.

use std::collections::HashSet;

use crate::check::ir::{Condition, Predicate, TextTest};

/// What all of them together may take, in bytes.
const MAX_BYTES: usize = 128 << 20;

/// The regular expressions so far.
#[derive(Debug, Default)]
pub(super) struct Regexes {
    patterns: HashSet<String>,
    bytes: usize,
}

impl Regexes {
    /// Whether there is room for no more, so that to compile more is a waste of time.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MAX_BYTES
    }

    /// Adds those of a condition; whether there is room for them.
    pub(super) fn take_in(&mut self, condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().all(|part| self.take_in(part)),
            Condition::Not(inner) => self.take_in(inner),
            Condition::Test(test) => match &test.predicate {
                Predicate::Text(test) => self.take_in_test(test),
                Predicate::Quantified(_, tests) => tests.iter().all(|test| self.take_in_test(test)),
                _ => true,
            },
        }
    }

    fn take_in_test(&mut self, test: &TextTest) -> bool {
        if let TextTest::Regex(regex) = test
            && self.patterns.insert(regex.pattern().to_owned())
        {
            self.bytes = self.bytes.saturating_add(regex.memory());
        }
        !self.is_full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check_condition;
    use crate::syntax::{Dialect, parse_condition};

    fn condition(pattern: &str) -> Condition {
        let expr = parse_condition(&format!("ka.verb regex \"{pattern}\""), Dialect::Saker).unwrap();
        check_condition(&expr).unwrap()
    }

    #[test]
    fn there_is_an_end_and_equal_ones_count_once() {
        let mut regexes = Regexes::default();
        let one = condition("[^a]{1000}");
        assert!((0..1000).all(|_| regexes.take_in(&one)));
        let taken_in = |at: &u32| regexes.take_in(&condition(&format!("{at}{}", "[^a]{1000}".repeat(8))));
        assert!((0..1000).take_while(taken_in).count() < 1000);
    }
}
