//! `saker rules push`: rules onto the bus, for all evaluators that take them from there.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use bus::BusError;
use clap::Args;
use evaluator::pushed::{Draft, PushError, Pushed, push};
use evaluator::{RuleFlags, Ruleset, RulesetError, files_with, options, rule_files, takes_from_bus};
use service::exit;

use crate::command::operator_flags::OperatorFlags;
use crate::settings::{OpenError, Settings};

/// Check rules and put them onto the bus, in place of those pushed before
///
/// They are loaded first, as the evaluators will load them; where anything is wrong, nothing is pushed. Say with --rules
/// what the evaluators load beside them, unless the configuration says it.
#[derive(Debug, Args)]
#[command(
    mut_arg("rules", |arg| arg.help("What the evaluators load, in order, `bus` being the files that are pushed; these alone where `bus` is not named")),
    after_help = "Examples:\n  saker rules push rules.d\n  saker rules push my_rules.yaml --rules builtin bus --message 'quiet hours'\n  saker rules push rules.d --bus nats://127.0.0.1:4222"
)]
pub struct Push {
    /// Rule files, and directories of them, in the order in which they are loaded
    #[arg(value_name = "DIR|FILE", required = true)]
    paths: Vec<String>,
    /// What this push is about, for those who look at `saker rules pushed`
    #[arg(long, short, value_name = "TEXT", default_value = "", hide_default_value = true)]
    message: String,
    #[command(flatten)]
    rules: RuleFlags,
    #[command(flatten)]
    operator: OperatorFlags,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The rules are not good.
    #[error("{0}\nnothing was pushed")]
    Rules(#[from] RulesetError),
    /// They cannot be pushed.
    #[error("{0}; nothing was pushed")]
    Push(#[from] PushError),
    /// The bus cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Push {
    /// Checks and pushes.
    pub async fn run(self) -> ExitCode {
        match self.operator.settings_with(self.rules.flags()) {
            Ok(settings) => crate::command::ended(self.push(settings).await),
            Err(problems) => exit::usage(&problems),
        }
    }

    async fn push(self, settings: Settings) -> Result<ExitCode, Failure> {
        let files = rule_files(&self.paths)?;
        let mut sources = settings.evaluator.rules.clone();
        if !takes_from_bus(&sources) {
            sources = vec!["bus".to_owned()];
        }
        let ruleset = Ruleset::from_files(&files_with(&sources, &files)?, &options(&settings.evaluator))?;
        ruleset.warnings().iter().try_for_each(|warning| writeln!(io::stderr(), "{warning}"))?;
        let bus = settings.open_bus_for_operator().await?;
        let draft = Draft { files, message: self.message, pushed_by: pusher(), pushed_unix_nanos: now() };
        let pushed = push(&bus, draft).await?;
        bus.close().await?;
        told(&pushed, &settings.evaluator.rules)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn told(pushed: &Pushed, sources: &[String]) -> io::Result<()> {
    let files = match pushed.draft.files.as_slice() {
        [_] => "1 file".to_owned(),
        files => format!("{} files", files.len()),
    };
    let digest = super::pushed::short(&pushed.digest);
    writeln!(io::stdout(), "pushed as generation {}: {files}, digest {digest}", pushed.generation)?;
    if takes_from_bus(sources) {
        return Ok(());
    }
    writeln!(
        io::stderr(),
        "Evaluators take them where evaluator.rules names `bus`: `rules: [builtin, bus]`, or --rules builtin bus."
    )
}

/// User and machine, as they call themselves.
fn pusher() -> String {
    let user = std::env::var("USER").ok().filter(|user| !user.is_empty());
    format!("{}@{}", user.as_deref().unwrap_or("somebody"), evaluator::hostname())
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
