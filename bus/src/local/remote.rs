//! A local store that another process holds open, reached through its unix socket.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use proto::bus::v1 as wire;
use proto::bus::v1::store_client::StoreClient;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};

use super::socket::Reach;
use super::wire::{LARGEST, entry_from, error_from, message_from, start_to, status_from};
use crate::backend::{Backend, Incoming, Outgoing, Pull};
use crate::kv::Entry;
use crate::{BusError, ConsumerSpec, Id, Receipt, Start, Stream, StreamStatus};

/// How long a process may take from locking a store to serving it.
const STARTING: Duration = Duration::from_secs(5);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
const WINDOW: u32 = 4 << 20;

/// A store in another process.
pub(crate) struct Remote {
    client: StoreClient<Channel>,
    store: String,
    /// Keeps the path to the socket valid.
    _reach: Reach,
}

impl Remote {
    pub(crate) async fn connect(directory: &Path) -> Result<Self, BusError> {
        let store = directory.display().to_string();
        let setup =
            |error: &dyn std::fmt::Display| BusError::Setup(format!("the socket in {store}: {error}"));
        let reach = Reach::of(directory).map_err(|error| setup(&error))?;
        let endpoint = Endpoint::from_shared(format!("unix:{}", reach.socket().display()))
            .map_err(|error| setup(&error))?
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        let deadline = Instant::now() + STARTING;
        let channel = loop {
            match endpoint.connect().await {
                Ok(channel) => break channel,
                Err(_) if Instant::now() < deadline => tokio::time::sleep(BETWEEN_TRIES).await,
                Err(error) => {
                    return Err(BusError::Unavailable(format!(
                        "{store} is open in another process, and that does not answer on its socket: {error}"
                    )));
                }
            }
        };
        let client =
            StoreClient::new(channel).max_decoding_message_size(LARGEST).max_encoding_message_size(LARGEST);
        Ok(Self { client, store, _reach: reach })
    }

    /// What only the process that holds the store can do.
    fn busy(&self) -> BusError {
        BusError::Busy(self.store.clone())
    }
}

#[async_trait]
impl Backend for Remote {
    async fn publish(&self, stream: Stream, message: Outgoing) -> Result<Receipt, BusError> {
        // An operator's command belongs to no trace.
        let Outgoing { id, payload, only_for, trace: _ } = message;
        let (stream, only_for) = (stream.name().to_owned(), only_for.unwrap_or_default());
        let request = wire::PublishRequest { stream, id: id.to_string(), payload, only_for };
        let answer = self.client.clone().publish(request).await.map_err(|status| error_from(&status))?;
        let wire::PublishResponse { sequence, duplicate } = answer.into_inner();
        Ok(Receipt { sequence, duplicate })
    }

    async fn consume(&self, _stream: Stream, _spec: &ConsumerSpec) -> Result<Box<dyn Pull>, BusError> {
        Err(self.busy())
    }

    async fn read(
        &self,
        stream: Stream,
        start: Start,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<Incoming, BusError>>, BusError> {
        let request = wire::ReadRequest { stream: stream.name().to_owned(), start: start_to(start), follow };
        let answer = self.client.clone().read(request).await.map_err(|status| error_from(&status))?;
        let messages = answer.into_inner();
        Ok(messages
            .map(|message| message.map_err(|status| error_from(&status)).and_then(message_from))
            .boxed())
    }

    async fn get(&self, stream: Stream, id: Id) -> Result<Option<Incoming>, BusError> {
        let request = wire::GetRequest { stream: stream.name().to_owned(), id: id.to_string() };
        let answer = self.client.clone().get(request).await.map_err(|status| error_from(&status))?;
        answer.into_inner().message.map(message_from).transpose()
    }

    async fn remove(&self, stream: Stream, id: Id) -> Result<bool, BusError> {
        let request = wire::RemoveRequest { stream: stream.name().to_owned(), id: id.to_string() };
        let answer = self.client.clone().remove(request).await.map_err(|status| error_from(&status))?;
        Ok(answer.into_inner().removed)
    }

    async fn forget(&self, stream: Stream, consumer: &str) -> Result<bool, BusError> {
        let request = wire::ForgetRequest { stream: stream.name().to_owned(), consumer: consumer.to_owned() };
        let answer = self.client.clone().forget(request).await.map_err(|status| error_from(&status))?;
        Ok(answer.into_inner().forgotten)
    }

    async fn status(&self, stream: Stream) -> Result<StreamStatus, BusError> {
        let request = wire::StatusRequest { stream: stream.name().to_owned() };
        let answer = self.client.clone().status(request).await.map_err(|status| error_from(&status))?;
        Ok(status_from(answer.into_inner()))
    }

    async fn trim(&self, _stream: Stream, _keep: Duration) -> Result<u64, BusError> {
        Err(self.busy())
    }

    async fn kv_get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        let request = wire::KvGetRequest { bucket: bucket.to_owned(), key: key.to_owned() };
        let answer = self.client.clone().kv_get(request).await.map_err(|status| error_from(&status))?;
        Ok(answer.into_inner().entry.map(entry_from))
    }

    async fn kv_put(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<Option<u64>, BusError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let request = wire::KvPutRequest { bucket, key, value, expected_revision: expected };
        let answer = self.client.clone().kv_put(request).await.map_err(|status| error_from(&status))?;
        Ok(answer.into_inner().revision)
    }

    async fn kv_watch(&self, bucket: &str) -> Result<BoxStream<'static, Result<Entry, BusError>>, BusError> {
        let request = wire::KvWatchRequest { bucket: bucket.to_owned() };
        let answer = self.client.clone().kv_watch(request).await.map_err(|status| error_from(&status))?;
        let entries = answer.into_inner();
        Ok(entries.map(|entry| entry.map(entry_from).map_err(|status| error_from(&status))).boxed())
    }

    async fn close(&self) -> Result<(), BusError> {
        Ok(())
    }
}
