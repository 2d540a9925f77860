//! `saker eval`: rules held against events of a file, without a bus.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use bytes::Bytes;
use clap::{Args, ValueEnum};
use evaluator::alert::{Origin, alerts};
use evaluator::{Ruleset, RulesetError};
use ingest::redact::{KeyFileError, Redactor};
use ingest::split::{Part, split};
use notifier::falco::{self, Form};
use proto::alerts::v1::Alert;
use rules::{Context, Evaluator};
use service::exit;

use super::redact_flags::{RedactFlags, Unredacted};
use super::rule_flags::OfflineRules;
use crate::payloads::{self, Payload, Payloads};

/// Hold rules against the events of a file and print the alerts
///
/// Each line is an event, a list of events or an array, as a webhook body would be; a body may also go over several
/// lines. A line that is no event is a warning, and the next one is read; where none is, the exit code is 1. Alerts come one a line in the order of events
/// and rules, in the shape in which Falco prints them; nothing is left out as a duplicate.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker eval --events audit.log\n  saker eval --rules builtin my_rules.yaml --rule-matching all --output text --events - < audit.log\n  saker eval --redact --events audit.log"
)]
pub struct Eval {
    #[command(flatten)]
    rules: OfflineRules,
    #[command(flatten)]
    redact: RedactFlags,
    /// File of events; - is standard input
    #[arg(long, alias = "event", value_name = "FILE")]
    events: PathBuf,
    /// How to print alerts
    #[arg(long, short, visible_alias = "format", value_enum, default_value_t = Output::Json)]
    output: Output,
    /// The cluster that the events are of: `ka.cluster`
    #[arg(long, value_name = "NAME", default_value = "default")]
    cluster: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    Json,
    Text,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The rules do not load.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// There is no key to redact with.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The events cannot be read.
    #[error("cannot read events from {}: {error}", file.display())]
    Events {
        /// From where.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There was something, but no event in it.
    #[error("{}: holds no events", .0.display())]
    NoEvents(PathBuf),
    /// The alerts cannot be printed.
    #[error("cannot print alerts: {0}")]
    Print(#[from] io::Error),
}

impl Eval {
    /// Evaluates all, and prints the alerts.
    ///
    /// # Errors
    /// Where rules do not load or the events cannot be read.
    pub fn run(self) -> Result<ExitCode, EvalError> {
        let settings = match self.rules.settings() {
            Ok(settings) => settings,
            Err(problems) => return Ok(exit::usage(&problems)),
        };
        let redactor = match self.redact.redactor(self.rules.config()) {
            Ok(redactor) => redactor,
            Err(Unredacted::Settings(problems)) => return Ok(exit::usage(&problems)),
            Err(Unredacted::Key(error)) => return Err(error.into()),
        };
        let ruleset = Ruleset::load(&settings)?;
        ruleset.warnings().iter().for_each(|warning| say(warning));
        let wrong = |error| EvalError::Events { file: self.events.clone(), error };
        let mut payloads = Payloads::new(payloads::open(&self.events).map_err(wrong)?);
        let mut evaluation = Evaluation { redactor, ..Evaluation::new(&ruleset, &self) };
        while let Some(payload) = payloads.next().map_err(wrong)? {
            match evaluation.take(&payload) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
                taken => taken?,
            }
        }
        evaluation.out.flush()?;
        match (evaluation.count, evaluation.unusable) {
            (0, 1..) => Err(EvalError::NoEvents(self.events.clone())),
            _ => Ok(ExitCode::SUCCESS),
        }
    }

    fn is_stdin(&self) -> bool {
        self.events.as_os_str() == "-"
    }
}

/// The evaluation under way.
struct Evaluation<'a> {
    ruleset: &'a Ruleset,
    evaluator: Evaluator,
    hostname: String,
    /// Takes secret values out first, where that is asked for.
    redactor: Option<Redactor>,
    settings: &'a Eval,
    /// How many events were accepted: `evt.num`.
    count: u64,
    /// How many things were none.
    unusable: u64,
    out: BufWriter<StdoutLock<'static>>,
}

impl<'a> Evaluation<'a> {
    fn new(ruleset: &'a Ruleset, settings: &'a Eval) -> Self {
        Self {
            ruleset,
            evaluator: ruleset.program().evaluator(),
            hostname: evaluator::hostname(),
            redactor: None,
            settings,
            count: 0,
            unusable: 0,
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
        }
    }

    fn take(&mut self, payload: &Payload) -> io::Result<()> {
        for part in split(payload.text.as_slice(), usize::MAX) {
            match part {
                Ok(Part::Event(range)) => {
                    let event = payload.text.get(range).unwrap_or_default();
                    let redacted =
                        self.redactor.as_ref().map(|redactor| redactor.event(Bytes::copy_from_slice(event)));
                    self.event(payload.line, redacted.as_deref().unwrap_or(event))?;
                }
                Ok(Part::Broken(broken)) => self.warn(payload.line, &broken.reason),
                Err(error) => self.warn(payload.line, &error.to_string()),
            }
        }
        // Whoever pipes events in waits for alerts, not for a full buffer.
        if self.settings.is_stdin() { self.out.flush() } else { Ok(()) }
    }

    fn event(&mut self, line: u64, event: &[u8]) -> io::Result<()> {
        let (number, cluster) = (self.count.saturating_add(1), self.settings.cluster.as_str());
        let context = Context { number, cluster, hostname: Some(&self.hostname) };
        let evaluation = match self.evaluator.evaluate(event, &context) {
            Ok(evaluation) => evaluation,
            Err(error) => {
                self.warn(line, &error.to_string());
                return Ok(());
            }
        };
        self.count = number;
        let origin = Origin {
            cluster,
            received_unix_nanos: 0,
            ruleset: self.ruleset.digest(),
            hostname: &self.hostname,
        };
        let raised = alerts(evaluation, event, self.ruleset.program().rules(), origin);
        raised.iter().try_for_each(|alert| self.print(alert))
    }

    fn warn(&mut self, line: u64, reason: &str) {
        self.unusable = self.unusable.saturating_add(1);
        say(&format!("warning: line {line}: {reason}"));
    }

    fn print(&mut self, alert: &Alert) -> io::Result<()> {
        let line = match self.settings.output {
            Output::Json => falco::json(alert, Form::Plain),
            Output::Text => falco::text(alert),
        };
        writeln!(self.out, "{line}")
    }
}

/// Where stderr is gone there is nobody left to tell.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
