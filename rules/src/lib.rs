//! The rule language and its engine: rule files in, a compiled program out, and from each event the rules that
//! match it. Pure: no IO, no clock, no async.

pub mod check;
pub mod event;
pub mod fields;
mod options;
mod output;
mod priority;
mod program;
pub mod ruleset;
pub mod syntax;

mod value;

pub use options::{
    AppendOutput, ExtraField, Matching, Options, Selection, SelectionAction, Selector, TimeFormat,
};
pub use event::NotAnEvent;
pub use fields::Context;
pub use priority::{Priority, UnknownPriority};
pub use program::{Evaluation, Evaluator, Match, Program, Rule, Value, compile};
