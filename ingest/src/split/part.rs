//! What a body falls into: events, and what is none.

use std::ops::Range;

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// An audit event: a JSON object with a readable `stageTimestamp`.
    Event(Range<usize>),
    /// Something else.
    Broken(Broken),
}

/// A piece of a body that is no event, or none that can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where it stands; empty where something is missing at the end of the body.
    pub range: Range<usize>,
    /// What is wrong with it.
    pub code: Code,
    /// The same for a person, and where.
    pub reason: String,
}

/// What can be wrong with a piece of a body; described in docs/dead-letters.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// It is not JSON.
    NotJson,
    /// It is JSON, but neither an event nor a list of events.
    NotAnEvent,
    /// It is an event but for its `stageTimestamp`, which is missing or unreadable.
    NoStageTimestamp,
    /// It is an event, but larger than is taken.
    TooLarge,
    /// It is nested too deeply.
    TooDeep,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NotJson, Self::NotAnEvent, Self::NoStageTimestamp, Self::TooLarge, Self::TooDeep];

    /// The code as dead letters carry it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotJson => "not-json",
            Self::NotAnEvent => "not-an-event",
            Self::NoStageTimestamp => "no-stage-timestamp",
            Self::TooLarge => "too-large",
            Self::TooDeep => "too-deep",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/dead-letters.md");
        let page = std::fs::read_to_string(page).unwrap();
        for code in Code::ALL {
            assert!(page.contains(&format!("\n### {}\n", code.as_str())), "{code:?}");
        }
    }
}
