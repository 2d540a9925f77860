//! `notifier` alone: its flags, its settings, its way to the bus.

use clap::Parser;
use serde::{Deserialize, Serialize};
use service::config::{Configuration, Flag, OpenMap, Problem, Shape};
use service::flags::{CommandLine, Common};
use service::{AdminSettings, BusSettings, LogSettings, TraceSettings};

/// Tells people: delivers the alerts on the bus to the sinks
///
/// Each sink is tried until it takes an alert, and holds up no other. Start one.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Example:\n  notifier --bus nats://127.0.0.1:4222 --config saker.yaml"
)]
pub struct Flags {
    #[command(flatten)]
    common: Common,
    /// Where programs take alerts by gRPC: HOST:PORT, unix:///PATH or off [default: 127.0.0.1:5060]
    #[arg(long, value_name = "ADDRESS")]
    grpc: Option<notifier::grpc::Listen>,
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
    pub notifier: notifier::Settings,
}

impl CommandLine for Flags {
    type Settings = Settings;

    fn common(&self) -> &Common {
        &self.common
    }

    fn flags(&self) -> Vec<Flag> {
        let grpc = self.grpc.as_ref();
        grpc.map(|listen| Flag::new("--grpc", "notifier.grpc.listen", listen.to_string()))
            .into_iter()
            .collect()
    }
}

impl Configuration for Settings {
    fn admin(&self) -> Option<&AdminSettings> {
        Some(&self.admin)
    }

    fn shape() -> Shape {
        Shape::common()
            .foreign(["evaluator", "ingest"])
            .open_map(OpenMap::new("notifier.sinks", notifier::SinkSettings::models()))
    }

    fn check(&self) -> Vec<Problem> {
        let own = self.notifier.problems().into_iter();
        let own = own.map(|(key, text)| Problem::at(&*key, text));
        bus::problems(&self.bus).into_iter().chain(own).collect()
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
        std::fs::write(&file, format!("ingest: {{any: x}}\nevaluator: 5\n{own}\n")).unwrap();
        let command = Flags::parse_from(["notifier"].iter().chain(flags));
        let sources = Sources { file: Some(file), flags: command.all_flags(), ..Sources::default() };
        load(sources)
    }

    #[test]
    fn its_part_of_the_shared_file_is_read() {
        let settings = settings("notifier: {sinks: {log: {type: file, path: /tmp/x}}}", &[]).unwrap();
        let names: Vec<String> = settings.notifier.sinks.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["log", "stdout"]);
    }

    #[test]
    fn mistakes_in_its_part_are_told() {
        let file = "notifier: {sinks: {log: {type: file, path: /tmp/x, fromat: json}}}";
        let problems = settings(file, &["--bus", "x"]).unwrap_err().to_string();
        for says in ["did you mean notifier.sinks.log.format?", "bus.address: `x` is not"] {
            assert!(problems.contains(says), "{problems}");
        }
    }
}
