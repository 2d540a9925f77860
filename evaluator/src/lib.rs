//! The evaluator: takes events from the bus, holds them against the rules, and stores the alerts they raise. A chunk of
//! events is settled once all its alerts are stored.

pub mod alert;
mod chunk;
#[cfg(test)]
mod doubles;
mod evaluate;
mod judge;
mod ruleset;
mod run;
mod settings;
mod worker;

pub use ruleset::{RuleErrors, Ruleset, RulesetError, Unreadable, options, rule_files};
pub use run::{EvaluatorError, hostname, run};
pub use settings::{MinimumPriority, RuleMatching, Settings};
