//! `saker import falcosidekick`: its settings, from its file and its environment, as sinks of ours.

mod given;
mod globals;
mod keys;
mod mail_and_lines;
mod over_http;
mod section;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};
use service::config::to_yaml;

use self::given::{Given, ReadError};
use self::section::{Remark, Section};

/// What ends the command where its input cannot be read.
const UNREADABLE: u8 = 2;

/// Turn a configuration of falcosidekick into sinks of Saker
///
/// Prints Saker's YAML, and on stderr what has no counterpart and what behaves differently, each with its key. Secrets
/// that come from the environment stay there; others are written out, with a warning.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker import falcosidekick -c config.yaml -o sinks.yaml\n  saker import falcosidekick --from-env > sinks.yaml"
)]
pub(super) struct Falcosidekick {
    /// Its file of settings
    #[arg(short, long, value_name = "FILE", required_unless_present = "from_env")]
    config: Option<PathBuf>,
    /// Read its environment variables too, which go before the file, as SLACK_WEBHOOKURL
    #[arg(long)]
    from_env: bool,
    /// Where to write to, in place of the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What became of the settings.
#[derive(Debug)]
struct Imported {
    yaml: String,
    remarks: Vec<Remark>,
}

impl Falcosidekick {
    pub(super) fn run(&self) -> ExitCode {
        let imported = match self.read() {
            Ok(given) => imported(&given),
            Err(error) => {
                let _ = writeln!(io::stderr().lock(), "error: {error}");
                return ExitCode::from(UNREADABLE);
            }
        };
        let told = imported.remarks.iter().map(|remark| format!("{remark}\n")).collect::<String>();
        let _ = io::stderr().lock().write_all(told.as_bytes());
        let written = match &self.output {
            Some(file) => std::fs::write(file, &imported.yaml),
            None => io::stdout().lock().write_all(imported.yaml.as_bytes()),
        };
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let place = self
                    .output
                    .as_ref()
                    .map_or("the standard output".into(), |file| file.display().to_string());
                let _ = writeln!(io::stderr().lock(), "error: cannot write to {place}: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn read(&self) -> Result<Given, ReadError> {
        let text = match &self.config {
            None => String::new(),
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| ReadError(format!("cannot read {}: {error}", file.display())))?,
        };
        let environment = if self.from_env { std::env::vars().collect() } else { Vec::new() };
        Given::read(&text, &environment)
    }
}

fn imported(given: &Given) -> Imported {
    let mut remarks = Vec::new();
    let (mut sinks, mut whole) = (Map::new(), Map::new());
    for name in keys::sections() {
        let mut section = Section::new(name, given);
        let sink = over_http::sink(&mut section).or_else(|| mail_and_lines::sink(&mut section));
        if let Some(sink) = sink {
            sinks.insert(name.to_owned(), sink);
        }
        remarks.append(&mut section.into_remarks());
    }
    let evaluator = globals::evaluator(given, &mut remarks);
    if !sinks.is_empty() {
        whole.insert("notifier".to_owned(), json!({ "sinks": sinks }));
    }
    whole.extend(evaluator.map(|evaluator| ("evaluator".to_owned(), evaluator)));
    remarks.extend(given.unknown().iter().map(|key| Remark::of(key, "is no setting of falcosidekick")));
    if sinks.is_empty() {
        remarks.push(Remark::of("notifier.sinks", "there are none: no output of falcosidekick is set"));
    }
    let yaml = format!(
        "# From the settings of falcosidekick, by `saker import`.\n{}",
        to_yaml(&Value::Object(whole))
    );
    Imported { yaml, remarks }
}

#[cfg(test)]
mod tests;
