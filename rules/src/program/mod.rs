//! A compiled ruleset, and what it makes of an event.

mod build;
mod derive;
mod evaluator;
mod holds;
mod index;
mod plan;
mod probe;
mod regexes;
mod requirement;
mod run;
mod scan;
mod value;

pub use build::compile;
pub use evaluator::{Evaluation, Evaluator, Match};
pub use value::Value;

use std::sync::Arc;

use crate::options::{Matching, TimeFormat};
use crate::priority::Priority;
use plan::Plan;
pub(crate) use plan::{NodeId, SlotId};
pub(crate) use probe::{Group, Probe, ProbeBuilder, Probing};

/// A compiled ruleset: immutable, cheap to clone, shared between threads.
#[derive(Debug, Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rules: Vec<Rule>,
    plan: Plan,
    matching: Matching,
    time_format: TimeFormat,
}

/// What there is to know about a rule besides its condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, unique.
    pub name: String,
    /// How grave it is.
    pub priority: Priority,
    /// Where its events come from: `k8s_audit`.
    pub source: String,
    /// Its tags, sorted, each once.
    pub tags: Vec<String>,
    /// What it is about.
    pub description: String,
    /// Whether it is enabled.
    pub enabled: bool,
}

impl Program {
    /// All rules in order of definition, also those that are not evaluated.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.inner.rules
    }

    /// How many of them are evaluated: not those that are turned off, by their files or by options, or not urgent enough.
    #[must_use]
    pub fn evaluated(&self) -> usize {
        self.inner.plan.rules.len()
    }

    /// Something to hold events against it; one for each thread.
    #[must_use]
    pub fn evaluator(&self) -> Evaluator {
        Evaluator::new(Arc::clone(&self.inner))
    }

    /// As [`Program::evaluator`], for the thread that `before` served with another program: times relative to its first
    /// event go on.
    #[must_use]
    pub fn evaluator_after(&self, before: &Evaluator) -> Evaluator {
        self.evaluator().going_on_from(before)
    }
}
