//! `evaluator` alone: its flags, its settings, its way to the bus.

use clap::Parser;
use evaluator::RuleFlags;
use serde::{Deserialize, Serialize};
use service::config::{Configuration, Flag, Problem, Shape};
use service::flags::{CommandLine, Common};
use service::{AdminSettings, BusSettings, LogSettings, TraceSettings};

/// Holds rules against the audit events on the bus and stores the alerts
///
/// Start as many as the load needs: they share it.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Example:\n  evaluator --bus nats://127.0.0.1:4222 --rules builtin my_rules.yaml"
)]
pub struct Flags {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rules: RuleFlags,
}

/// The sections of the configuration that this service reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the bus is.
    pub bus: BusSettings,
    /// What is logged.
    pub log: LogSettings,
    /// Where health and metrics are served.
    pub admin: AdminSettings,
    /// Where traces go.
    pub traces: TraceSettings,
    /// What this service does.
    pub evaluator: evaluator::Settings,
}

impl CommandLine for Flags {
    type Settings = Settings;

    fn common(&self) -> &Common {
        &self.common
    }

    fn flags(&self) -> Vec<Flag> {
        self.rules.flags().collect()
    }
}

impl Configuration for Settings {
    fn admin(&self) -> Option<&AdminSettings> {
        Some(&self.admin)
    }

    fn shape() -> Shape {
        Shape::common().foreign(["ingest", "notifier"])
    }

    fn check(&self) -> Vec<Problem> {
        bus::problems(&self.bus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::config::{Problems, Sources, load};

    /// From a file that holds the parts of the other services, too, and flags.
    fn settings(own: &str, flags: &[&str]) -> Result<Settings, Problems> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("saker.yaml");
        std::fs::write(&file, format!("ingest: {{any: x}}\nnotifier: 5\n{own}\n")).unwrap();
        let command = Flags::parse_from(["evaluator"].iter().chain(flags));
        let sources = Sources { file: Some(file), flags: command.all_flags(), ..Sources::default() };
        load(sources)
    }

    #[test]
    fn its_part_of_the_shared_file_is_read_and_flags_beat_it() {
        let flags = ["--rules", "builtin", "a.yaml", "--rule-matching", "all", "--falco-exact"];
        let settings = settings("evaluator: {rules: [b.yaml], workers: 3}", &flags).unwrap();
        assert_eq!(settings.evaluator.rules, ["builtin", "a.yaml"]);
        assert_eq!(settings.evaluator.rule_matching, evaluator::RuleMatching::All);
        assert_eq!((settings.evaluator.workers, settings.evaluator.falco_exact), (Some(3), true));
    }

    #[test]
    fn mistakes_in_its_part_are_told() {
        let problems =
            settings("evaluator: {workers: two, rule_matching: some, selections: [{disable: {}}]}", &[]);
        let problems = problems.unwrap_err().to_string();
        for says in [
            "evaluator.workers: ",
            "evaluator.rule_matching: unknown variant `some`",
            "evaluator.selections[0].disable: says neither rule nor tag",
        ] {
            assert!(problems.contains(says), "{problems}");
        }
    }
}
