//! What an operator may set about the evaluator.

mod aimless;
mod append_output;
mod selection;

use std::str::FromStr;

use clap::ValueEnum;
use rules::{Matching, Options, Priority, UnknownPriority};
use serde::{Deserialize, Serialize};
use service::units::Span;

pub(crate) use aimless::warnings;
pub use append_output::AppendOutput;
pub(crate) use selection::Selected;
pub use selection::Selection;

/// `evaluator:` which rules are held against the events, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Rule files, and directories of them, in the order in which they are read; `builtin` is the shipped ruleset, `bus`
    /// the rules that were pushed onto the bus.
    pub rules: Vec<String>,
    /// How often the files are looked at for changes; never where it is 0.
    pub reload: Span,
    /// Whether `first` or `all` of the rules that match an event raise an alert.
    pub rule_matching: RuleMatching,
    /// Whether rules mean exactly what they mean to Falco, its known defects included.
    pub falco_exact: bool,
    /// Rules that are less urgent are checked and left out.
    pub priority: MinimumPriority,
    /// Turn rules on and off by name or tag, in this order, on top of what their files say.
    pub selections: Vec<Selection>,
    /// Adds text and fields to the outputs of rules.
    pub append_output: Vec<AppendOutput>,
    /// How the time stands at the head of an alert's text.
    pub time_format: TimeFormat,
    /// How many chunks of events are worked at side by side; as many as there are processors where not set.
    pub workers: Option<usize>,
    /// The name of the host in alerts. Where not set: `FALCO_HOSTNAME`, else the machine's name.
    pub hostname: Option<String>,
    /// How long the chunks in hand may take when the evaluator is told to stop.
    pub drain: Span,
}

/// How many of the rules that match an event raise an alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum RuleMatching {
    /// The first, in the order of the rules.
    #[default]
    First,
    /// Each of them.
    All,
}

/// How the time stands at the head of an alert's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeFormat {
    /// The time of day: `14:09:12.581541000`.
    #[default]
    Clock,
    /// Date, time and zone: `2018-10-25T14:09:12.581541000+0000`.
    Iso8601,
}

/// What the settings say of how rules are read.
#[must_use]
pub fn options(settings: &Settings) -> Options {
    Options {
        matching: match settings.rule_matching {
            RuleMatching::First => Matching::First,
            RuleMatching::All => Matching::All,
        },
        falco_exact: settings.falco_exact,
        minimum_priority: settings.priority.0,
        selections: settings.selections.iter().flat_map(Selection::options).collect(),
        append_output: settings.append_output.iter().map(AppendOutput::options).collect(),
        time_format: match settings.time_format {
            TimeFormat::Clock => rules::TimeFormat::Clock,
            TimeFormat::Iso8601 => rules::TimeFormat::Iso8601,
        },
    }
}

/// The least urgent priority a rule may have; written in any case, `info` for short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MinimumPriority(pub Priority);

impl FromStr for MinimumPriority {
    type Err = UnknownPriority;

    fn from_str(text: &str) -> Result<Self, UnknownPriority> {
        text.parse().map(Self)
    }
}

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
            reload: Span::seconds(5),
            rule_matching: RuleMatching::First,
            falco_exact: false,
            priority: MinimumPriority::default(),
            selections: Vec::new(),
            append_output: Vec::new(),
            time_format: TimeFormat::default(),
            workers: None,
            hostname: None,
            drain: Span::seconds(20),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: serde_json::Value) -> Result<Settings, String> {
        serde_json::from_value(settings).map_err(|error| error.to_string())
    }

    /// As in Falco's configuration.
    fn falcos() -> serde_json::Value {
        json!({
            "selections": [
                {"disable": {"rule": "*"}},
                {"enable": {"tag": "k8s"}},
                {"enable": {"rule": "A*", "tag": "x"}},
            ],
            "append_output": [
                {"suggested_output": true},
                {
                    "match": {"source": "k8s_audit", "tags": ["k8s"], "rule": "A"},
                    "extra_output": "verb %ka.verb",
                    "extra_fields": ["ka.verb", {"Who": "by %ka.user.name"}],
                },
            ],
        })
    }

    #[test]
    fn entries_of_falco_are_taken_as_they_are() {
        let settings = read(falcos()).unwrap();
        let options = options(&settings);
        insta::assert_debug_snapshot!((options.selections, options.append_output));
        let written = serde_json::to_value(&settings).unwrap();
        assert_eq!(written["selections"], falcos()["selections"]);
        assert_eq!(written["append_output"][1], falcos()["append_output"][1]);
        assert_eq!(read(written).unwrap().append_output, settings.append_output);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (settings, says) in [
            (json!({"selections": [{}]}), "says neither enable nor disable"),
            (json!({"selections": [{"enable": {"tag": "a"}, "disable": {"tag": "b"}}]}), "make two entries"),
            (json!({"selections": [{"enable": {}}]}), "says neither rule nor tag"),
            (json!({"selections": [{"enable": {"tags": ["a"]}}]}), "unknown field `tags`"),
            (json!({"append_output": [{"extra_fields": ["a", {"a": "x"}]}]}), "named twice: a"),
            (json!({"append_output": [{"extra_fields": [{"a": "x", "b": "y"}]}]}), "as `verb: \"%ka.verb\"`"),
            (json!({"append_output": [{"match": {"tag": "a"}}]}), "unknown field `tag`"),
            (json!({"time_format": "unix"}), "expected `clock` or `iso8601`"),
        ] {
            let error = read(settings).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
