//! From rule files to rules that stand alone: items read, appended and overridden, exceptions, lists and macros put
//! in.

mod apply;
mod collection;
mod complaints;
mod dropped;
mod exceptions;
mod foreign;
mod hints;
mod item;
mod lists;
mod macros;
mod overrides;
mod read;
mod read_exceptions;
mod read_rule;
mod read_versions;
mod resolution;
mod resolve;
pub mod resolved;
mod rule_keys;
mod select;
pub(crate) mod sourced;
pub mod texts;
mod usage;
mod versions;

pub(crate) use collection::Collection;
pub(crate) use complaints::in_expression;
pub(crate) use read::{Extent, read};
pub(crate) use resolution::{Finding, Resolution, RuleStep, Stage, unused};
pub(crate) use resolve::resolve;
