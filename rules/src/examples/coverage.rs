//! Which rules have examples, of both kinds.

use std::collections::BTreeSet;
use std::fmt;

use super::example::{Example, Must};

/// The rules that examples are about.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    matching: BTreeSet<String>,
    not_matching: BTreeSet<String>,
}

/// A rule that lacks an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which.
    pub rule: String,
    /// What it has no example of.
    pub must: Must,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no example that it must {}", self.rule, self.must)
    }
}

impl Coverage {
    /// Counts an example.
    pub fn add(&mut self, example: &Example) {
        match example.must {
            Must::Match => self.matching.insert(example.rule.clone()),
            Must::NotMatch => self.not_matching.insert(example.rule.clone()),
        };
    }

    /// What these rules lack.
    pub fn gaps<'r>(&self, rules: impl Iterator<Item = &'r str>) -> Vec<Gap> {
        let gap = |rule: &str, must| Gap { rule: rule.to_owned(), must };
        let kinds = [(Must::Match, &self.matching), (Must::NotMatch, &self.not_matching)];
        rules
            .flat_map(|rule| {
                let missing = kinds.into_iter().filter(move |(_, covered)| !covered.contains(rule));
                missing.map(move |(must, _)| gap(rule, must))
            })
            .collect()
    }
}
