//! One worker's messages: each put together if it was split, and still ours.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tracing::{debug, warn};

use super::backoff::Backoff;
use super::demand::{Asking, Demand};
use super::link::Link;
use super::parts::{self, Broken, Head};
use super::pump::Held;
use super::settle::{self, Settlement};
use super::stored;
use crate::BusError;
use crate::ConsumerSpec;
use crate::backend::{Incoming, Pull, RawDelivery};

pub(super) struct Deliveries {
    pub(super) link: Link,
    pub(super) spec: ConsumerSpec,
    pub(super) held: mpsc::Receiver<Held>,
    pub(super) demand: watch::Sender<Demand>,
    /// The message that is being put together. Kept here, so that giving up on `next` does not lose it.
    pub(super) current: Option<Held>,
}

#[async_trait]
impl Pull for Deliveries {
    async fn next(&mut self) -> Result<RawDelivery, BusError> {
        loop {
            if self.current.is_none() {
                self.current = Some(self.receive().await?);
            }
            let Some(held) = &self.current else { continue };
            let (incoming, attempt) = self.prepare(held).await?;
            let Some(mut held) = self.current.take() else { continue };
            if held.arrived.elapsed() >= self.spec.ack_wait {
                debug!(consumer = self.spec.name, "a message waited here until it went to another worker");
                held.lease.forget();
                continue;
            }
            let settle = Box::new(Settlement::new(self.link.clone(), held.lease));
            return Ok(RawDelivery { message: incoming, attempt, settle });
        }
    }
}

impl Deliveries {
    async fn receive(&mut self) -> Result<Held, BusError> {
        if let Ok(held) = self.held.try_recv() {
            return Ok(held);
        }
        let _asking = Asking::begin(&self.demand);
        let held = tokio::select! {
            biased;
            () = self.link.closing.cancelled() => None,
            held = self.held.recv() => held,
        };
        if held.is_none() {
            // What was fetched ahead goes to other workers.
            self.held.close();
            while self.held.try_recv().is_ok() {}
        }
        held.ok_or(BusError::Closed)
    }

    /// The message as it was published, and how often it was delivered. Waits outages out.
    async fn prepare(&self, held: &Held) -> Result<(Incoming, u64), BusError> {
        if held.arrived.elapsed() > self.spec.ack_wait / 4 {
            // Unconfirmed, like every extension; if it is lost, the message may be delivered twice.
            drop(settle::extend(&self.link, &held.lease).await);
        }
        let info = held.message.info().map_err(|error| BusError::Corrupt(error.to_string()))?;
        let attempt = u64::try_from(info.delivered).unwrap_or(1);
        let message = &held.message.message;
        let mut incoming = stored::incoming(
            (&message.subject, message.headers.as_ref()),
            &message.payload,
            info.stream_sequence,
            info.published,
        );
        if let Some(head) = Head::of(message.headers.as_ref()) {
            incoming.payload = self.whole(held, head).await?;
        }
        Ok((incoming, attempt))
    }

    async fn whole(&self, held: &Held, head: Result<Head, Broken>) -> Result<Bytes, BusError> {
        let subject = held.message.subject.as_str();
        let mut backoff = Backoff::default();
        let broken = loop {
            let head = match &head {
                Ok(head) => head,
                Err(Broken(why)) => break why.clone(),
            };
            match parts::join(&self.link, subject, head).await {
                Ok(Ok(whole)) => return Ok(whole),
                Ok(Err(Broken(why))) => break why,
                Err(BusError::Closed) => return Err(BusError::Closed),
                Err(error) => {
                    debug!(%error, "a split message cannot be fetched now");
                    sleep(backoff.next()).await;
                    drop(settle::extend(&self.link, &held.lease).await);
                }
            }
        };
        warn!(consumer = self.spec.name, why = broken, "a split message cannot be put together");
        // No message reads like this, so that it ends up with the dead letters, which then tell why.
        Ok(broken.into())
    }
}
