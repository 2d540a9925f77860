//! The connection to NATS: who we are there, whether it is up, and requests to JetStream over it.

use std::future::Future;
use std::time::Duration;

use async_nats::jetstream::stream::Info;
use async_nats::jetstream::{self, Context, ErrorCode, account::Account, response::Response};
use async_nats::{Client, Event, ServerAddr, connection::State};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::denial::Denials;
use super::failure::Failure;
use super::login;
use super::names;
use super::pulse::Pulse;
use super::user::User;
use crate::{BusError, Settings, Stream};

/// The first version with all that we rely on: several filters on a consumer, batches of direct gets.
const OLDEST: (u32, u32) = (2, 11);

/// How long a probe of a silent server waits for the next.
const BETWEEN_PROBES: Duration = Duration::from_secs(1);

/// What to ask where the subject says it all. The server takes an empty object for nothing, and `null` for a mistake.
pub(super) const NOTHING: Nothing = Nothing {};

#[derive(Serialize)]
pub(super) struct Nothing {}

/// A connection to NATS; cheap to clone. It connects again by itself for as long as it is not closed.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) jetstream: Context,
    pub(super) timeout: Duration,
    pub(super) closing: CancellationToken,
    /// What runs on its own until `closing`.
    pub(super) tasks: TaskTracker,
    history: watch::Receiver<History>,
    denials: Denials,
    /// Whether the server answers.
    pub(super) pulse: Pulse,
}

/// How often the connection was lost, and how often it came back.
#[derive(Debug, Clone, Copy, Default)]
struct History {
    losses: u64,
    returns: u64,
}

impl Link {
    /// Connects, and makes sure that the server is one we can use.
    pub(super) async fn connect(servers: &[String], settings: &Settings) -> Result<Self, BusError> {
        let users = servers.iter().map(|server| User::split_from(server)).collect::<Vec<_>>();
        let addresses = users.iter().map(|(_, server)| parse(server)).collect::<Result<Vec<_>, _>>()?;
        let user = users.into_iter().find_map(|(user, _)| user);
        let (written, history) = watch::channel(History::default());
        let (denials, pulse) = (Denials::default(), Pulse::new());
        let (denied, told) = (denials.clone(), pulse.clone());
        let options = login::options(settings, user).await?.event_callback(move |event| {
            note(&event, &written);
            denied.note(&event);
            tell(&event, &told);
            std::future::ready(())
        });
        let client = options.connect(addresses).await.map_err(|error| login::refused(&error))?;
        check_version(&client.server_info().version)?;
        let mut jetstream = jetstream::new(client.clone());
        jetstream.set_timeout(settings.timeout);
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let link =
            Self { client, jetstream, timeout: settings.timeout, closing, tasks, history, denials, pulse };
        link.check_jetstream().await?;
        Ok(link)
    }

    /// Fails at once where there is no connection now, or never will be again.
    pub(super) fn check_up(&self) -> Result<(), BusError> {
        if self.closing.is_cancelled() {
            return Err(BusError::Closed);
        }
        if self.is_up() {
            Ok(())
        } else {
            Err(BusError::Unavailable("there is no connection to NATS".into()))
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Does `work`, unless the server answers nobody: whoever comes then, or waits already, need not find that out.
    pub(super) async fn unless_silent<T>(
        &self,
        work: impl Future<Output = Result<T, BusError>>,
    ) -> Result<T, BusError> {
        let silent = || BusError::Unavailable("NATS is connected, and does not answer".into());
        if self.pulse.is_silent() {
            return Err(silent());
        }
        tokio::select! {
            biased;
            done = work => done,
            () = self.pulse.silence() => Err(silent()),
        }
    }

    /// What was asked at that time was not answered. If nobody was since, asks until somebody is.
    pub(super) fn missed(&self, asked: Instant) {
        if self.pulse.missed(asked) {
            warn!("NATS does not answer; nothing more is sent to it until it does");
            let link = self.clone();
            self.tasks.spawn(async move {
                let closing = link.closing.clone();
                closing.run_until_cancelled(link.probe()).await
            });
        }
    }

    async fn probe(&self) {
        let subject = format!("STREAM.INFO.{}", names::stream(Stream::Events));
        while self.pulse.is_silent() {
            match self.ask::<Info>(subject.clone(), &NOTHING).await.map_err(BusError::from) {
                Err(error) if error.is_transient() && self.is_up() => {}
                _ => break,
            }
            tokio::time::sleep(BETWEEN_PROBES).await;
        }
        if self.is_up() {
            self.pulse.answered();
            info!("NATS answers again");
        }
    }

    /// Waits for the connection to come back after it was lost from now on.
    pub(super) fn returned(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut history = self.history.clone();
        let before = history.borrow().returns;
        async move {
            if history.wait_for(|history| history.returns != before).await.is_err() {
                // The client is gone, and will not return.
                std::future::pending().await
            }
        }
    }

    /// Does `work`, unless the connection is lost meanwhile.
    pub(super) async fn unless_lost<T>(&self, work: impl Future<Output = T>) -> Result<T, BusError> {
        let mut history = self.history.clone();
        let before = history.borrow().losses;
        self.check_up()?;
        tokio::select! {
            biased;
            done = work => Ok(done),
            _ = history.wait_for(|history| history.losses != before) => {
                Err(BusError::Unavailable("the connection to NATS was lost".into()))
            }
        }
    }

    /// Does `work`, which publishes on `subject`, unless the connection is lost or the server does not permit it: the
    /// answer to what it does not permit would never come.
    pub(super) async fn if_permitted<T>(
        &self,
        subject: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let denied = self.denials.of(subject);
        tokio::select! {
            biased;
            done = self.unless_lost(work) => Ok(done?),
            why = denied => Err(Failure::Denied(why)),
        }
    }

    /// Asks JetStream, on `$JS.API.` and `subject`.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        subject: String,
        question: &impl Serialize,
    ) -> Result<T, Failure> {
        let whole = format!("$JS.API.{subject}");
        let answer: Response<T> = self
            .if_permitted(&whole, self.jetstream.request(subject, question))
            .await?
            .map_err(|error| Failure::of_request(&error, self.timeout))?;
        match answer {
            Response::Ok(answer) => Ok(answer),
            Response::Err { error } => Err(Failure::Refused(error)),
        }
    }

    /// Lets the workers go, and waits until they have given back what they hold.
    pub(super) async fn stop(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.in_time(self.tasks.wait()).await;
    }

    /// Sends what waits to be sent, and disconnects.
    pub(super) async fn disconnect(&self) {
        if self.is_up() {
            self.in_time(self.client.flush()).await;
        }
        self.in_time(self.client.drain()).await;
    }

    async fn in_time(&self, work: impl Future) {
        if tokio::time::timeout(self.timeout, work).await.is_err() {
            debug!("not done in time for closing; NATS makes up for it, later");
        }
    }

    async fn check_jetstream(&self) -> Result<(), BusError> {
        let without = || {
            BusError::Setup(
                "JetStream is not enabled for us on that NATS server: start it with `jetstream {}` in its \
                 configuration, and enable it for the account"
                    .into(),
            )
        };
        match self.ask::<Account>("INFO".into(), &NOTHING).await {
            Ok(_) => Ok(()),
            Err(Failure::Bus(BusError::Unavailable(_)))
                if self.is_up() && !self.client.server_info().jetstream =>
            {
                Err(without())
            }
            Err(failure) => match failure.code() {
                Some(ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT) => {
                    Err(without())
                }
                _ => Err(failure.into()),
            },
        }
    }
}

fn parse(server: &str) -> Result<ServerAddr, BusError> {
    server
        .parse()
        .map_err(|error| BusError::Setup(format!("the address of the NATS server is malformed: {error}")))
}

fn note(event: &Event, history: &watch::Sender<History>) {
    match event {
        Event::Connected => {
            info!("connected to NATS");
            history.send_modify(|history| history.returns = history.returns.wrapping_add(1));
        }
        Event::Disconnected => {
            warn!("the connection to NATS is lost; connecting again");
            history.send_modify(|history| history.losses = history.losses.wrapping_add(1));
        }
        Event::ServerError(_) | Event::ClientError(_) | Event::SlowConsumer(_) => warn!(%event, "NATS"),
        Event::LameDuckMode | Event::Draining | Event::Closed => debug!(%event, "NATS"),
    }
}

/// Says whether there is a connection; nothing where that stays as it was.
fn tell(event: &Event, pulse: &Pulse) {
    match event {
        Event::Connected => pulse.connected(),
        Event::Disconnected | Event::Closed => pulse.lost(),
        _ => {}
    }
}

fn check_version(text: &str) -> Result<(), BusError> {
    let mut numbers = text.split('.').map_while(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => Ok(()),
        _ => Err(BusError::Setup(format!(
            "the NATS server has version {text}, which silently ignores settings that Saker relies on; run {}.{} or newer",
            OLDEST.0, OLDEST.1
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_refused() {
        for good in ["2.11.0", "2.15.1", "3.0.0", "2.11.0-beta.1"] {
            check_version(good).unwrap();
        }
        for bad in ["2.10.29", "2.9.10", "1.99.0", "", "next"] {
            assert!(check_version(bad).unwrap_err().to_string().contains("2.11"), "{bad}");
        }
    }
}
