//! Following the stream over all that may happen to a connection: it goes on behind the last cursor.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use proto::alerts::v1::alerts_client::AlertsClient;
use proto::alerts::v1::gap::Reason;
use proto::alerts::v1::start::At;
use proto::alerts::v1::subscribe_response::Event;
use proto::alerts::v1::{Gap, Start, SubscribeRequest, SubscribeResponse};
use service::{Shutdown, SignalError};
use tokio::time::sleep;
use tonic::{Code, Status};

use super::print::{self, Form};
use super::server::{Server, ServerError, chain};

/// How long to wait before it is tried again: at first, and at most.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);

/// The largest alert that is taken.
const LARGEST: usize = 64 << 20;

/// How it ended.
#[derive(Debug)]
pub(super) enum Followed {
    /// All is printed, or a signal came.
    Ended,
    /// The other end of the pipe is gone.
    NobodyReads,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The server cannot be reached.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server refuses.
    #[error("{address} refuses: {said}{help}")]
    Refused {
        /// Where.
        address: String,
        /// What it says.
        said: String,
        /// What to do about it.
        help: &'static str,
    },
    /// Nothing can be printed.
    #[error("cannot print: {0}")]
    Print(io::Error),
    /// Signals.
    #[error(transparent)]
    Signals(#[from] SignalError),
}

/// Why a connection ended that had not printed all.
enum Lost {
    /// It may be tried again.
    Connection(String),
    /// It is of no use.
    ForGood(TailError),
    /// Nobody reads what is printed.
    NobodyReads,
}

/// Prints alerts until all are, or a signal comes.
pub(super) async fn follow(
    server: &Server,
    request: SubscribeRequest,
    form: Form,
    shutdown: &Shutdown,
) -> Result<Followed, TailError> {
    let mut following = Following { server, request, form, cursor: None, pause: SHORTEST, is_lost: false };
    loop {
        let ended = tokio::select! {
            ended = following.once() => ended,
            () = shutdown.requested() => return Ok(Followed::Ended),
        };
        let why = match ended {
            Ok(()) => return Ok(Followed::Ended),
            Err(Lost::NobodyReads) => return Ok(Followed::NobodyReads),
            Err(Lost::ForGood(error)) => return Err(error),
            Err(Lost::Connection(why)) => why,
        };
        if !following.is_lost {
            print::note(&format!("{why}; connecting again"));
            following.is_lost = true;
        }
        tokio::select! {
            () = sleep(following.pause) => {}
            () = shutdown.requested() => return Ok(Followed::Ended),
        }
        following.pause = (following.pause * 2).min(LONGEST);
    }
}

struct Following<'s> {
    server: &'s Server,
    request: SubscribeRequest,
    form: Form,
    cursor: Option<Bytes>,
    pause: Duration,
    /// Whether the connection was lost, and the person told.
    is_lost: bool,
}

impl Following<'_> {
    /// Connects, and prints what comes.
    async fn once(&mut self) -> Result<(), Lost> {
        let channel = self.server.connect().await.map_err(|error| self.unreached(error))?;
        let mut client = AlertsClient::new(channel).max_decoding_message_size(LARGEST);
        let mut request = self.request.clone();
        if let Some(cursor) = &self.cursor {
            request.start = Some(Start { at: Some(At::After(cursor.clone())) });
        }
        let answer = client.subscribe(self.server.request(request)).await;
        let mut stream = answer.map_err(|status| self.refused(&status))?.into_inner();
        loop {
            match stream.message().await {
                Ok(Some(response)) => {
                    self.back();
                    if !self.take(response)? {
                        return Err(Lost::Connection(format!("{} stops", self.server.address())));
                    }
                }
                Ok(None) if self.request.until_now => return Ok(()),
                Ok(None) => return Err(Lost::Connection(format!("{} ended", self.server.address()))),
                Err(status) => return Err(self.refused(&status)),
            }
        }
    }

    fn back(&mut self) {
        self.pause = SHORTEST;
        if std::mem::take(&mut self.is_lost) {
            print::note("connected again");
        }
    }

    /// Whether the stream goes on.
    fn take(&mut self, response: SubscribeResponse) -> Result<bool, Lost> {
        match response.event {
            Some(Event::Alert(delivered)) => {
                if let Some(alert) = &delivered.alert {
                    print::alert(alert, self.form).map_err(|error| match error.kind() {
                        io::ErrorKind::BrokenPipe => Lost::NobodyReads,
                        _ => Lost::ForGood(TailError::Print(error)),
                    })?;
                }
                self.cursor = Some(delivered.cursor);
            }
            Some(Event::Heartbeat(heartbeat)) => self.cursor = Some(heartbeat.cursor),
            Some(Event::Gap(gap)) => {
                print::note(&missing(&gap));
                self.cursor = Some(gap.to);
            }
            Some(Event::GoingAway(going)) => {
                self.cursor = Some(going.cursor);
                return Ok(false);
            }
            None => {}
        }
        Ok(true)
    }

    fn unreached(&self, error: ServerError) -> Lost {
        // Who was connected once waits for the server to come back.
        let may_come_back = matches!(error, ServerError::Nobody(_) | ServerError::Connection { .. });
        if self.cursor.is_some() && may_come_back {
            Lost::Connection(error.to_string())
        } else {
            Lost::ForGood(error.into())
        }
    }

    fn refused(&self, status: &Status) -> Lost {
        let passes = matches!(
            status.code(),
            Code::Unavailable
                | Code::Unknown
                | Code::Internal
                | Code::Cancelled
                | Code::Aborted
                | Code::ResourceExhausted
        );
        if self.cursor.is_some() && passes {
            return Lost::Connection(format!("{} is gone: {}", self.server.address(), said(status)));
        }
        let said = said(status);
        let help = match status.code() {
            Code::Unauthenticated => "; say who you are with --token-file, or with --certificate and --key",
            Code::Unimplemented => "; is it a notifier of this version?",
            Code::Unavailable | Code::Unknown | Code::Internal => self.server.help(&said),
            _ => "",
        };
        Lost::ForGood(TailError::Refused { address: self.server.address().to_owned(), said, help })
    }
}

fn said(status: &Status) -> String {
    match std::error::Error::source(status) {
        Some(source) if !status.message().contains(&source.to_string()) => {
            format!("{}: {}", status.message(), chain(source))
        }
        _ => status.message().to_owned(),
    }
}

fn missing(gap: &Gap) -> String {
    let why = match gap.reason() {
        Reason::Trimmed => "the bus does not keep them any more",
        Reason::StreamReplaced => "the stream of alerts was made anew",
        Reason::Slow => "they came faster than they were read",
        Reason::Unreadable => "they cannot be read",
        Reason::Unspecified => "for a reason that this version does not know",
    };
    match gap.count {
        0 => format!("alerts may be missing: {why}"),
        1 => format!("an alert is missing, or one that would not be shown: {why}"),
        count => format!("up to {count} alerts are missing: {why}"),
    }
}
