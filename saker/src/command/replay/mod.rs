//! `saker replay`: rules held against the events that the bus still holds, and what they change.

mod bench;
mod diff;
mod past;
mod print;
mod rulesets;
mod seen;
mod tally;

use std::io::{self, Write};
use std::process::ExitCode;

use bus::{Bus, BusError};
use clap::{Args, ValueEnum};
use evaluator::{RuleFlags, RulesetError};
use notifier::Moment;
use service::config::Problems;
use service::exit;

use super::operator_flags::OperatorFlags;
use super::since::Since;
use crate::settings::{OpenError, Settings};
use bench::Bench;
use diff::Diff;
use past::{Horizon, Past, Window};
use print::Printer;
use rulesets::Rulesets;
use seen::Seen;
use tally::Tally;

/// Ends with this where alerts change, if it is asked to.
const CHANGED: u8 = 2;

/// Hold rules against the events that the bus still holds, and see what they change
///
/// Prints the alerts that the rules would have raised; with --diff, what changes against the rules that the settings name:
/// which alerts are new, which are gone, and which read otherwise. Nobody is told of anything: nothing is written to the
/// bus and no event is taken from the evaluators. How far back events go is set by `bus.keep`. It works while
/// `saker up` runs.
#[derive(Debug, Args)]
#[command(
    mut_arg("rules", |arg| arg.help("The rules to try: files, and directories of them, in the order given; `builtin` is the shipped ruleset, `bus` what was pushed [default: those that the settings name]")),
    after_help = "Examples:\n  saker replay --since 2h --rules builtin my_rules.yaml\n  saker replay --since 24h --rules builtin my_rules.yaml --diff\n  saker replay --since 24h --rules rules.d --against builtin --exit-code --bus nats://127.0.0.1:4222"
)]
pub struct Replay {
    /// Begin with the events that were received so long ago, as 2h, or from a time on, as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Since,
    /// End before those that were received then [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<Since>,
    /// Only events of these clusters [default: of all]
    #[arg(long, value_name = "NAME", num_args = 1..)]
    cluster: Vec<String>,
    /// Print what changes against the rules that the settings name
    #[arg(long)]
    diff: bool,
    /// Print what changes against these rules instead
    #[arg(long, value_name = "PATH", num_args = 1..)]
    against: Vec<String>,
    /// With changes to print: end with 2 where there are any
    #[arg(long)]
    exit_code: bool,
    /// How many examples to print of each kind of change of a rule
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(..=1000))]
    examples: u16,
    /// Print so many alerts at most; all are counted [default: all]
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// How to print [default: json; for changes text]
    #[arg(long, short, visible_alias = "format", value_enum)]
    output: Option<Output>,
    #[command(flatten)]
    rules: RuleFlags,
    #[command(flatten)]
    operator: OperatorFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Json,
    Text,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The bus cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The rules to try do not load.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// Those to compare them with do not.
    #[error("{0}\nthese are the rules to compare with ({1}): --against takes others")]
    Against(RulesetError, String),
    /// There is nothing to judge.
    #[error("there are no events {0}; {1}")]
    Nothing(Window, Horizon),
    /// A defect of ours.
    #[error("judging the events failed for good; what it says above is a defect of saker")]
    Died,
    /// Nothing can be printed.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Replay {
    /// Judges the events and prints what comes of it.
    pub async fn run(self) -> ExitCode {
        let window = Window {
            since: self.since.unix_nanos(),
            until: self.until.map_or_else(|| Moment::now().unix_nanos(), Since::unix_nanos),
            clusters: self.cluster.clone(),
        };
        if window.since >= window.until {
            return exit::usage(&"--until must be later than --since");
        }
        let settings = match self.operator.settings_with(self.rules.flags()) {
            Ok(settings) => settings,
            Err(problems) => return exit::usage(&problems),
        };
        let compared = match self.compared() {
            Ok(compared) => compared,
            Err(problems) => return exit::usage(&problems),
        };
        match Box::pin(self.replay((&settings, compared.as_ref()), window)).await {
            Err(ReplayError::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            replayed => super::ended(replayed),
        }
    }

    async fn replay(
        &self,
        (settings, compared): (&Settings, Option<&evaluator::Settings>),
        window: Window,
    ) -> Result<ExitCode, ReplayError> {
        let bus = settings.open_bus_for_operator().await?;
        let rulesets = Rulesets::load(&bus, &settings.evaluator, compared).await?;
        rulesets.warn();
        if self.against.is_empty() {
            rulesets.doubt(&bus).await?;
        }
        let horizon = Horizon::of(&bus).await?;
        if let Some(note) = horizon.note(&window) {
            say(&note);
        }
        let (tally, diff) = self.judge(&bus, settings, (&rulesets, &window)).await?;
        bus.close().await?;
        if tally.is_empty() {
            return Err(ReplayError::Nothing(window, horizon));
        }
        tally.lines(&rulesets).iter().for_each(|line| say(line));
        let Some(diff) = diff else { return Ok(ExitCode::SUCCESS) };
        let printed = match self.output {
            Some(Output::Json) => print::json(&diff, &tally, &rulesets),
            Some(Output::Text) | None => print::text(&diff),
        };
        io::stdout().lock().write_all(printed.as_bytes())?;
        let is_told = self.exit_code && diff.is_change();
        Ok(if is_told { ExitCode::from(CHANGED) } else { ExitCode::SUCCESS })
    }

    /// All events, in order; alerts are printed as they come up, unless changes are asked for.
    async fn judge(
        &self,
        bus: &Bus,
        settings: &Settings,
        (rulesets, window): (&Rulesets, &Window),
    ) -> Result<(Tally, Option<Diff>), ReplayError> {
        let hostname = settings.evaluator.hostname.clone().unwrap_or_else(evaluator::hostname);
        let mut past = Past::open(bus, window.clone()).await?;
        let mut bench = Bench::new(rulesets.trials(&hostname));
        let (mut seen, mut tally) = (Seen::default(), Tally::default());
        let mut diff = rulesets.is_pair().then(|| Diff::new(self.examples.into()));
        let mut printer = Printer::new(self.output.unwrap_or(Output::Json), self.limit);
        while let Some((chunk, mut findings)) = bench.next(&mut past, &mut tally).await? {
            tally.judged(&chunk, &findings);
            seen.leave_out(findings.iter_mut().map(|found| &mut found.alerts));
            tally.raised(&findings);
            match (&mut diff, findings.as_slice()) {
                (Some(diff), [after, before]) => diff.take(&before.alerts, &after.alerts),
                (_, found) => found.iter().try_for_each(|found| printer.alerts(&found.alerts))?,
            }
        }
        printer.flush()?;
        Ok((tally, diff))
    }

    /// The rules to compare with, if any: those of the settings as they are without our flags, or those that were named.
    fn compared(&self) -> Result<Option<evaluator::Settings>, Problems> {
        if !self.diff && !self.exit_code && self.against.is_empty() {
            return Ok(None);
        }
        let mut settings = self.operator.settings()?.evaluator;
        if !self.against.is_empty() {
            settings.rules.clone_from(&self.against);
        }
        Ok(Some(settings))
    }
}

/// Where stderr is gone there is nobody left to tell.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
