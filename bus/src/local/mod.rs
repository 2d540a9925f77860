//! The bus in a directory of this machine.

mod batch;
mod consumers;
mod disk;
#[cfg(test)]
mod faults;
mod file;
mod keys;
mod progress;
mod pull;
mod read;
mod remote;
mod server;
mod share;
mod socket;
mod store;
mod tables;
mod wire;
mod writer;

pub(crate) use remote::Remote;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use prost::Message;
use proto::bus::v1::StoredMessage;
use tokio::time::Instant;

use self::disk::Disk;
use self::progress::Progress;
use self::pull::Worker;
use self::share::Share;
use self::socket::Door;
use self::store::Store;
use crate::backend::{Backend, Incoming, Outgoing, Pull};
use crate::durability::Durability;
use crate::kv::Entry;
use crate::{BusError, ConsumerSpec, Id, Receipt, Room, Settings, Start, Stream, StreamStatus};

/// Id and payload of a message that came over the socket.
pub(crate) fn stored(message: StoredMessage) -> Result<(Id, Bytes), BusError> {
    wire::message_from(message).map(|message| (message.id, message.payload))
}

/// The progress of a consumer that was read and is kept again, after a worker has joined and was given a message.
pub(crate) fn resumed(row: &[u8]) -> Result<Vec<u8>, BusError> {
    let kept = Progress::decode(row).map_err(|error| BusError::Corrupt(error.to_string()))?;
    let now = Instant::now();
    let mut share = Share::restored(&kept, now);
    // Alone, it agrees with itself.
    share.join(&ConsumerSpec::named("worker")).map_err(BusError::Setup)?;
    drop(share.take(now));
    Ok(share.progress(&BTreeSet::new()).encode_to_vec())
}

/// A store that this process holds open.
pub(crate) struct Local {
    // First, so that it is shut before the store is let go.
    door: Mutex<Option<Door>>,
    store: Arc<Store>,
    directory: String,
}

impl Local {
    pub(crate) async fn open(directory: &Path, settings: &Settings) -> Result<Self, BusError> {
        let (path, settings) = (directory.to_owned(), settings.clone());
        let opened =
            tokio::task::spawn_blocking(move || Store::start(Disk::open_directory(&path)?, &settings));
        let store =
            opened.await.map_err(|error| BusError::Setup(format!("opening the store: {error}")))??;
        let (store, shown) = (Arc::new(store), directory.display().to_string());
        let door = Door::open(
            directory,
            Self { store: Arc::clone(&store), door: Mutex::new(None), directory: shown.clone() },
        )?;
        Ok(Self { store, door: Mutex::new(Some(door)), directory: shown })
    }
}

#[async_trait]
impl Backend for Local {
    async fn publish(&self, stream: Stream, message: Outgoing) -> Result<Receipt, BusError> {
        self.store.publish(stream, message).await
    }

    async fn consume(&self, stream: Stream, spec: &ConsumerSpec) -> Result<Box<dyn Pull>, BusError> {
        Ok(Box::new(Worker::join(Arc::clone(&self.store), stream, spec).await?))
    }

    async fn read(
        &self,
        stream: Stream,
        start: Start,
        follow: bool,
    ) -> Result<BoxStream<'static, Result<Incoming, BusError>>, BusError> {
        read::from(Arc::clone(&self.store), stream, start, follow).await
    }

    async fn get(&self, stream: Stream, id: Id) -> Result<Option<Incoming>, BusError> {
        self.store.blocking(move |store| read::by_id(&store.disk, stream, id)).await
    }

    async fn remove(&self, stream: Stream, id: Id) -> Result<bool, BusError> {
        self.store.write(0, move |batch| batch.remove(stream, id)).await
    }

    async fn forget(&self, stream: Stream, consumer: &str) -> Result<bool, BusError> {
        let (consumers, name) = (Arc::clone(&self.store.consumers), consumer.to_owned());
        self.store.write(0, move |batch| batch.forget(stream, &name, &consumers)).await?
    }

    async fn status(&self, stream: Stream) -> Result<StreamStatus, BusError> {
        self.store.blocking(move |store| read::status(store, stream)).await
    }

    async fn room(&self, stream: Stream) -> Result<Room, BusError> {
        let limit = self.store.limit(stream);
        let held = self.store.blocking(move |store| Ok(read::status(store, stream)?.bytes)).await?;
        Ok(Room { held, limit })
    }

    async fn trim(&self, stream: Stream, keep: Duration) -> Result<u64, BusError> {
        self.store.trim(stream, keep).await
    }

    async fn kv_get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.store.blocking(move |store| keys::get(&store.disk, &bucket, &key)).await
    }

    async fn kv_put(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<Option<u64>, BusError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let bytes = value.as_ref().map_or(0, Bytes::len);
        self.store.write(bytes, move |batch| batch.put_key(&bucket, &key, value.as_ref(), expected)).await
    }

    async fn kv_watch(&self, bucket: &str) -> Result<BoxStream<'static, Result<Entry, BusError>>, BusError> {
        Ok(keys::watch(Arc::clone(&self.store), bucket))
    }

    fn durability(&self) -> Option<Durability> {
        Some(Durability::Synced(self.directory.clone()))
    }

    async fn close(&self) -> Result<(), BusError> {
        self.store.closing.cancel();
        let door = self.door.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(door) = door {
            door.close().await;
        }
        self.store.close().await
    }
}
