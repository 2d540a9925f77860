//! The rule language and its engine: rule files in, a compiled program out, and from each event the rules that
//! match it. Pure: no IO, no clock, no async.

pub mod event;
pub mod syntax;
