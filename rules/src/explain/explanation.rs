//! What is said of a rule and an event: the condition as a tree with values and verdicts, and what follows from it.

use std::sync::Arc;

use super::roles;
use super::seen::{Excerpt, Seen};
use crate::priority::Priority;
use crate::ruleset::outline::NamedList;

/// Why a rule matches an event or does not, and whether that raises an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The rule's name.
    pub rule: String,
    /// How grave it is; not known of rules for other sources.
    pub priority: Option<Priority>,
    /// Its condition; none where it is never held against audit events.
    pub condition: Option<Part>,
    /// Why it raises no alert, whatever its condition says; empty if nothing keeps it from that.
    pub silences: Vec<Silence>,
    /// What its output says of the event.
    pub output: Option<String>,
}

/// Why a rule whose condition holds raises no alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silence {
    /// The files say `enabled: false`.
    Disabled,
    /// A selection in the configuration turned it off.
    Deselected,
    /// It is less grave than is asked for.
    BelowMinimum(Priority),
    /// It is for events of another source.
    OtherSource(String),
    /// It names something that does not exist, and is to be left out then.
    LeftOut(Vec<String>),
    /// Another rule matches, too, and comes first.
    Earlier(String),
}

/// A condition or a part of one, in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Whether it holds.
    pub holds: bool,
    /// What that means for the whole.
    pub role: Role,
    /// How many comparisons it takes to show why it holds or does not.
    pub(super) weight: usize,
}

/// What a part of a condition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// All of these.
    All(Vec<Part>),
    /// Any of these.
    Any(Vec<Part>),
    /// Not this.
    Not(Box<Part>),
    /// A macro, and what it stands for.
    Macro(String, Box<Part>),
    /// An exception, and when it applies.
    Exception(String, Box<Part>),
    /// A comparison.
    Comparison(Box<Comparison>),
}

/// What a part has to do with the verdict on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The verdict follows from this one and the others like it.
    Decisive,
    /// It makes no difference.
    Beside,
    /// It makes no difference: what stands before it had decided already.
    Unreached,
}

/// A comparison and the values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// As it was written.
    pub text: String,
    /// Every field and transformer in it, by name.
    pub values: Vec<(String, Seen)>,
    /// The lists that it names.
    pub lists: Vec<Arc<NamedList>>,
    /// More about why, where it is about several things at once.
    pub detail: Option<Detail>,
}

/// Which of several things made the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// These elements of the value are among those asked for.
    Among(Vec<Excerpt>),
    /// These are not.
    NotAmong(Vec<Excerpt>),
    /// It holds for these of the alternatives, `oneof` them and the like.
    HoldsFor(Vec<String>),
}

/// A comparison that the verdict follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason<'e> {
    /// Which one.
    pub comparison: &'e Comparison,
    /// Whether it holds.
    pub holds: bool,
    /// Whether it stands under an odd number of `not`.
    pub negated: bool,
    /// The macros and the exception that it stands in, the outermost first.
    pub within: Vec<Within<'e>>,
}

/// Something with a name that a comparison stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within<'e> {
    /// A macro.
    Macro(&'e str),
    /// An exception.
    Exception(&'e str),
}

/// How much of a condition holds: of everything that must hold together, how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearness {
    /// How many hold.
    pub holding: usize,
    /// Of how many.
    pub of: usize,
}

impl Explanation {
    /// Whether the condition holds.
    #[must_use]
    pub fn matches(&self) -> bool {
        self.condition.as_ref().is_some_and(|condition| condition.holds)
    }

    /// Whether an alert is raised.
    #[must_use]
    pub fn alerts(&self) -> bool {
        self.matches() && self.silences.is_empty()
    }

    /// The smallest set of comparisons that the verdict on the condition follows from, as they are written.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason<'_>> {
        self.condition.as_ref().map(roles::reasons).unwrap_or_default()
    }

    /// How near the rule came to matching.
    #[must_use]
    pub fn nearness(&self) -> Nearness {
        let mut nearness = Nearness { holding: 0, of: 0 };
        if let Some(condition) = &self.condition {
            condition.count(&mut nearness);
        }
        nearness
    }
}

impl Part {
    /// The parts it is made of.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match &self.kind {
            PartKind::All(parts) | PartKind::Any(parts) => parts,
            PartKind::Not(inner) | PartKind::Macro(_, inner) | PartKind::Exception(_, inner) => {
                std::slice::from_ref(inner)
            }
            PartKind::Comparison(_) => &[],
        }
    }

    fn count(&self, nearness: &mut Nearness) {
        match &self.kind {
            PartKind::All(parts) => parts.iter().for_each(|part| part.count(nearness)),
            PartKind::Macro(_, inner) => inner.count(nearness),
            _ => {
                nearness.of += 1;
                nearness.holding += usize::from(self.holds);
            }
        }
    }
}

impl Nearness {
    /// Compares by the share that holds, and of equal shares takes the one of fewer parts for nearer.
    #[must_use]
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        // What is never evaluated is made of nothing, and not near at all.
        let (of, other_of) = (self.of.max(1), other.of.max(1));
        let share = self.holding.saturating_mul(other_of);
        share.cmp(&other.holding.saturating_mul(of)).then(other_of.cmp(&of))
    }
}
