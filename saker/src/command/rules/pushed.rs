//! `saker rules pushed`: which rules are on the bus.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use bus::BusError;
use clap::Args;
use evaluator::pushed::{Draft, Pushed, PushedError, pushed};
use jiff::Timestamp;
use service::exit;

use crate::command::operator_flags::OperatorFlags;
use crate::settings::{OpenError, Settings};

/// Show which rules were pushed last
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  saker rules pushed\n  saker rules pushed --bus nats://127.0.0.1:4222")]
pub struct ShowPushed {
    #[command(flatten)]
    operator: OperatorFlags,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The bus cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is there cannot be read.
    #[error(transparent)]
    Pushed(#[from] PushedError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl ShowPushed {
    /// Prints it.
    pub async fn run(self) -> ExitCode {
        match self.operator.settings() {
            Ok(settings) => match show(&settings).await {
                Err(Failure::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
                shown => crate::command::ended(shown.map(|()| ExitCode::SUCCESS)),
            },
            Err(problems) => exit::usage(&problems),
        }
    }
}

async fn show(settings: &Settings) -> Result<(), Failure> {
    let bus = settings.open_bus_for_operator().await?;
    let found = pushed(&bus).await?;
    bus.close().await?;
    let text = found.map_or_else(|| "no rules have been pushed\n".to_owned(), |pushed| page(&pushed));
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// What there is to know about a push.
fn page(pushed: &Pushed) -> String {
    let Pushed { generation, digest, draft } = pushed;
    let Draft { files, message, pushed_by, pushed_unix_nanos } = draft;
    let time = Timestamp::from_nanosecond(i128::from(*pushed_unix_nanos)).unwrap_or(Timestamp::UNIX_EPOCH);
    let time = time.strftime("%Y-%m-%d %H:%M:%S UTC");
    let mut page = format!(
        "generation  {generation}\npushed      {time} by {}\nmessage     {}\ndigest      {}\n",
        printable(pushed_by),
        printable(message),
        short(digest),
    );
    for (index, file) in files.iter().enumerate() {
        let head = if index == 0 { "files" } else { "" };
        let _ = writeln!(page, "{head:<12}{} ({} bytes)", printable(&file.name), file.text.len());
    }
    page
}

/// As much of a digest as people look at.
pub(super) fn short(digest: &str) -> String {
    digest.chars().take(16).collect()
}

/// Whoever pushed could write anything; a terminal gets none of it to obey.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_told_on_a_page() {
        let file = |name: &str| rules::SourceFile { name: name.to_owned(), text: "- list: a".to_owned() };
        let draft = Draft {
            files: vec![file("a.yaml"), file("b.yaml")],
            message: "quiet\u{1b}[2J hours".to_owned(),
            pushed_by: "alice@vm".to_owned(),
            pushed_unix_nanos: 1_540_476_552_581_541_000,
        };
        let pushed = Pushed { generation: 3, digest: "0123456789abcdef0123".to_owned(), draft };
        insta::assert_snapshot!(page(&pushed), @r"
        generation  3
        pushed      2018-10-25 14:09:12 UTC by alice@vm
        message     quiet [2J hours
        digest      0123456789abcdef
        files       a.yaml (9 bytes)
                    b.yaml (9 bytes)
        ");
    }
}
