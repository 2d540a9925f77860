//! `saker test`: rules held against the examples beside them.

mod base_events;
mod find;
mod hint;
mod junit;
mod print;
mod report;
mod run;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rules::Options;
use service::exit;

use find::Wanted;

/// The code to end with where something could not be used.
const UNUSABLE: u8 = 2;

/// Hold rules against the examples beside them
///
/// An example is an event, and whether a rule must match it. The file mine.test.yaml holds examples of the rules in
/// mine.yaml; it may name other rules, and so may --rules. Without any file the examples of the shipped ruleset are
/// run. Exits with 1 where an example does not hold, with 2 where a file cannot be used.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker test mine.test.yaml\n  saker test rules/ --require-examples --junit report.xml\n  saker test --rules builtin --rules mine.yaml\n  saker test --base-events exec"
)]
pub struct Test {
    /// Files of examples, and directories that are searched for *.test.yaml; without any, those that belong to the
    /// rules
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Rule files, and directories of them, to be given in the order in which they load; `builtin` is the shipped
    /// ruleset [default: what the examples name, or stand beside]
    #[arg(long, value_name = "PATH")]
    rules: Vec<String>,
    /// Rules mean exactly what they mean to Falco, its known defects included
    #[arg(long)]
    falco_exact: bool,
    /// Run only the examples of rules with such a name; * stands for any text
    #[arg(long, value_name = "GLOB", conflicts_with = "require_examples")]
    rule: Option<String>,
    /// Fail where a rule has no example that it must match, or none that it must not match
    #[arg(long)]
    require_examples: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write a JUnit report to this file, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// List the events that examples can start from, or print one of them, and stop
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", conflicts_with = "files")]
    base_events: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Junit,
}

/// What went wrong besides the examples.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// There is no such base event.
    #[error("there is no base event `{0}`; `saker test --base-events` lists them")]
    NoBaseEvent(String),
    /// The report cannot be written.
    #[error("cannot write {}: {error}", file.display())]
    Junit {
        /// Where to.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The report cannot be printed.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Test {
    /// Runs the examples and tells what came of them.
    pub fn run(self) -> ExitCode {
        match self.tell() {
            Ok(code) => code,
            Err(TestError::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                let _ = exit::report(Err(error));
                ExitCode::from(UNUSABLE)
            }
        }
    }

    fn tell(self) -> Result<ExitCode, TestError> {
        if let Some(name) = &self.base_events {
            return base_events::print(name);
        }
        let wanted = Wanted { files: &self.files, rules: &self.rules, rule: self.rule.as_deref() };
        let options = Options { falco_exact: self.falco_exact, ..Options::default() };
        let coverage = match self.require_examples {
            true => run::Coverage::Required,
            false => run::Coverage::AsItIs,
        };
        let report = run::run(find::suites(&wanted), &options, coverage);
        match self.format {
            Format::Text => print::text(&report)?,
            Format::Junit => print::raw(&junit::xml(&report))?,
        }
        if let Some(file) = &self.junit {
            let wrong = |error| TestError::Junit { file: file.clone(), error };
            std::fs::write(file, junit::xml(&report)).map_err(wrong)?;
        }
        Ok(ExitCode::from(report.exit_code()))
    }
}
