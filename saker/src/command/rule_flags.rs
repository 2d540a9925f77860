//! The flags that say which rules are held against events, and how.

use clap::{Args, ValueEnum};
use evaluator::RuleMatching;
use service::config::Flag;

/// Which rules, and how.
#[derive(Debug, Clone, Args)]
pub(super) struct RuleFlags {
    /// Rule files, and directories of them, in the order given; `builtin` is the shipped ruleset, which is the default
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rules: Vec<String>,
    /// Whether the first or all of the rules that match an event raise an alert [default: first]
    #[arg(long, value_enum, value_name = "WHICH")]
    rule_matching: Option<Which>,
    /// Rules mean exactly what they mean to Falco, its known defects included
    #[arg(long)]
    falco_exact: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    First,
    All,
}

impl RuleFlags {
    /// As settings by themselves.
    pub(super) fn settings(&self) -> evaluator::Settings {
        let mut settings =
            evaluator::Settings { falco_exact: self.falco_exact, ..evaluator::Settings::default() };
        if !self.rules.is_empty() {
            settings.rules.clone_from(&self.rules);
        }
        if let Some(which) = self.rule_matching {
            settings.rule_matching = which.into();
        }
        settings
    }

    /// As flags over other settings.
    pub(super) fn flags(&self) -> impl Iterator<Item = Flag> {
        let rules =
            (!self.rules.is_empty()).then(|| Flag::new("--rules", "evaluator.rules", self.rules.clone()));
        let matching = self.rule_matching.map(|which| {
            let value = serde_json::to_value(RuleMatching::from(which)).unwrap_or_default();
            Flag::new("--rule-matching", "evaluator.rule_matching", value)
        });
        let exact = self.falco_exact.then(|| Flag::new("--falco-exact", "evaluator.falco_exact", true));
        [rules, matching, exact].into_iter().flatten()
    }
}

/// Which rules, where nothing is held against them.
#[derive(Debug, Clone, Args)]
pub(super) struct RuleSources {
    /// Rule files, and directories of them, in the order given; `builtin` is the shipped ruleset, which is the default
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rules: Vec<String>,
    /// Rules mean exactly what they mean to Falco, its known defects included
    #[arg(long)]
    falco_exact: bool,
}

impl RuleSources {
    /// As settings by themselves.
    pub(super) fn settings(&self) -> evaluator::Settings {
        let mut settings =
            evaluator::Settings { falco_exact: self.falco_exact, ..evaluator::Settings::default() };
        if !self.rules.is_empty() {
            settings.rules.clone_from(&self.rules);
        }
        settings
    }
}

impl From<Which> for RuleMatching {
    fn from(which: Which) -> Self {
        match which {
            Which::First => Self::First,
            Which::All => Self::All,
        }
    }
}
