//! The rule language and its engine: rule files in, a compiled program out, and from each event the rules that
//! match it. Pure: no IO, no clock, no async.

mod diagnostic;
mod load;
mod options;
mod priority;
pub mod ruleset;
mod source;
pub mod syntax;
mod yaml;

pub use diagnostic::{Code, Diagnostic, ItemType, Label, Location, Severity};
pub use load::{Loaded, load};
pub use options::{
    AppendOutput, ExtraField, Matching, Options, Selection, SelectionAction, Selector, TimeFormat,
};
pub use priority::{Priority, UnknownPriority};
pub use source::{Position, SourceFile, Span};
