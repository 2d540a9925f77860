//! The rule language and its engine: rule files in, a compiled program out, and from each event the rules that
//! match it. Pure: no IO, no clock, no async.

mod diagnostic;
mod options;
mod priority;
mod problem;
pub mod ruleset;
mod source;
pub mod syntax;
mod yaml;

pub use diagnostic::{Code, Diagnostic, ItemType, Label, Location, Severity};
pub use options::{
    AppendOutput, ExtraField, Matching, Options, Selection, SelectionAction, Selector, TimeFormat,
};
pub use priority::{Priority, UnknownPriority};
pub use problem::Problem;
pub use source::{Position, SourceFile, Span};
