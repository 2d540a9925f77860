//! `saker sink`: how the sinks are, whether one works, what it could not take put back, one that is gone given up.

mod list;
mod redrive;

use std::io::{self, Write};
use std::process::ExitCode;

use bus::{Bus, BusError, Stream};
use clap::{Args, Subcommand};
use notifier::{SinkName, TrialError, forget_status, try_sink};
use service::exit;

use super::operator_flags::OperatorFlags;
use super::since::Since;
use crate::settings::{OpenError, Settings};

/// See how the sinks are, test one, put back what one could not take, or give up one that is gone
///
/// A sink that was renamed or removed keeps its claim to the alerts that it has not been given: they wait for it until
/// the bus is full. These commands work while `saker up` runs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker sink list\n  saker sink test slack --config saker.yaml\n  saker sink redrive slack --since 2h\n  saker sink forget old-slack"
)]
pub struct Sink {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    operator: OperatorFlags,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the sinks that the bus knows: what waits for each, what became of its alerts, why it last failed
    List,
    /// Send an alert that means nothing to a sink of the settings, and say what comes of it
    Test {
        /// Its name
        #[arg(value_parser = name)]
        name: SinkName,
    },
    /// Put the dead letters of a sink back for it: what it refused, or was tried as often as its settings say
    Redrive {
        /// Its name
        #[arg(value_parser = name)]
        name: SinkName,
        /// Only those that were put aside since then: a time, or how long ago, as 2h [default: all]
        #[arg(long, value_name = "TIME")]
        since: Option<Since>,
    },
    /// Give up a sink that no notifier serves any more, with the alerts that wait for it
    Forget {
        /// Its name
        #[arg(value_parser = name)]
        name: SinkName,
    },
}

fn name(text: &str) -> Result<SinkName, notifier::SinkNameError> {
    SinkName::try_from(text.to_owned())
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The bus cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The bus failed, or a notifier still serves the sink.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// There is no such sink.
    #[error("the bus knows no sink `{0}`; `saker sink list` shows those that it knows")]
    Unknown(String),
    /// The settings have no such sink.
    #[error("the settings have no sink `{0}`; they have {1}: name the file with --config")]
    NotSet(SinkName, String),
    /// The sink did not take it.
    #[error("sink `{0}` did not take the test alert: {1}")]
    Test(SinkName, TrialError),
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Sink {
    /// Does what was asked.
    pub async fn run(self) -> ExitCode {
        let settings = match self.operator.settings() {
            Ok(settings) => settings,
            Err(problems) => return exit::usage(&problems),
        };
        match act(self.action, &settings).await {
            Err(SinkError::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            result => super::ended(result.map(|()| ExitCode::SUCCESS)),
        }
    }
}

async fn act(action: Action, settings: &Settings) -> Result<(), SinkError> {
    if let Action::Test { name } = &action {
        return test(name, settings).await;
    }
    let bus = settings.open_bus_for_operator().await?;
    match action {
        Action::List => list::print(&bus).await?,
        Action::Redrive { name, since } => redrive::redrive(&bus, &name, since).await?,
        Action::Forget { name } => forget(&bus, &name).await?,
        Action::Test { .. } => {}
    }
    Ok(bus.close().await?)
}

/// Needs no bus: it is the settings and the way to the sink that are tested.
async fn test(name: &SinkName, settings: &Settings) -> Result<(), SinkError> {
    let sinks = &settings.notifier.sinks;
    let known = || sinks.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let sink = sinks.get(name).ok_or_else(|| SinkError::NotSet(name.clone(), known()))?;
    let sent = Box::pin(try_sink(name, sink)).await;
    let id = sent.map_err(|error| SinkError::Test(name.clone(), error))?;
    say(&format!("{name} took the test alert {id}"))
}

async fn forget(bus: &Bus, name: &SinkName) -> Result<(), SinkError> {
    if !bus.forget(Stream::Alerts, &name.consumer()).await? {
        return Err(SinkError::Unknown(name.as_str().to_owned()));
    }
    forget_status(bus, name).await?;
    say(&format!("{} is forgotten", name.as_str()))
}

fn say(text: &str) -> Result<(), SinkError> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}
