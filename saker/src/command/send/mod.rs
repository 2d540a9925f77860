//! `saker send`: files of events, posted as an API server would.

mod client;
mod pack;

use std::fmt;
use std::io::{self, BufRead, Write};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use service::Secret;
use service::units::Span;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use client::ClientError;
use client::{Outcome, Poster, Retries};
use pack::{Bodies, Body, Freshness};

use crate::bundled::EVENTS;
use crate::payloads;

/// Post files of events to an audit webhook, as an API server would
///
/// A file holds events, one a line, as in an audit log, or whole request bodies. Single events are packed into bodies of
/// up to 400; recorded bodies are sent as they are. Headers, the query, the time limit of 30 s and the retries are those
/// of kube-apiserver: 5 attempts over about 90 s, more where the answer has a Retry-After. Ends with one line of JSON
/// that counts what was sent; exits with 1 where a body was not accepted.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  saker send audit.log --to http://127.0.0.1:8765/k8s_audit --fresh --repeat 10 --rate 500\n  saker send --bundled --to http://127.0.0.1:8765/k8s_audit/demo --fresh"
)]
pub struct Send {
    /// Files of events or bodies; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "bundled")]
    files: Vec<PathBuf>,
    /// Send the recorded events that this program carries, in place of files
    #[arg(long, conflicts_with = "files")]
    bundled: bool,
    /// Where to post, as http://127.0.0.1:8765/k8s_audit
    #[arg(long, value_name = "URL")]
    to: String,
    /// Send everything this many times
    #[arg(long, value_name = "N", default_value = "1")]
    repeat: NonZeroU32,
    /// Give each event an auditID of its own and the time of now; without it, what was sent before is known and raises
    /// no alert again
    #[arg(long)]
    fresh: bool,
    /// Send no more than this many events a second
    #[arg(long, value_name = "EVENTS")]
    rate: Option<NonZeroU32>,
    /// How many bodies may be under way at a time
    #[arg(long, value_name = "N", default_value = "4")]
    concurrency: NonZeroUsize,
    /// How often to try each body
    #[arg(long, value_name = "N", default_value = "5")]
    attempts: NonZeroU32,
    /// How long to wait before the second attempt; each later wait is half as long again
    #[arg(long, value_name = "SPAN", default_value = "10s")]
    retry_delay: Span,
    /// Send this token as `Authorization: Bearer`
    #[arg(long, value_name = "TOKEN", env = "SAKER_SEND_TOKEN", hide_env_values = true)]
    token: Option<Secret>,
}

/// What went wrong before or besides posting.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The target cannot be posted to.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A file cannot be read.
    #[error("{}: {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Bundled events cannot be read.
    #[error("bundled events: {0}")]
    Bundled(io::Error),
    /// A body was not accepted.
    #[error("a body was not accepted: {0}")]
    Refused(String),
    /// Standard input cannot be read twice.
    #[error("--repeat: standard input can be sent only once; give a file")]
    Repeat,
    /// The reading thread is gone.
    #[error("reading ended unexpectedly: {0}")]
    Reader(#[from] tokio::task::JoinError),
}

/// What was sent, and what became of it.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    bodies: u64,
    events: u64,
    answered_200: u64,
    retries: u64,
    failed: u64,
    seconds: f64,
    events_per_second: f64,
}

impl Send {
    /// Sends all, and prints the summary.
    ///
    /// # Errors
    /// Where the target is none or a file cannot be read.
    pub async fn run(self) -> Result<ExitCode, SendError> {
        let is_stdin = |file: &PathBuf| file.as_os_str() == "-";
        if self.repeat.get() > 1 && self.files.iter().any(is_stdin) {
            return Err(SendError::Repeat);
        }
        let retries = Retries { attempts: self.attempts.get(), delay: self.retry_delay.get() };
        let poster = Poster::new(&self.to, self.token.clone(), retries)?;
        let summary = self.send(poster).await?;
        // Where nobody reads the summary, the exit code still says it.
        let _ = writeln!(io::stdout().lock(), "{}", serde_json::to_string(&summary).unwrap_or_default());
        Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn send(&self, poster: Poster) -> Result<Summary, SendError> {
        let started = Instant::now();
        let (bodies, mut read) = mpsc::channel(1);
        let freshness = if self.fresh { Freshness::Fresh } else { Freshness::Recorded };
        let (sources, repeat) = (self.sources(), self.repeat.get());
        let reader = tokio::task::spawn_blocking(move || {
            (0..repeat)
                .try_for_each(|_| sources.iter().try_for_each(|source| source.read(freshness, &bodies)))
        });
        let mut summary = Summary::default();
        let mut under_way = JoinSet::new();
        let mut pace = Pace::new(self.rate);
        while let Some(body) = read.recv().await {
            while under_way.len() >= self.concurrency.get() {
                under_way.join_next().await.into_iter().flatten().for_each(|outcome| summary.count(&outcome));
            }
            pace.wait_for(body.events).await;
            summary.bodies += 1;
            summary.events += u64::try_from(body.events).unwrap_or(u64::MAX);
            let poster = poster.clone();
            under_way.spawn(async move { poster.post(body.bytes).await });
        }
        while let Some(outcome) = under_way.join_next().await {
            summary.count(&outcome?);
        }
        reader.await??;
        summary.finish(started.elapsed());
        Ok(summary)
    }

    fn sources(&self) -> Vec<Source> {
        if self.bundled {
            return vec![Source::Bundled];
        }
        self.files.iter().cloned().map(Source::File).collect()
    }
}

/// Where events come from.
#[derive(Debug)]
enum Source {
    /// This program.
    Bundled,
    /// A file, or `-` for standard input.
    File(PathBuf),
}

/// Posts events, each under an id and at a time of its own; returns how many.
///
/// # Errors
/// Where the address is none, or a body is not accepted.
pub(super) async fn fresh(events: &[u8], to: &str) -> Result<usize, SendError> {
    let poster = Poster::new(to, None, Retries { attempts: 5, delay: Duration::from_secs(1) })?;
    let mut bodies = Bodies::new(events, Freshness::Fresh);
    let mut sent = 0;
    while let Some(body) = bodies.next().map_err(SendError::Bundled)? {
        poster.post(body.bytes).await.result.map_err(|refusal| SendError::Refused(refusal.to_string()))?;
        sent += body.events;
    }
    Ok(sent)
}

impl Summary {
    fn count(&mut self, outcome: &Outcome) {
        self.retries += outcome.retries;
        match &outcome.result {
            Ok(status) => self.answered_200 += u64::from(status.as_u16() == 200),
            Err(refusal) => {
                self.failed += 1;
                say(&format!("a body was not accepted: {refusal}"));
            }
        }
    }

    fn finish(&mut self, elapsed: Duration) {
        self.seconds = elapsed.as_secs_f64();
        let events = u32::try_from(self.events).unwrap_or(u32::MAX);
        self.events_per_second = (f64::from(events) / self.seconds.max(f64::EPSILON)).round();
    }
}

impl Source {
    /// Reads all events, packed into bodies.
    fn read(&self, freshness: Freshness, into: &mpsc::Sender<Body>) -> Result<(), SendError> {
        let mut bodies = Bodies::new(self.open().map_err(|error| self.unreadable(error))?, freshness);
        loop {
            let body = bodies.next().map_err(|error| self.unreadable(error))?;
            bodies.skipped().iter().for_each(|skipped| say(&format!("{self}: {skipped}")));
            // A receiver that is gone wants no more.
            let Some(body) = body else { return Ok(()) };
            if into.blocking_send(body).is_err() {
                return Ok(());
            }
        }
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        Ok(match self {
            Self::Bundled => Box::new(EVENTS),
            Self::File(file) => payloads::open(file)?,
        })
    }

    fn unreadable(&self, error: io::Error) -> SendError {
        match self {
            Self::Bundled => SendError::Bundled(error),
            Self::File(file) => SendError::File { file: file.clone(), source: error },
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => f.write_str("bundled events"),
            Self::File(file) => write!(f, "{}", file.display()),
        }
    }
}

/// Spreads events over time.
struct Pace {
    rate: Option<NonZeroU32>,
    next: tokio::time::Instant,
}

impl Pace {
    fn new(rate: Option<NonZeroU32>) -> Self {
        Self { rate, next: tokio::time::Instant::now() }
    }

    async fn wait_for(&mut self, events: usize) {
        let Some(rate) = self.rate else { return };
        tokio::time::sleep_until(self.next).await;
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        let takes = Duration::from_secs_f64(f64::from(events) / f64::from(rate.get()));
        // What was late is made up for, but not in a long rush.
        let earliest = tokio::time::Instant::now().checked_sub(Duration::from_secs(1)).unwrap_or(self.next);
        self.next = self.next.max(earliest) + takes;
    }
}

fn say(warning: &str) {
    let _ = writeln!(io::stderr().lock(), "warning: {warning}");
}
