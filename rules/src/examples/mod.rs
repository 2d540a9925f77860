//! Examples beside rules: an event, and whether a rule must match it. Files of them are read with all their mistakes
//! told at once, and judged against a ruleset.
//!
//! docs/testing.md describes the format.

mod coverage;
mod event;
mod events;
mod example;
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
pub use example::{Example, ExampleFile, Must};
pub use judge::Subject;
pub use read::{Given, read};
pub use shipped::shipped;
pub use verdict::{Failure, Shortfall, Verdict};

/// Whether a file of this name holds examples: `NAME.test.yaml` those of the rules in `NAME.yaml`.
#[must_use]
pub fn is_example_file(name: &str) -> bool {
    [".test.yaml", ".test.yml"].iter().any(|ending| name.ends_with(ending))
}
