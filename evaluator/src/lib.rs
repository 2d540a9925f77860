//! The evaluator: takes events from the bus, holds them against the rules, and stores the alerts they raise. A chunk of
//! events is settled once all its alerts are stored.

pub mod alert;
mod chunk;
#[cfg(test)]
mod deaths;
#[cfg(test)]
mod doubles;
mod evaluate;
mod evaluator;
mod flags;
mod in_force;
mod judge;
mod lag;
mod monitor;
pub mod pushed;
mod reload;
mod ruleset;
mod run;
mod settings;
mod sources;
mod suspects;
mod trial;
mod worker;

pub use chunk::{Findings, dead_letter};
pub use evaluator::Evaluator;
pub use flags::RuleFlags;
pub use monitor::Monitor;
pub use ruleset::{RuleErrors, Ruleset, RulesetError};
pub use run::{EvaluatorError, hostname};
pub use settings::{AppendOutput, MinimumPriority, RuleMatching, Selection, Settings, TimeFormat, options};
pub use sources::{Unreadable, files_with, rule_files, takes_from_bus};
pub use trial::Trial;
