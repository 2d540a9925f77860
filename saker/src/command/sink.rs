//! `saker sink`: how far the sinks are, and giving up those that are gone.

use std::io::{self, Write};
use std::process::ExitCode;

use bus::{Bus, BusError, ConsumerStatus, Stream};
use clap::{Args, Subcommand};
use notifier::SinkName;
use service::exit;

use super::operator_flags::OperatorFlags;
use crate::settings::{OpenError, Settings};

/// See how far the sinks are, or give up one that is gone
///
/// A sink that was renamed or removed keeps its claim to the alerts that it has not been given: they wait for it until
/// the bus is full. These commands work while `saker up` runs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  saker sink list\n  saker sink forget old-slack")]
pub struct Sink {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    operator: OperatorFlags,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the sinks that the bus knows, with the alerts that wait for each
    List,
    /// Give up a sink that no notifier serves any more, with the alerts that wait for it
    Forget {
        /// Its name
        #[arg(value_parser = |text: &str| SinkName::try_from(text.to_owned()))]
        name: SinkName,
    },
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
    let bus = settings.open_bus_for_operator().await?;
    match action {
        Action::List => list(&bus).await?,
        Action::Forget { name } => forget(&bus, &name).await?,
    }
    Ok(bus.close().await?)
}

async fn list(bus: &Bus) -> Result<(), SinkError> {
    let consumers = bus.status(Stream::Alerts).await?.consumers;
    let sinks: Vec<String> = consumers.iter().filter_map(line).collect();
    if sinks.is_empty() {
        return say("no sink has been served yet");
    }
    sinks.iter().try_for_each(|sink| say(sink))
}

/// A sink's name and what waits for it; `None` for a consumer that is none.
fn line(consumer: &ConsumerStatus) -> Option<String> {
    let name = SinkName::of_consumer(&consumer.name)?;
    let ConsumerStatus { pending, unsettled, redelivered, .. } = consumer;
    Some(format!("{name}  {pending} waiting  {unsettled} under way  {redelivered} tried again"))
}

async fn forget(bus: &Bus, name: &SinkName) -> Result<(), SinkError> {
    if bus.forget(Stream::Alerts, &name.consumer()).await? {
        say(&format!("{} is forgotten", name.as_str()))
    } else {
        Err(SinkError::Unknown(name.as_str().to_owned()))
    }
}

fn say(text: &str) -> Result<(), SinkError> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}
