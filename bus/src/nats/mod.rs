//! The bus on NATS JetStream. Why it is laid out as it is stands in docs/adr/0002-jetstream-topology.md.

mod backoff;
mod consumer;
mod deliver;
mod demand;
mod denial;
mod failure;
mod inbox;
mod kv;
mod link;
mod login;
mod names;
pub mod outlet;
mod parts;
mod publish;
mod pulse;
mod pump;
mod settle;
mod stored;
mod topology;
mod trim;
mod user;

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::stream::Info;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use tokio::sync::watch;

use self::deliver::Deliveries;
use self::demand::Demand;
use self::kv::Buckets;
use self::link::{Link, NOTHING};
use self::publish::Publisher;
use self::pump::Pump;
use self::settle::Releases;
use crate::backend::{Backend, Incoming, Outgoing, Pull};
use crate::durability::Durability;
use crate::kv::Entry;
use crate::{
    BusError, ConsumerSpec, ConsumerStatus, Id, Receipt, Room, Settings, Start, Stream, StreamStatus,
};

/// The headers that make a message the head of one in parts.
pub(crate) const HEAD: [&str; 4] = [names::UPLOAD, names::PARTS, names::LENGTH, names::HASH];

/// How many bytes a head claims; `None` where the headers are none of a head.
pub(crate) fn claimed_length(headers: &HeaderMap) -> Option<Result<usize, String>> {
    Some(match parts::Head::of(Some(headers))? {
        Ok(head) => Ok(head.length()),
        Err(parts::Broken(why)) => Err(why),
    })
}

/// The bus on NATS JetStream.
pub(crate) struct Nats {
    link: Link,
    settings: Settings,
    publisher: Publisher,
    buckets: Buckets,
    releases: Releases,
    durability: Durability,
}

impl Nats {
    /// Connects, and creates the streams that lack.
    pub(crate) async fn connect(servers: &[String], settings: &Settings) -> Result<Self, BusError> {
        let link = Link::connect(servers, settings).await?;
        topology::ensure(&link, settings).await?;
        let durability = topology::durability(&link).await?;
        Ok(Self {
            publisher: Publisher::new(link.clone(), settings.clone()),
            buckets: Buckets::new(link.clone(), settings.replicas),
            releases: Releases::start(&link),
            settings: settings.clone(),
            durability,
            link,
        })
    }
}

#[async_trait]
impl Backend for Nats {
    async fn publish(&self, stream: Stream, message: Outgoing) -> Result<Receipt, BusError> {
        self.publisher.publish(stream, message).await
    }

    async fn consume(&self, stream: Stream, spec: &ConsumerSpec) -> Result<Box<dyn Pull>, BusError> {
        let pump = Pump {
            link: self.link.clone(),
            stream,
            spec: spec.clone(),
            settings: self.settings.clone(),
            releases: self.releases.clone(),
        };
        let (demand, demanded) = watch::channel(Demand::default());
        let held = pump.start(demanded).await?;
        Ok(Box::new(Deliveries { link: self.link.clone(), spec: spec.clone(), held, demand, current: None }))
    }

    async fn read(
        &self,
        stream: Stream,
        start: Start,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<Incoming, BusError>>, BusError> {
        stored::read(&self.link, stream, start, follow).await
    }

    async fn get(&self, stream: Stream, id: Id) -> Result<Option<Incoming>, BusError> {
        stored::get(&self.link, stream, id).await
    }

    async fn remove(&self, stream: Stream, id: Id) -> Result<bool, BusError> {
        let subject = names::subject(stream, None, &names::key(stream, id))?;
        match stream {
            // Their subjects are shared.
            Stream::Events => Ok(false),
            Stream::Alerts | Stream::DeadLetters => trim::remove(&self.link, stream, &subject).await,
        }
    }

    async fn forget(&self, stream: Stream, consumer: &str) -> Result<bool, BusError> {
        consumer::forget(&self.link, stream, consumer).await
    }

    async fn status(&self, stream: Stream) -> Result<StreamStatus, BusError> {
        let info: Info = self.link.ask(format!("STREAM.INFO.{}", names::stream(stream)), &NOTHING).await?;
        let durables = consumer::durables(&self.link, stream).await?;
        Ok(StreamStatus {
            messages: info.state.messages,
            bytes: info.state.bytes,
            first_sequence: if info.state.messages == 0 { 0 } else { info.state.first_sequence },
            last_sequence: info.state.last_sequence,
            consumers: durables.iter().map(status_of).collect(),
        })
    }

    async fn room(&self, stream: Stream) -> Result<Room, BusError> {
        let info: Info = self.link.ask(format!("STREAM.INFO.{}", names::stream(stream)), &NOTHING).await?;
        // One without a bound, as another may have made it, has room for ever.
        let limit = u64::try_from(info.config.max_bytes).unwrap_or(u64::MAX);
        Ok(Room { held: info.state.bytes, limit })
    }

    async fn trim(&self, stream: Stream, keep: Duration) -> Result<u64, BusError> {
        trim::trim(&self.link, stream, keep).await
    }

    async fn kv_get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        self.buckets.get(bucket, key).await
    }

    async fn kv_put(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<Option<u64>, BusError> {
        self.buckets.put(bucket, key, value, expected).await
    }

    async fn kv_watch(&self, bucket: &str) -> Result<BoxStream<'static, Result<Entry, BusError>>, BusError> {
        Box::pin(self.buckets.watch(bucket)).await
    }

    fn durability(&self) -> Option<Durability> {
        Some(self.durability.clone())
    }

    fn system(&self) -> &'static str {
        "nats"
    }

    fn reachable(&self) -> watch::Receiver<bool> {
        self.link.pulse.up()
    }

    async fn close(&self) -> Result<(), BusError> {
        self.publisher.close().await;
        self.link.stop().await;
        self.releases.flush().await;
        self.link.disconnect().await;
        Ok(())
    }
}

fn status_of(consumer: &async_nats::jetstream::consumer::Info) -> ConsumerStatus {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    ConsumerStatus {
        name: consumer.name.clone(),
        pending: consumer.num_pending,
        unsettled: count(consumer.num_ack_pending),
        redelivered: count(consumer.num_redelivered),
    }
}
