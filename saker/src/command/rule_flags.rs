//! The flags of the commands that hold rules against events without a bus.

use std::path::PathBuf;

use clap::Args;
pub(super) use evaluator::RuleFlags;
use serde::{Deserialize, Serialize};
use service::config::{self, Configuration, Problems, Shape, Sources};

/// Which rules, and how: flags over the evaluator's part of a configuration.
#[derive(Debug, Clone, Args)]
pub(super) struct OfflineRules {
    /// YAML file with settings, of which those of the evaluator count
    #[arg(long, short, value_name = "FILE", env = "SAKER_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    rules: RuleFlags,
}

/// The part of the configuration that counts; what else is in it may even be wrong.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Part {
    evaluator: evaluator::Settings,
}

impl OfflineRules {
    /// The file with settings.
    pub(super) fn config(&self) -> Option<PathBuf> {
        self.config.clone()
    }

    /// The settings that result from file, environment and flags.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(super) fn settings(&self) -> Result<evaluator::Settings, Problems> {
        let flags = self.rules.flags().collect();
        let part: Part = config::load(Sources { flags, ..Sources::of_process(self.config.clone()) })?;
        Ok(part.evaluator)
    }
}

impl Configuration for Part {
    fn shape() -> Shape {
        Shape::default().foreign(["admin", "bus", "ingest", "log", "notifier"])
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
    /// The last of several, and the others.
    pub(super) fn split_last(&self) -> Option<(&str, Self)> {
        let (last, others) = self.rules.split_last().filter(|(_, others)| !others.is_empty())?;
        Some((last, Self { rules: others.to_vec(), ..*self }))
    }

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
