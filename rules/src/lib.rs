//! The rule language and its engine: rule files in, a compiled program out, and from each event the rules that
//! match it. Pure: no IO, no clock, no async.

mod alert;
pub mod check;
pub mod describe;
mod diagnostic;
pub mod event;
pub mod examples;
pub mod explain;
pub mod fields;
mod lint;
mod load;
mod nearest;
mod options;
mod output;
mod priority;
mod problem;
mod program;
pub mod report;
pub mod ruleset;
mod shipped;
mod source;
pub mod syntax;
mod value;
mod yaml;

pub use alert::{AlertCondition, AlertError, AlertFields, AlertTemplate, AlertValue};
pub use diagnostic::{Code, Diagnostic, ItemType, Label, Location, Severity};
pub use event::NotAnEvent;
pub use fields::{Context, Level};
pub use lint::{lint, needs};
pub use load::{ForeignRule, Loaded, load};
pub use nearest::nearest;
pub use options::{
    AppendOutput, ExtraField, Matching, Options, Selection, SelectionAction, Selector, TimeFormat,
};
pub use priority::{Priority, UnknownPriority};
pub use problem::Problem;
pub use program::{Evaluation, Evaluator, Match, Program, Rule, Value, compile};
pub use shipped::shipped;
pub use source::{Position, SourceFile, Span};
