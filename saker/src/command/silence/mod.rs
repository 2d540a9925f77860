//! `saker silence`: alerts that nobody is to be told of for a time.

mod list;

use std::io::{self, Write};
use std::process::ExitCode;

use bus::BusError;
use clap::{Args, Subcommand};
use notifier::{Filter, Moment, SilenceError, Silences, SinkName};
use service::exit;
use service::units::Span;

use super::operator_flags::OperatorFlags;
use crate::settings::{OpenError, Settings};

/// Keep alerts from sinks for a time, and see what was kept back
///
/// A silence has a condition, an owner, a reason and an end. What it keeps back is counted, and stays readable as other
/// alerts do. Every notifier heeds it within a moment; these commands work while `saker up` runs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker silence add --match 'ka.target.namespace = staging' --for 2h --reason 'load test'\n  saker silence list\n  saker silence end 1f9a03bc"
)]
pub struct Silence {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    operator: OperatorFlags,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add one
    Add(Box<Add>),
    /// List them, also those that have ended, with what they kept back
    List,
    /// End one now
    End {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// Which alerts: a condition in the rule language, as "alert.rule = 'Attach/Exec Pod'"
    #[arg(long = "match", value_name = "CONDITION")]
    when: Filter,
    /// Why
    #[arg(long)]
    reason: String,
    /// Who answers for it [default: the user who runs this]
    #[arg(long, default_value_t = user())]
    owner: String,
    /// For how long, as 2h
    #[arg(long = "for", value_name = "TIME", required_unless_present = "until", conflicts_with = "until")]
    length: Option<Span>,
    /// Until when, as 2026-12-01T08:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// The sinks that are not told [default: all]
    #[arg(long, value_name = "NAME", num_args = 1.., value_parser = |text: &str| SinkName::try_from(text.to_owned()))]
    sink: Vec<SinkName>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The bus cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// What is wrong with the silence.
    #[error(transparent)]
    Silence(#[from] SilenceError),
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Silence {
    /// Does what was asked.
    pub async fn run(self) -> ExitCode {
        let settings = match self.operator.settings() {
            Ok(settings) => settings,
            Err(problems) => return exit::usage(&problems),
        };
        match act(self.action, &settings).await {
            Err(CommandError::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            result => super::ended(result.map(|()| ExitCode::SUCCESS)),
        }
    }
}

async fn act(action: Action, settings: &Settings) -> Result<(), CommandError> {
    let bus = settings.open_bus_for_operator().await?;
    let silences = Silences::on(&bus);
    let now = Moment::now();
    match action {
        Action::Add(add) => {
            let silence = add.silence(now);
            let id = silences.add(&silence, now.unix_nanos()).await?;
            say(&format!("silence {id} holds until {}\n", silence.until))?;
        }
        Action::List => {
            say(&list::text(&settings.notifier.silences, &silences.list().await?, now.unix_nanos()))?
        }
        Action::End { id } => {
            silences.end(&id, now.unix_nanos()).await?;
            say(&format!("silence {id} has ended\n"))?;
        }
    }
    Ok(bus.close().await?)
}

impl Add {
    fn silence(self, now: Moment) -> notifier::Silence {
        let end = now.after(self.length.map(Span::get).unwrap_or_default());
        notifier::Silence {
            when: self.when,
            owner: self.owner,
            reason: self.reason,
            until: self.until.unwrap_or(end),
            from: None,
            sinks: self.sink,
        }
    }
}

/// Whoever runs this, as the system calls them.
fn user() -> String {
    std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "unknown".to_owned())
}

fn say(text: &str) -> Result<(), CommandError> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}
