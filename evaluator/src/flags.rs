//! [`RuleFlags`]: the flags that say which rules are held against events, and how.

use clap::Args;
use serde::Serialize;
use service::config::Flag;

use crate::settings::{MinimumPriority, RuleMatching, Selected, Selection, Settings};

/// Which rules, and how.
#[derive(Debug, Clone, Default, Args)]
pub struct RuleFlags {
    /// Rule files, and directories of them, in the order given; `builtin` is the shipped ruleset, which is the default;
    /// for `saker up` and the evaluator alone, `bus` is what `saker rules push` put onto the bus
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rules: Vec<String>,
    /// Whether the first or all of the rules that match an event raise an alert [default: first]
    #[arg(long, value_enum, value_name = "WHICH")]
    rule_matching: Option<RuleMatching>,
    /// Rules mean exactly what they mean to Falco, its known defects included
    #[arg(long)]
    falco_exact: bool,
    /// Leave out rules that are less urgent than this [default: debug]
    #[arg(long, value_name = "PRIORITY")]
    priority: Option<MinimumPriority>,
    /// Turn off the rules of this name, in which * stands for any text, or with this tag; may be given several times
    #[arg(long, value_name = "RULE|tag:TAG")]
    disable: Vec<Selected>,
    /// Turn on such rules, after all --disable; both come in place of evaluator.selections
    #[arg(long, value_name = "RULE|tag:TAG")]
    enable: Vec<Selected>,
}

impl RuleFlags {
    /// As settings by themselves.
    pub fn settings(&self) -> Settings {
        let defaults = Settings::default();
        let or_default = |given: &[String], default: Vec<String>| match given {
            [] => default,
            given => given.to_vec(),
        };
        Settings {
            rules: or_default(&self.rules, defaults.rules),
            rule_matching: self.rule_matching.unwrap_or(defaults.rule_matching),
            falco_exact: self.falco_exact,
            priority: self.priority.unwrap_or(defaults.priority),
            selections: self.selections(),
            ..Settings::default()
        }
    }

    /// As flags over other settings.
    pub fn flags(&self) -> impl Iterator<Item = Flag> + use<> {
        let selections = self.selections();
        let given = [
            (!self.rules.is_empty()).then(|| flag("--rules", "rules", &self.rules)),
            self.rule_matching.map(|which| flag("--rule-matching", "rule_matching", &which)),
            self.falco_exact.then(|| flag("--falco-exact", "falco_exact", &true)),
            self.priority.map(|least| flag("--priority", "priority", &least)),
            (!selections.is_empty()).then(|| flag("--disable or --enable", "selections", &selections)),
        ];
        given.into_iter().flatten()
    }

    fn selections(&self) -> Vec<Selection> {
        let disabled = self.disable.iter().cloned().map(Selection::disable);
        disabled.chain(self.enable.iter().cloned().map(Selection::enable)).collect()
    }
}

/// A setting of the evaluator. Those that flags set can all be written as JSON.
fn flag(name: &str, key: &str, value: &impl Serialize) -> Flag {
    Flag::new(name, &format!("evaluator.{key}"), serde_json::to_value(value).unwrap_or_default())
}
