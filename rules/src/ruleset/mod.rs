//! From rule files to rules that stand alone: items read, appended and overridden, lists and macros put in.

pub mod resolved;
pub(crate) mod sourced;
pub mod texts;
