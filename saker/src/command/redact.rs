//! `saker redact`: events as they reach the bus, without their secret values.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use bytes::Bytes;
use clap::Args;
use ingest::redact::{KeyFileError, Redactor};
use ingest::split::{Part, split};
use service::exit;

use super::redact_flags::{Unredacted, redactor};
use crate::payloads::{self, Payload, Payloads};

/// Print events as ingest stores them, without their secret values
///
/// Events are printed one a line. A line that is no event is a warning, and the next one is read.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker redact audit.log\n  saker redact --config saker.yaml --key-file redaction.key - < audit.log"
)]
pub struct Redact {
    /// File of events, as `saker eval` reads it; - is standard input
    #[arg(value_name = "FILE")]
    events: PathBuf,
    /// YAML file with settings, of which ingest.redact counts
    #[arg(long, short, value_name = "FILE", env = "SAKER_CONFIG")]
    config: Option<PathBuf>,
    /// File with the key of ingest.redact.key_file; without one values are replaced by a word
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum RedactError {
    /// There is no key.
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
    /// They cannot be printed.
    #[error("cannot print events: {0}")]
    Print(#[from] io::Error),
}

impl Redact {
    /// Prints all events.
    ///
    /// # Errors
    /// Where there is no key or the events cannot be read.
    pub fn run(self) -> Result<ExitCode, RedactError> {
        let redactor = match redactor(self.config, ("--key-file", self.key_file.as_deref())) {
            Ok(redactor) => redactor,
            Err(Unredacted::Settings(problems)) => return Ok(exit::usage(&problems)),
            Err(Unredacted::Key(error)) => return Err(error.into()),
        };
        let wrong = |error| RedactError::Events { file: self.events.clone(), error };
        let mut payloads = Payloads::new(payloads::open(&self.events).map_err(wrong)?);
        let mut out = BufWriter::new(io::stdout().lock());
        while let Some(payload) = payloads.next().map_err(wrong)? {
            match print(&mut out, &redactor, payload) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
                printed => printed?,
            }
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

fn print(out: &mut impl Write, redactor: &Redactor, payload: Payload) -> io::Result<()> {
    let (body, line) = (Bytes::from(payload.text), payload.line);
    for part in split(body.clone(), usize::MAX) {
        match part {
            Ok(Part::Event(range)) => {
                out.write_all(&redactor.event(body.slice(range)))?;
                out.write_all(b"\n")?;
            }
            Ok(Part::Broken(broken)) => warn(line, &broken.reason),
            Err(error) => warn(line, &error.to_string()),
        }
    }
    Ok(())
}

/// Where stderr is gone there is nobody left to tell.
fn warn(line: u64, reason: &str) {
    let _ = writeln!(io::stderr().lock(), "warning: line {line}: {reason}");
}
