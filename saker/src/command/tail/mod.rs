//! `saker tail`: alerts as they are raised, from a running notifier.

mod follow;
mod print;
mod server;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use proto::alerts::v1::start::At;
use proto::alerts::v1::{Filter, OnGap, Start, SubscribeRequest};
use service::{Shutdown, exit};

use super::since::Since;
use follow::{Followed, TailError};
use print::Form;
use server::{Credentials, Server};

/// See alerts as they are raised
///
/// Follows the alerts of a running notifier or `saker up`, by gRPC. Where the connection is lost it goes on where it was, so
/// that no alert is missed. In a terminal each alert is a line, in a pipe a JSON object.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker tail\n  saker tail --since 1h --filter 'alert.priority >= warning and ka.target.namespace = prod'\n  saker tail --last 10 --no-follow | jq .rule\n  saker tail --server https://saker.example:5060 --ca ca.pem --token-file token"
)]
pub struct Tail {
    /// Where alerts are served: HOST:PORT, https://HOST:PORT or unix:///PATH
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5060", env = "SAKER_TAIL_SERVER")]
    server: String,
    /// Only alerts for which this holds, a condition over fields of alerts
    #[arg(long, value_name = "CONDITION")]
    filter: Option<String>,
    /// Begin with the alerts of so long ago, as 1h, or from a time on, as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "last")]
    since: Option<Since>,
    /// Begin with the last so many alerts
    #[arg(long, value_name = "N")]
    last: Option<u32>,
    /// Print JSON, in a terminal too
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// Print lines of text, in a pipe too
    #[arg(long)]
    text: bool,
    /// End with the alerts of now
    #[arg(long)]
    no_follow: bool,
    /// File with the authorities of the server's certificate; the system's where there is none
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File with a bearer token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// File with a client certificate
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// File with the key of the client certificate
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

impl Tail {
    /// Prints alerts until it is asked to stop, or nobody reads them any more.
    pub async fn run(self) -> ExitCode {
        match self.follow().await {
            Ok(Followed::Ended | Followed::NobodyReads) => ExitCode::SUCCESS,
            Err(error) => exit::report(Err(error)),
        }
    }

    async fn follow(self) -> Result<Followed, TailError> {
        let Self { server, filter, since, last, json, text, no_follow, ca, token_file, certificate, key } =
            self;
        let identity = certificate.zip(key);
        let server = Server::new(&server, &Credentials { ca, identity, token_file })?;
        let shutdown = Shutdown::on_signals()?;
        let start = match (since, last) {
            (Some(since), _) => Some(At::Since(timestamp(since.unix_nanos()))),
            (None, Some(last)) => Some(At::Last(last)),
            (None, None) if no_follow => Some(At::Earliest(true)),
            (None, None) => None,
        };
        let request = SubscribeRequest {
            start: start.map(|at| Start { at: Some(at) }),
            filter: filter.map(|condition| Filter { condition, ..Filter::default() }),
            until_now: no_follow,
            on_gap: OnGap::Continue.into(),
            ..SubscribeRequest::default()
        };
        let is_terminal = std::io::stdout().is_terminal();
        let form = if json || !(text || is_terminal) { Form::Json } else { Form::Text };
        follow::follow(&server, request, form, &shutdown).await
    }
}

/// That time, as it is asked for.
fn timestamp(unix_nanos: u64) -> prost_types::Timestamp {
    const SECOND: u64 = 1_000_000_000;
    prost_types::Timestamp {
        seconds: i64::try_from(unix_nanos / SECOND).unwrap_or(i64::MAX),
        nanos: i32::try_from(unix_nanos % SECOND).unwrap_or_default(),
    }
}
