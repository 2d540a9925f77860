//! From rule files to rules that stand alone: items read, appended and overridden, exceptions, lists and macros put
//! in.

mod apply;
pub mod catalog;
mod collection;
mod complaints;
mod dropped;
mod exception_checks;
mod exceptions;
mod foreign;
mod hints;
mod history;
mod item;
mod lists;
mod macros;
mod missing;
pub mod outline;
mod overrides;
mod read;
mod read_exceptions;
mod read_rule;
mod read_versions;
mod resolution;
mod resolve;
pub mod resolved;
pub(crate) mod rule_keys;
mod select;
pub(crate) mod sourced;
pub mod texts;
mod usage;
mod versions;
mod wrong_file;

pub use catalog::Catalog;
pub(crate) use catalog::Definitions;
pub(crate) use collection::{Collection, Heading, List};
pub(crate) use complaints::in_expression;
pub(crate) use exceptions::with_exceptions;
pub use history::{Change, What};
pub(crate) use lists::{Lists, is_blank};
pub(crate) use read::{Extent, read};
pub(crate) use read_rule::AUDIT_SOURCE;
pub(crate) use resolution::{Finding, Resolution, RuleStep, Stage, unused};
pub(crate) use resolve::resolve;
pub(crate) use versions::PluginRequirement;
