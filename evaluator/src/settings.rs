//! What an operator may set about the evaluator.

use rules::{Priority, UnknownPriority};
use serde::{Deserialize, Serialize};
use service::units::Span;

/// `evaluator:` which rules are held against the events, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Rule files, and directories of them, in the order in which they are read; `builtin` is the shipped ruleset.
    pub rules: Vec<String>,
    /// Whether `first` or `all` of the rules that match an event raise an alert.
    pub rule_matching: RuleMatching,
    /// Whether rules mean exactly what they mean to Falco, its known defects included.
    pub falco_exact: bool,
    /// Rules that are less urgent are checked and left out.
    pub priority: MinimumPriority,
    /// How many chunks of events are worked at side by side; as many as there are processors where not set.
    pub workers: Option<usize>,
    /// The name of the host in alerts. Where not set: `FALCO_HOSTNAME`, else the machine's name.
    pub hostname: Option<String>,
    /// How long the chunks in hand may take when the evaluator is told to stop.
    pub drain: Span,
}

/// How many of the rules that match an event raise an alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleMatching {
    /// The first.
    #[default]
    First,
    /// All of them.
    All,
}

/// The least urgent priority a rule may have; written in any case, `info` for short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MinimumPriority(pub Priority);

impl TryFrom<String> for MinimumPriority {
    type Error = UnknownPriority;

    fn try_from(text: String) -> Result<Self, UnknownPriority> {
        text.parse().map(Self)
    }
}

impl From<MinimumPriority> for String {
    fn from(minimum: MinimumPriority) -> Self {
        minimum.0.name().to_ascii_lowercase()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: vec!["builtin".to_owned()],
            rule_matching: RuleMatching::First,
            falco_exact: false,
            priority: MinimumPriority::default(),
            workers: None,
            hostname: None,
            drain: Span::seconds(20),
        }
    }
}
