//! What can be asked of a text: patterns, sets, foldings, all over bytes.

mod base64;
mod fold;
mod glob;
mod needle;
mod paths;
mod posix;
mod regex;
mod set;

pub use base64::decode_base64;
pub use fold::contains_folded;
pub use glob::{Case, Glob};
pub use needle::Needle;
pub use paths::PathPrefixes;
pub use posix::RegexError;
pub use regex::Regex;
pub use set::TextSet;
