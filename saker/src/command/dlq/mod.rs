//! `saker dlq`: what could not be used, looked at, put back or dropped.

mod print;

use std::fmt;
use std::io;
use std::process::ExitCode;

use bus::{Bus, BusError, DeadLetters, Id, Start};
use clap::{Args, Subcommand, ValueEnum};
use service::exit;

use super::operator_flags::OperatorFlags;
use crate::settings::{OpenError, Settings};

/// Look at what could not be used, put it back, or drop it
///
/// Events that are none, and messages that a service gave up on, are kept as dead letters with the reason. These
/// commands work while `saker up` runs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker dlq list\n  saker dlq show 0f9c1e6a-5b7d-8e21-9c43-2a6f0d1b7e58\n  saker dlq replay --all"
)]
pub struct Dlq {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    operator: OperatorFlags,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, oldest first
    List {
        /// How to print them
        #[arg(long, short, value_enum, default_value_t = Output::Text)]
        output: Output,
    },
    /// Show one, with what it holds
    Show {
        /// Its id
        id: Id,
        /// How to print it; raw is nothing but what it holds, byte for byte
        #[arg(long, short, value_enum, default_value_t = ShowOutput::Text)]
        output: ShowOutput,
    },
    /// Put the messages of some back for the service that gave up on them
    Replay(Which),
    /// Remove some for good
    Drop(Which),
}

#[derive(Debug, Args)]
struct Which {
    /// Their ids
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<Id>,
    /// All of them
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ShowOutput {
    Text,
    Json,
    Raw,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum DlqError {
    /// The bus cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// There is no such letter.
    #[error("there is no dead letter {0}")]
    Unknown(Id),
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Dlq {
    /// Does what was asked.
    pub async fn run(self) -> ExitCode {
        let settings = match self.operator.settings() {
            Ok(settings) => settings,
            Err(problems) => return exit::usage(&problems),
        };
        match act(self.action, &settings).await {
            Err(DlqError::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            result => super::ended(result),
        }
    }
}

async fn act(action: Action, settings: &Settings) -> Result<ExitCode, DlqError> {
    let bus = settings.open_bus_for_operator().await?;
    let letters = bus.dead_letters();
    let code = match action {
        Action::List { output } => list(&letters, output).await,
        Action::Show { id, output } => show(&letters, id, output).await,
        Action::Replay(which) => each(&letters, which, Change::Replay).await,
        Action::Drop(which) => each(&letters, which, Change::Drop).await,
    }?;
    close(bus).await?;
    Ok(code)
}

async fn close(bus: Bus) -> Result<(), BusError> {
    bus.close().await
}

async fn list(letters: &DeadLetters, output: Output) -> Result<ExitCode, DlqError> {
    let mut reader = letters.list(Start::Earliest).await?;
    while let Some(stored) = reader.next().await? {
        print::line(&match output {
            Output::Text => print::summary(&stored.message),
            Output::Json => print::json(&stored.message, print::Payload::Left),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(letters: &DeadLetters, id: Id, output: ShowOutput) -> Result<ExitCode, DlqError> {
    let letter = letters.get(id).await?.ok_or(DlqError::Unknown(id))?.message;
    match output {
        ShowOutput::Text => print::all(print::page(&letter).as_bytes())?,
        ShowOutput::Json => print::line(&print::json(&letter, print::Payload::Shown))?,
        ShowOutput::Raw => print::all(&print::content(&letter))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Replay,
    Drop,
}

/// Changes each letter and says so; goes on behind one that cannot be changed.
async fn each(letters: &DeadLetters, which: Which, change: Change) -> Result<ExitCode, DlqError> {
    let ids = if which.all { all(letters).await? } else { which.ids };
    let mut code = ExitCode::SUCCESS;
    for id in ids {
        let outcome = match change {
            Change::Drop => {
                if letters.drop_letter(id).await? {
                    Outcome::Done
                } else {
                    Outcome::Unknown
                }
            }
            Change::Replay => match letters.replay(id).await? {
                Some(_) => Outcome::Done,
                None if letters.get(id).await?.is_some() => Outcome::NotWhole,
                None => Outcome::Unknown,
            },
        };
        if outcome != Outcome::Done {
            code = ExitCode::FAILURE;
        }
        print::line(&format!("{id} {}", Told { change, outcome }))?;
    }
    Ok(code)
}

async fn all(letters: &DeadLetters) -> Result<Vec<Id>, DlqError> {
    let mut reader = letters.list(Start::Earliest).await?;
    let mut ids = Vec::new();
    while let Some(stored) = reader.next().await? {
        ids.push(stored.id);
    }
    Ok(ids)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Unknown,
    NotWhole,
}

struct Told {
    change: Change,
    outcome: Outcome,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.outcome, self.change) {
            (Outcome::Done, Change::Replay) => "put back",
            (Outcome::Done, Change::Drop) => "dropped",
            (Outcome::Unknown, _) => "is not a dead letter",
            (Outcome::NotWhole, _) => "cannot be put back: it holds no whole message",
        })
    }
}
