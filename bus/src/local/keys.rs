//! Keys and values: reading and watching them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use redb::ReadTransaction;
use tokio::sync::watch;

use super::disk::{Disk, Fault};
use super::store::Store;
use super::tables::{KEYS, REVISIONS};
use crate::BusError;
use crate::kv::Entry;

/// The entry of a key.
pub(super) fn get(disk: &Disk, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
    disk.read(|txn| {
        let row = txn.open_table(KEYS)?.get((bucket, key))?;
        Ok(row.map(|row| entry(key, row.value())))
    })
}

/// First every key as it is, then what changes.
pub(super) fn watch(store: Arc<Store>, bucket: &str) -> BoxStream<'static, Result<Entry, BusError>> {
    let mut changes = store.heads.keys.subscribe();
    changes.mark_changed();
    let bucket = bucket.to_owned();
    let watching =
        Watching { store, bucket, changes, seen: Arc::default(), found: VecDeque::new(), is_over: false };
    stream::unfold(watching, |mut watching| async move {
        let item = watching.next().await.transpose()?;
        watching.is_over = item.is_err();
        Some((item, watching))
    })
    .boxed()
}

/// What a watcher has seen. It holds revisions and no queue of changes: one who is slow misses what was overwritten
/// meanwhile, never what stands at last.
struct Watching {
    store: Arc<Store>,
    bucket: String,
    changes: watch::Receiver<u64>,
    seen: Arc<Seen>,
    found: VecDeque<Entry>,
    is_over: bool,
}

#[derive(Debug, Default, Clone)]
struct Seen {
    revision: u64,
    keys: BTreeMap<String, u64>,
}

impl Watching {
    async fn next(&mut self) -> Result<Option<Entry>, BusError> {
        loop {
            if let Some(entry) = self.found.pop_front() {
                return Ok(Some(entry));
            }
            if self.is_over {
                return Ok(None);
            }
            tokio::select! {
                () = self.store.closing.cancelled() => return Ok(None),
                changed = self.changes.changed() => if changed.is_err() { return Ok(None) },
            }
            let (bucket, seen) = (self.bucket.clone(), Arc::clone(&self.seen));
            let look = move |store: &Store| store.disk.read(|txn| look(txn, &bucket, &seen));
            match self.store.blocking(look).await {
                Ok(Some((seen, found))) => {
                    self.seen = Arc::new(seen);
                    self.found = found.into();
                }
                Ok(None) => {}
                // Closed between waiting and looking.
                Err(BusError::Closed) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

/// What a bucket holds that was not seen yet, in the order it was written.
fn look(txn: &ReadTransaction, bucket: &str, before: &Seen) -> Result<Option<(Seen, Vec<Entry>)>, Fault> {
    let revision = txn.open_table(REVISIONS)?.get(bucket)?.map_or(0, |row| row.value());
    if revision == before.revision {
        return Ok(None);
    }
    let mut seen = Seen { revision, keys: BTreeMap::new() };
    let mut found = Vec::new();
    for row in txn.open_table(KEYS)?.range((bucket, "")..)? {
        let (key, row) = row?;
        let ((in_bucket, key), row) = (key.value(), row.value());
        if in_bucket != bucket {
            break;
        }
        seen.keys.insert(key.to_owned(), row.0);
        if before.keys.get(key) != Some(&row.0) {
            found.push(entry(key, row));
        }
    }
    found.sort_by_key(|entry| entry.revision);
    let gone = before.keys.keys().filter(|key| !seen.keys.contains_key(*key));
    found.extend(gone.map(|key| Entry { key: key.clone(), value: None, revision }));
    Ok(Some((seen, found)))
}

fn entry(key: &str, (revision, value): (u64, &[u8])) -> Entry {
    Entry { key: key.to_owned(), value: Some(Bytes::copy_from_slice(value)), revision }
}
