//! Keys and values that all processes on the bus share and can watch.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::{Bus, BusError};

/// A key at some revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value; `None` where the key was deleted.
    pub value: Option<Bytes>,
    /// Grows with every write to the bucket.
    pub revision: u64,
}

/// Keys and values under a name. Keys are letters, digits, `-`, `_`, `.`, `/` and `=`.
#[derive(Clone)]
pub struct Bucket {
    bus: Bus,
    name: String,
}

impl Bucket {
    pub(crate) fn new(bus: Bus, name: &str) -> Self {
        Self { bus, name: name.to_owned() }
    }

    /// The entry of a key; `None` where the key is not set.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn get(&self, key: &str) -> Result<Option<Entry>, BusError> {
        self.bus.backend.kv_get(&self.name, key).await
    }

    /// Sets a key and returns its revision.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn put(&self, key: &str, value: impl Into<Bytes>) -> Result<u64, BusError> {
        let revision = self.bus.backend.kv_put(&self.name, key, Some(value.into()), None).await?;
        revision.ok_or_else(|| BusError::Corrupt(format!("key {key} was not written")))
    }

    /// Sets a key only if its revision is `expected` (0: only if it is not set); `None` where it is another.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn put_if(&self, key: &str, value: impl Into<Bytes>, expected: u64) -> Result<Option<u64>, BusError> {
        self.bus.backend.kv_put(&self.name, key, Some(value.into()), Some(expected)).await
    }

    /// Unsets a key.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn delete(&self, key: &str) -> Result<(), BusError> {
        self.bus.backend.kv_put(&self.name, key, None, None).await.map(drop)
    }

    /// Watches the bucket: first every key as it is, then each change.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn watch(&self) -> Result<Watch, BusError> {
        Ok(Watch { entries: self.bus.backend.kv_watch(&self.name).await? })
    }
}

/// The keys of a bucket as they are and as they change.
pub struct Watch {
    entries: BoxStream<'static, Result<Entry, BusError>>,
}

impl Watch {
    /// Waits for the next entry; `None` once the bus is closed.
    ///
    /// # Errors
    /// Final: watch anew.
    pub async fn next(&mut self) -> Result<Option<Entry>, BusError> {
        self.entries.next().await.transpose()
    }
}
