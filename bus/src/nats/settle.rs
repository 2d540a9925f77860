//! Settling a delivery: the server is told, and says that it heard.

use std::time::Duration;

use async_nats::{Request, Subject};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::debug;

use super::link::Link;
use crate::BusError;
use crate::backend::Settle;

const ACK: &[u8] = b"+ACK";
const NAK: &[u8] = b"-NAK";
const IN_PROGRESS: &[u8] = b"+WPI";

/// How many releases may wait to be sent. What does not fit comes again anyway, once its `ack_wait` is over.
const RELEASES: usize = 4096;

/// Tells the server about released messages, for those who cannot wait: `Drop`.
#[derive(Clone)]
pub(super) struct Releases(mpsc::Sender<Release>);

enum Release {
    /// The message with this reply subject.
    Message(Subject),
    /// Say when all before are on their way.
    Flush(oneshot::Sender<()>),
}

impl Releases {
    /// Starts the task that sends them; it ends with the last [`Lease`] and the last copy of this.
    pub(super) fn start(link: &Link) -> Self {
        let (sender, mut releases) = mpsc::channel(RELEASES);
        let link = link.clone();
        tokio::spawn(async move {
            while let Some(release) = releases.recv().await {
                match release {
                    Release::Message(reply) => send_release(&link, reply).await,
                    Release::Flush(done) => drop(done.send(())),
                }
            }
        });
        Self(sender)
    }

    /// Waits until the server has heard of all releases so far, or is away.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.0.send(Release::Flush(done)).await.is_ok() {
            drop(flushed.await);
        }
    }

    fn send(&self, reply: Subject) {
        if self.0.try_send(Release::Message(reply)).is_err() {
            debug!("too many releases at once; a message comes again when its time is over");
        }
    }
}

/// Confirmed, so that whoever asks for messages after a release gets the released one.
async fn send_release(link: &Link, reply: Subject) {
    let sent = link.unless_lost(link.client.request(reply, Bytes::from_static(NAK))).await;
    if !matches!(sent, Ok(Ok(_))) {
        debug!("a message could not be released; it comes again when its time is over");
    }
}

/// The right to settle a message. Dropped, the message goes to another worker at once.
pub(super) struct Lease {
    reply: Option<Subject>,
    releases: Releases,
}

impl Lease {
    pub(super) fn new(reply: Subject, releases: Releases) -> Self {
        Self { reply: Some(reply), releases }
    }

    /// Lets go without a word: the server has given the message to another worker, or will.
    pub(super) fn forget(&mut self) {
        self.reply = None;
    }

    /// Where to settle; `None` once that is done.
    fn reply(&self) -> Option<Subject> {
        self.reply.clone()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            self.releases.send(reply);
        }
    }
}

/// A [`Lease`] together with the link to settle it over.
pub(super) struct Settlement {
    link: Link,
    lease: Lease,
}

impl Settlement {
    pub(super) fn new(link: Link, lease: Lease) -> Self {
        Self { link, lease }
    }

    /// Tells the server and waits until it has heard, also through a short outage.
    async fn confirmed(&mut self, word: Bytes) -> Result<(), BusError> {
        let Some(reply) = self.lease.reply() else { return Ok(()) };
        let deadline = Instant::now() + self.link.timeout;
        loop {
            let request = Request::new().payload(word.clone()).timeout(None);
            let returned = self.link.returned();
            let answered = self.link.unless_lost(self.link.client.send_request(reply.clone(), request));
            match timeout_at(deadline, answered).await {
                Ok(Ok(Ok(_))) => {
                    self.lease.forget();
                    return Ok(());
                }
                Ok(Err(BusError::Closed)) => return Err(BusError::Closed),
                // Nobody there: the consumer has no leader just now, or the server is coming back.
                Ok(Ok(Err(_))) => {
                    sleep_until(deadline.min(Instant::now() + Duration::from_millis(100))).await
                }
                Ok(Err(_)) => drop(timeout_at(deadline, returned).await),
                Err(_) => {}
            }
            if Instant::now() >= deadline {
                return Err(BusError::Timeout(self.link.timeout));
            }
        }
    }
}

#[async_trait]
impl Settle for Settlement {
    async fn ack(&mut self) -> Result<(), BusError> {
        self.confirmed(Bytes::from_static(ACK)).await
    }

    async fn retry(&mut self, delay: Duration) -> Result<(), BusError> {
        let word = format!("-NAK {{\"delay\":{}}}", delay.as_nanos());
        self.confirmed(word.into()).await
    }

    async fn extend(&mut self) -> Result<(), BusError> {
        extend(&self.link, &self.lease).await
    }

    fn release(&mut self) {
        if let Some(reply) = self.lease.reply.take() {
            self.lease.releases.send(reply);
        }
    }
}

/// Starts the time for settling anew. Not confirmed: a lost word costs a second delivery at worst.
pub(super) async fn extend(link: &Link, lease: &Lease) -> Result<(), BusError> {
    let Some(reply) = lease.reply() else { return Ok(()) };
    link.check_up()?;
    let sent = link.client.publish(reply, Bytes::from_static(IN_PROGRESS)).await;
    sent.map_err(|error| BusError::Unavailable(error.to_string()))
}
