//! The durable consumers of a store, each shared by its workers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{ReadTransaction, ReadableTable};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::disk::{Disk, Fault};
use super::progress::Progress;
use super::share::{Lease, Share};
use super::tables;
use crate::{BusError, ConsumerStatus, Stream};

/// All durable consumers.
#[derive(Default)]
pub(super) struct Consumers {
    by_name: Mutex<BTreeMap<(Stream, String), Arc<Durable>>>,
}

/// A durable consumer.
pub(super) struct Durable {
    stream: Stream,
    name: String,
    share: Mutex<Share>,
    /// Held by the one worker that reads ahead for all.
    pub(super) reading_ahead: Arc<tokio::sync::Mutex<()>>,
    /// Notified when something was settled or put off.
    pub(super) changed: Notify,
}

impl Consumers {
    /// Those that the store knows.
    pub(super) fn load(disk: &Disk) -> Result<Self, BusError> {
        let by_name = disk.read(|txn| {
            let mut found = BTreeMap::new();
            for row in txn.open_table(tables::CONSUMERS)?.iter()? {
                let (key, row) = row?;
                let (number, name) = key.value();
                let Some(stream) = tables::stream(number) else { continue };
                let progress = Progress::decode(row.value())
                    .map_err(|error| Fault::corrupt(format!("the progress of consumer {name}: {error}")))?;
                let durable = Durable::new(stream, name, Share::restored(&progress, Instant::now()));
                found.insert((stream, name.to_owned()), Arc::new(durable));
            }
            Ok(found)
        })?;
        Ok(Self { by_name: Mutex::new(by_name) })
    }

    /// The consumers of a stream, by name.
    pub(super) fn of(&self, stream: Stream) -> Vec<Arc<Durable>> {
        let by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        by_name.values().filter(|durable| durable.stream == stream).cloned().collect()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Durable>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The one of that name, created in memory where there is none.
    pub(super) fn get_or_create(&self, stream: Stream, name: &str) -> Arc<Durable> {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let new =
            || Arc::new(Durable::new(stream, name, Share::restored(&Progress::default(), Instant::now())));
        Arc::clone(by_name.entry((stream, name.to_owned())).or_insert_with(new))
    }

    /// Forgets the one of that name, unless it has workers.
    pub(super) fn forget(&self, stream: Stream, name: &str) -> Result<(), BusError> {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (stream, name.to_owned());
        if by_name.get(&key).is_some_and(|durable| durable.share().workers() > 0) {
            return Err(crate::error::in_use(name));
        }
        by_name.remove(&key);
        Ok(())
    }
}

impl Durable {
    fn new(stream: Stream, name: &str, share: Share) -> Self {
        Self {
            stream,
            name: name.to_owned(),
            share: Mutex::new(share),
            reading_ahead: Arc::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn stream(&self) -> Stream {
        self.stream
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn share(&self) -> MutexGuard<'_, Share> {
        self.share.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a message with that `only_for` is for this consumer.
    pub(super) fn is_for(&self, only_for: &str) -> bool {
        only_for.is_empty() || only_for == self.name
    }

    pub(super) fn is_done_with(&self, sequence: u64, only_for: &str) -> bool {
        !self.is_for(only_for) || self.share().is_done_with(sequence)
    }

    pub(super) fn progress(&self, settling: &BTreeSet<u64>) -> Progress {
        self.share().progress(settling)
    }

    pub(super) fn begin_settling(&self, sequence: u64) {
        self.share().begin_settling(sequence);
    }

    /// They are settled, durably.
    pub(super) fn settled(&self, sequences: &BTreeSet<u64>) {
        let mut share = self.share();
        sequences.iter().for_each(|sequence| share.settled(*sequence));
        drop(share);
        self.changed.notify_waiters();
    }

    /// They could not be settled, and come again.
    pub(super) fn not_settled(&self, sequences: &BTreeSet<u64>) {
        let now = Instant::now();
        let mut share = self.share();
        sequences.iter().for_each(|sequence| share.not_settled(*sequence, now));
        drop(share);
        self.changed.notify_waiters();
    }

    /// Puts a message off until `due`, if this lease still holds it.
    pub(super) fn put_off(&self, lease: Lease, due: Instant) {
        self.share().put_off(lease, due);
        self.changed.notify_waiters();
    }

    /// How far it is; counts what is still to come.
    pub(super) fn status(&self, txn: &ReadTransaction) -> Result<ConsumerStatus, Fault> {
        let number = tables::number(self.stream);
        let from = self.share().first_not_given();
        let mut pending = 0;
        for row in txn.open_table(tables::LABELS)?.range((number, from)..=(number, u64::MAX))? {
            pending += u64::from(self.is_for(row?.1.value().3));
        }
        Ok(self.share().status(&self.name, pending))
    }
}
