//! Examples beside rules: an event, and whether a rule must match it. Files of them are read with all their mistakes
//! told at once, and judged against a ruleset.
//!
//! docs/testing.md describes the format.

mod coverage;
mod event;
mod events;
mod expected;
mod json;
mod judge;
mod mistake;
mod read;
mod read_example;
mod shipped;
mod unmet;
mod verdict;

pub use coverage::{Coverage, Gap};
pub use events::BaseEvents;
pub use judge::Subject;
pub use mistake::Mistake;
pub use read::{Example, ExampleFile, Given, Must, read};
pub use shipped::shipped;
pub use verdict::{Failure, Shortfall, Verdict};
