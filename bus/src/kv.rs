//! Keys and values that all processes on the bus share and can watch.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::{Bus, BusError};

/// A key of our own in a bucket that is listed: whoever lists it writes it, to know when all has been seen.
const MARK: &str = "listed";

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

/// Keys and values under a name. Names are letters, digits, `-` and `_`; keys may have `.`, `/` and `=` too, but no `.`
/// at either end.
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
        self.check(key)?;
        self.bus.backend.kv_get(&self.name, key).await
    }

    /// Sets a key and returns its revision.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn put(&self, key: &str, value: impl Into<Bytes>) -> Result<u64, BusError> {
        self.check(key)?;
        let revision = self.bus.backend.kv_put(&self.name, key, Some(value.into()), None).await?;
        revision.ok_or_else(|| BusError::Corrupt(format!("key {key} was not written")))
    }

    /// Sets a key only if its revision is `expected` (0: only if it is not set); `None` where it is another.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn put_if(
        &self,
        key: &str,
        value: impl Into<Bytes>,
        expected: u64,
    ) -> Result<Option<u64>, BusError> {
        self.check(key)?;
        self.bus.backend.kv_put(&self.name, key, Some(value.into()), Some(expected)).await
    }

    /// Unsets a key.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn delete(&self, key: &str) -> Result<(), BusError> {
        self.check(key)?;
        self.bus.backend.kv_put(&self.name, key, None, None).await.map(drop)
    }

    /// Unsets a key only if its revision is `expected`; says whether it was.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn delete_if(&self, key: &str, expected: u64) -> Result<bool, BusError> {
        self.check(key)?;
        Ok(self.bus.backend.kv_put(&self.name, key, None, Some(expected)).await?.is_some())
    }

    /// Every key that is set now, by name.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn entries(&self) -> Result<BTreeMap<String, Entry>, BusError> {
        // What a watch shows first is in the order it was written, so that all that is older is seen before this.
        let now =
            self.bus.backend.kv_put(&self.name, MARK, Some(Bytes::new()), None).await?.unwrap_or(u64::MAX);
        let mut watch = self.watch().await?;
        let mut entries = BTreeMap::new();
        while let Some(entry) = watch.entries.next().await.transpose()? {
            let is_last = entry.revision >= now;
            if entry.key != MARK && entry.value.is_some() {
                entries.insert(entry.key.clone(), entry);
            } else {
                entries.remove(&entry.key);
            }
            if is_last {
                break;
            }
        }
        Ok(entries)
    }

    /// Watches the bucket: first every key as it is, then each change. Of several changes of one key in quick
    /// succession, only the last may be seen.
    ///
    /// # Errors
    /// Those of reaching the bus.
    pub async fn watch(&self) -> Result<Watch, BusError> {
        self.check_name()?;
        Ok(Watch { entries: self.bus.backend.kv_watch(&self.name).await? })
    }
}

impl Bucket {
    fn check_name(&self) -> Result<(), BusError> {
        if is_name(&self.name) {
            Ok(())
        } else {
            Err(BusError::Setup(format!("`{}` is no name of a bucket", self.name)))
        }
    }

    fn check(&self, key: &str) -> Result<(), BusError> {
        self.check_name()?;
        let is_key = key.split('.').all(|part| !part.is_empty())
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=".contains(&byte));
        if is_key {
            Ok(())
        } else {
            Err(BusError::Setup(format!("`{key}` is no key of bucket {}", self.name)))
        }
    }
}

/// Whether a text may name a consumer or a bucket: what all backends take.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
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
        loop {
            match self.entries.next().await.transpose()? {
                Some(entry) if entry.key == MARK => {}
                entry => return Ok(entry),
            }
        }
    }
}
