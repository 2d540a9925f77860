//! Fetches messages of a durable consumer for a worker, through whatever happens to the server: one when it asks, and
//! for as long as they keep coming some ahead, bounded in number and bytes. A worker that does not ask gets none, so
//! that the others get them.

use std::ops::ControlFlow;
use std::time::Duration;

use async_nats::{Message, StatusCode, Subject, jetstream};
use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, warn};

use super::backoff::Backoff;
use super::consumer;
use super::demand::Demand;
use super::failure::Failure;
use super::inbox::Inbox;
use super::link::Link;
use super::settle::{Lease, Releases};
use super::{names, topology};
use crate::{BusError, ConsumerSpec, Settings, Stream};

/// No worker is handed more messages ahead than this: each may have half a megabyte.
const MOST_AHEAD: usize = 64;

/// How many bytes one request may bring. Well above the largest message, so that each request brings one at least.
const MOST_BYTES: usize = 4 << 20;

/// How long a request stands for a worker that waits. Short, since a request cannot be taken back: the server would
/// send a message to nobody, and miss it only after `ack_wait`.
const EXPIRES: Duration = Duration::from_millis(500);

/// How long a request stands for a worker that has enough for now. What comes later, another may want.
const EXPIRES_AHEAD: Duration = Duration::from_millis(250);

/// When we give up on a server that does not say that a request is over.
const SILENCE: Duration = Duration::from_secs(3);

/// A worker that stopped asking for this long is not about to ask again.
const GRACE: Duration = Duration::from_millis(100);

/// A message that waits for the worker. Dropped, it goes to another.
pub(super) struct Held {
    pub(super) message: jetstream::Message,
    pub(super) lease: Lease,
    pub(super) arrived: Instant,
}

/// Why to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// The worker waits.
    Now,
    /// It has some, and could have this many more.
    Ahead(usize),
}

impl Want {
    fn batch(self) -> usize {
        match self {
            Self::Now => 1,
            Self::Ahead(batch) => batch,
        }
    }
}

/// Why a request for messages came to its end.
enum End {
    /// It brought so many messages.
    Brought(usize),
    /// The server is not as it was: look after the consumer, then go on.
    Troubled(String),
}

pub(super) struct Pump {
    pub(super) link: Link,
    pub(super) stream: Stream,
    pub(super) spec: ConsumerSpec,
    pub(super) settings: Settings,
    pub(super) releases: Releases,
}

impl Pump {
    /// Joins the consumer and starts fetching what is asked for. It comes out of the channel.
    pub(super) async fn start(
        self,
        demand: watch::Receiver<Demand>,
    ) -> Result<mpsc::Receiver<Held>, BusError> {
        consumer::ensure(&self.link, self.stream, &self.spec).await?;
        let inbox = Inbox::open(&self.link.client).await?;
        let (sender, receiver) = mpsc::channel(self.spec.prefetch.clamp(1, MOST_AHEAD));
        let tasks = self.link.tasks.clone();
        tasks.spawn(Pumping { pump: self, inbox, sender, demand, served: 0 }.run());
        Ok(receiver)
    }

    fn held(&self, message: Message) -> Option<Held> {
        let reply: Subject = message.reply.clone()?;
        let message = jetstream::Message { message, context: self.link.jetstream.clone() };
        Some(Held { message, lease: Lease::new(reply, self.releases.clone()), arrived: Instant::now() })
    }

    /// A message for the worker, or what the server has to say about the request with the reply subject `current`.
    fn sort(&self, message: Message, current: &str) -> ControlFlow<Result<(), String>, Option<Held>> {
        let Some(status) = message.status.filter(|status| *status != StatusCode::OK) else {
            return ControlFlow::Continue(self.held(message));
        };
        let said = message.description.unwrap_or_default();
        if status == StatusCode::IDLE_HEARTBEAT || message.subject.as_str() != current {
            return ControlFlow::Continue(None);
        }
        match status {
            StatusCode::TIMEOUT | StatusCode::NOT_FOUND => ControlFlow::Break(Ok(())),
            StatusCode::REQUEST_TERMINATED if said.contains("MaxBytes") || said.contains("Completed") => {
                ControlFlow::Break(Ok(()))
            }
            StatusCode::NO_RESPONDERS => ControlFlow::Break(Err("nobody serves the consumer".into())),
            status => ControlFlow::Break(Err(format!("{status} {said}"))),
        }
    }

    /// Makes sure that stream and consumer exist.
    async fn repair(&self) {
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
    }
}

/// A [`Pump`] at work.
struct Pumping {
    pump: Pump,
    inbox: Inbox,
    sender: mpsc::Sender<Held>,
    demand: watch::Receiver<Demand>,
    /// The last time of asking that has got a message.
    served: u64,
}

impl Pumping {
    async fn run(mut self) {
        let mut backoff = Backoff::default();
        let mut flowing = false;
        while let Some(want) = self.want(flowing).await {
            match self.fetch(want).await {
                End::Brought(count) => {
                    flowing = count > 0;
                    backoff.reset();
                }
                End::Troubled(why) => {
                    let (consumer, stream) = (&self.pump.spec.name, self.pump.stream.name());
                    if backoff.tries() == 1 {
                        warn!(consumer, stream, why, "no messages for now; trying again");
                    }
                    if self.pause(backoff.next()).await.is_break() {
                        break;
                    }
                    self.pump.repair().await;
                }
            }
        }
    }

    /// Waits until there is reason to fetch; `None` once there never will be again.
    async fn want(&mut self, flowing: bool) -> Option<Want> {
        let served = self.served;
        let half = self.sender.max_capacity() / 2;
        let room = async {
            if flowing && half > 0 {
                self.sender.reserve_many(half).await.is_ok()
            } else {
                std::future::pending().await
            }
        };
        tokio::select! {
            biased;
            () = self.pump.link.closing.cancelled() => None,
            () = self.sender.closed() => None,
            true = room => Some(Want::Ahead(half)),
            Ok(_) = self.demand.wait_for(|demand| demand.is_beyond(served)) => Some(Want::Now),
            else => None,
        }
    }

    /// Makes a request and passes on what it brings, to its end.
    async fn fetch(&mut self, want: Want) -> End {
        let reply = self.inbox.next_reply();
        let returned = self.pump.link.returned();
        tokio::pin!(returned);
        if let Err(error) = self.ask(&reply, want).await {
            return End::Troubled(error.to_string());
        }
        let mut brought = 0;
        let mut heard = Instant::now();
        while brought < want.batch() {
            let message = tokio::select! {
                biased;
                message = self.inbox.next() => message,
                // The request went with the connection.
                () = &mut returned => return End::Brought(0),
                () = sleep_until(heard + SILENCE) => return End::Troubled("the server is silent".into()),
            };
            let Some(message) = message else { return End::Troubled("the client is closed".into()) };
            heard = Instant::now();
            match self.pump.sort(message, &reply) {
                ControlFlow::Continue(None) => {}
                ControlFlow::Continue(Some(held)) => {
                    brought += 1;
                    self.pass_on(held, want);
                }
                ControlFlow::Break(Ok(())) => break,
                ControlFlow::Break(Err(why)) => return End::Troubled(why),
            }
        }
        End::Brought(brought)
    }

    async fn ask(&self, reply: &str, want: Want) -> Result<(), BusError> {
        let Pump { link, stream, spec, releases, .. } = &self.pump;
        // What was released comes first again, and to whoever asks next.
        releases.flush().await;
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", names::stream(*stream), spec.name);
        let expires = match want {
            Want::Now => EXPIRES.as_nanos(),
            Want::Ahead(_) => EXPIRES_AHEAD.as_nanos(),
        };
        let batch = want.batch();
        let question = format!(r#"{{"batch":{batch},"max_bytes":{MOST_BYTES},"expires":{expires}}}"#);
        let sent = link.client.publish_with_reply(subject, reply.to_owned(), Bytes::from(question));
        let sent = link.unless_lost(sent).await?;
        sent.map_err(|error| BusError::Unavailable(error.to_string()))
    }

    /// Hands a message to the worker. One that does not wait any more gets none, nor one that has no room, for what is
    /// left of an earlier request: dropped, the message goes to another worker.
    fn pass_on(&mut self, held: Held, want: Want) {
        let demand = *self.demand.borrow();
        if want == Want::Now && !demand.stands(GRACE) {
            return;
        }
        self.served = demand.number();
        drop(self.sender.try_send(held));
    }

    /// Waits, at most until the connection is back.
    async fn pause(&self, wait: Duration) -> ControlFlow<()> {
        tokio::select! {
            () = self.pump.link.closing.cancelled() => ControlFlow::Break(()),
            () = self.sender.closed() => ControlFlow::Break(()),
            () = self.pump.link.returned() => ControlFlow::Continue(()),
            () = sleep(wait) => ControlFlow::Continue(()),
        }
    }
}
