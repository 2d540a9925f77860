//! `ingest` alone: its flags, its settings, its way to the bus.

use std::net::SocketAddr;

use clap::Parser;
use serde::{Deserialize, Serialize};
use service::config::{Configuration, Flag, Problem, Shape};
use service::flags::{CommandLine, Common};
use service::{AdminSettings, BusSettings, LogSettings, TraceSettings};

/// The audit webhook: takes events from API servers and stores them on the bus
///
/// Answers 200 once all events of a request are stored, so that an API server keeps what is not.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Example:\n  ingest --bus nats://127.0.0.1:4222 --listen 0.0.0.0:8765"
)]
pub struct Flags {
    #[command(flatten)]
    common: Common,
    /// Address and port of the webhook [default: 127.0.0.1:8765]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
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
    pub ingest: ingest::Settings,
}

impl CommandLine for Flags {
    type Settings = Settings;

    fn common(&self) -> &Common {
        &self.common
    }

    fn flags(&self) -> Vec<Flag> {
        let listen = self.listen.map(|listen| Flag::new("--listen", "ingest.listen", listen.to_string()));
        listen.into_iter().collect()
    }
}

impl Configuration for Settings {
    fn admin(&self) -> Option<&AdminSettings> {
        Some(&self.admin)
    }

    fn shape() -> Shape {
        Shape::common().foreign(["evaluator", "notifier"])
    }

    fn check(&self) -> Vec<Problem> {
        let own = self.ingest.problems().into_iter();
        let own = own.map(|(key, text)| Problem::at(&*format!("ingest.{key}"), text));
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
        std::fs::write(&file, format!("evaluator: {{any: x}}\nnotifier: 5\n{own}\n")).unwrap();
        let command = Flags::parse_from(["ingest"].iter().chain(flags));
        let sources = Sources { file: Some(file), flags: command.all_flags(), ..Sources::default() };
        load(sources)
    }

    #[test]
    fn its_part_of_the_shared_file_is_read_and_flags_beat_it() {
        let settings =
            settings("ingest: {listen: 0.0.0.0:1, max_event: 1MiB}", &["--listen", "0.0.0.0:2"]).unwrap();
        assert_eq!(settings.ingest.listen.port(), 2);
        assert_eq!(settings.ingest.max_event.to_string(), "1MiB");
    }

    #[test]
    fn mistakes_in_its_part_are_told() {
        let problems =
            settings("ingest: {memory: 1MiB, listn: x}", &["--bus", "somewhere"]).unwrap_err().to_string();
        for says in
            ["ingest.memory: 1MiB is less", "ingest.listn: unknown key", "bus.address: `somewhere` is not"]
        {
            assert!(problems.contains(says), "{problems}");
        }
    }
}
