//! Fetches messages of a durable consumer ahead of a worker, bounded in number and bytes, for as long as the worker is
//! there and through whatever happens to the server.

use std::ops::ControlFlow;

use async_nats::{Message, StatusCode, Subject, Subscriber, jetstream};
use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::mpsc::{self, Permit};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, warn};

use super::backoff::Backoff;
use super::consumer::{self, EXPIRES, HEARTBEAT, SILENCE};
use super::failure::Failure;
use super::link::Link;
use super::settle::{Lease, Releases};
use super::{names, topology};
use crate::{BusError, ConsumerSpec, Settings, Stream};

/// No worker is handed more messages ahead than this: each may have half a megabyte.
const MOST_AHEAD: usize = 64;

/// How many bytes one request may bring. Well above the largest message, so that each request brings one at least.
const MOST_BYTES: usize = 4 << 20;

/// A message that waits for the worker. Dropped, it goes to another.
pub(super) struct Held {
    pub(super) message: jetstream::Message,
    pub(super) lease: Lease,
    pub(super) arrived: Instant,
}

/// Why a request for messages came to its end.
enum End {
    /// It brought what it could.
    Done,
    /// The server is not as it was: look after the consumer, then go on.
    Troubled(String),
    /// The worker is gone, or the bus is closing.
    Finished,
}

pub(super) struct Pump {
    pub(super) link: Link,
    pub(super) stream: Stream,
    pub(super) spec: ConsumerSpec,
    pub(super) settings: Settings,
    pub(super) releases: Releases,
}

impl Pump {
    /// Joins the consumer and starts fetching. What is fetched comes out of the channel.
    pub(super) async fn start(self) -> Result<mpsc::Receiver<Held>, BusError> {
        consumer::ensure(&self.link, self.stream, &self.spec).await?;
        let inbox = self.link.client.new_inbox();
        let replies = self.link.client.subscribe(format!("{inbox}.*")).await;
        let replies = replies.map_err(|error| BusError::Unavailable(error.to_string()))?;
        let (sender, receiver) = mpsc::channel(self.spec.prefetch.clamp(1, MOST_AHEAD));
        let tasks = self.link.tasks.clone();
        tasks.spawn(self.run(inbox, replies, sender));
        Ok(receiver)
    }

    async fn run(self, inbox: String, mut replies: Subscriber, sender: mpsc::Sender<Held>) {
        let mut backoff = Backoff::default();
        let mut number: u64 = 0;
        loop {
            number += 1;
            match self.request(&format!("{inbox}.{number}"), &mut replies, &sender).await {
                End::Done => backoff.reset(),
                End::Finished => break,
                End::Troubled(why) => {
                    if backoff.tries() == 1 {
                        warn!(
                            consumer = self.spec.name,
                            stream = self.stream.name(),
                            why,
                            "no messages for now; trying again"
                        );
                    }
                    if self.recover(&mut backoff, &sender).await.is_break() {
                        break;
                    }
                }
            }
        }
        drop(sender);
        self.give_back(replies).await;
    }

    /// Asks for half of what the worker may be handed ahead, and passes on what comes, so that it has the other half
    /// to work on meanwhile.
    async fn request(&self, reply: &str, replies: &mut Subscriber, sender: &mpsc::Sender<Held>) -> End {
        let batch = sender.max_capacity().div_ceil(2);
        let returned = self.link.returned();
        tokio::pin!(returned);
        let room = tokio::select! {
            biased;
            () = self.link.closing.cancelled() => return End::Finished,
            room = sender.reserve_many(batch) => room,
        };
        let Ok(mut room) = room else { return End::Finished };
        if let Err(error) = self.ask(reply, batch).await {
            return End::Troubled(error.to_string());
        }
        let mut missing = batch;
        let mut heard = Instant::now();
        while missing > 0 {
            let message = tokio::select! {
                biased;
                () = self.link.closing.cancelled() => return End::Finished,
                () = sender.closed() => return End::Finished,
                message = replies.next() => message,
                // The request went with the connection.
                () = &mut returned => return End::Done,
                () = sleep_until(heard + SILENCE) => return End::Troubled("the server is silent".into()),
            };
            let Some(message) = message else { return End::Finished };
            heard = Instant::now();
            match self.sort(message, reply) {
                ControlFlow::Break(end) => return end,
                ControlFlow::Continue(None) => {}
                ControlFlow::Continue(Some(held)) => {
                    missing -= 1;
                    pass_on(held, room.next());
                }
            }
        }
        End::Done
    }

    async fn ask(&self, reply: &str, batch: usize) -> Result<(), BusError> {
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", names::stream(self.stream), self.spec.name);
        let question = format!(
            r#"{{"batch":{batch},"max_bytes":{MOST_BYTES},"expires":{},"idle_heartbeat":{}}}"#,
            EXPIRES.as_nanos(),
            HEARTBEAT.as_nanos()
        );
        let sent = self.link.client.publish_with_reply(subject, reply.to_owned(), Bytes::from(question));
        let sent = self.link.unless_lost(sent).await?;
        sent.map_err(|error| BusError::Unavailable(error.to_string()))
    }

    /// A message for the worker, or what the server has to say about the request with the reply subject `current`.
    fn sort(&self, message: Message, current: &str) -> ControlFlow<End, Option<Held>> {
        let Some(status) = message.status.filter(|status| *status != StatusCode::OK) else {
            return ControlFlow::Continue(self.held(message));
        };
        let said = message.description.unwrap_or_default();
        if status == StatusCode::IDLE_HEARTBEAT || message.subject.as_str() != current {
            return ControlFlow::Continue(None);
        }
        match status {
            StatusCode::TIMEOUT | StatusCode::NOT_FOUND => ControlFlow::Break(End::Done),
            StatusCode::REQUEST_TERMINATED if said.contains("MaxBytes") || said.contains("Completed") => {
                ControlFlow::Break(End::Done)
            }
            StatusCode::NO_RESPONDERS => {
                ControlFlow::Break(End::Troubled("nobody serves the consumer".into()))
            }
            status => ControlFlow::Break(End::Troubled(format!("{status} {said}"))),
        }
    }

    fn held(&self, message: Message) -> Option<Held> {
        let reply: Subject = message.reply.clone()?;
        let message = jetstream::Message { message, context: self.link.jetstream.clone() };
        Some(Held { message, lease: Lease::new(reply, self.releases.clone()), arrived: Instant::now() })
    }

    /// Waits a while and makes sure that stream and consumer exist, once.
    async fn recover(&self, backoff: &mut Backoff, sender: &mpsc::Sender<Held>) -> ControlFlow<()> {
        tokio::select! {
            () = self.link.closing.cancelled() => return ControlFlow::Break(()),
            () = sender.closed() => return ControlFlow::Break(()),
            () = sleep(backoff.next()) => {}
        }
        let mut ensured = consumer::ensure(&self.link, self.stream, &self.spec).await;
        if ensured.as_ref().is_err_and(Failure::is_not_found) {
            ensured = match topology::ensure(&self.link, &self.settings).await {
                Ok(()) => consumer::ensure(&self.link, self.stream, &self.spec).await,
                Err(error) => Err(error.into()),
            };
        }
        if let Err(failure) = ensured {
            let error = BusError::from(failure);
            debug!(consumer = self.spec.name, %error, "the consumer cannot be made sure of");
        }
        ControlFlow::Continue(())
    }

    /// Takes what is under way to a worker that is gone, which gives it to another.
    async fn give_back(&self, mut replies: Subscriber) {
        if replies.drain().await.is_err() {
            return;
        }
        let rest = async {
            while let Some(message) = replies.next().await {
                if message.status.is_none() {
                    drop(self.held(message));
                }
            }
        };
        // Without a connection nothing comes, and the server gives it all to others by itself.
        drop(timeout(self.link.timeout, rest).await);
    }
}

/// A message beyond what was asked for, of a request given up too early, is dropped and so goes to another worker.
fn pass_on(held: Held, room: Option<Permit<'_, Held>>) {
    if let Some(room) = room {
        room.send(held);
    }
}
