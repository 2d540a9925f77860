//! The evaluator: takes events from the bus, holds them against the rules, and stores the alerts they raise. A chunk of
//! events is settled once all its alerts are stored.

mod chunk;
#[cfg(test)]
mod doubles;
mod judge;
mod run;
mod settings;
mod worker;

pub use run::EvaluatorError;
pub use settings::{MinimumPriority, RuleMatching, Settings};
