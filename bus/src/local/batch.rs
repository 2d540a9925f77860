//! One write transaction: what the writer does to the tables on behalf of many callers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use prost::Message;
use redb::{ReadableTable, Table, WriteTransaction};

use super::consumers::{Consumers, Durable};
use super::disk::Fault;
use super::tables::{self, IdKey, Label, Place, Totals};
use crate::backend::Outgoing;
use crate::{BusError, Id, Receipt, Settings, Stream};

/// How many messages one transaction trims, at the most.
const TRIM_AT_ONCE: usize = 2000;

/// The tables of a transaction, and what is to be done outside them once it is committed.
pub(super) struct Batch<'txn> {
    streams: Table<'txn, u8, (u64, u64, u64, u64)>,
    labels: Table<'txn, Place, Label>,
    payloads: Table<'txn, Place, &'static [u8]>,
    traces: Table<'txn, Place, (&'static str, &'static str)>,
    ids: Table<'txn, IdKey, (u64, u64)>,
    gone: Table<'txn, (u8, u64, &'static [u8; 16], &'static str), ()>,
    progress: Table<'txn, (u8, &'static str), &'static [u8]>,
    keys: Table<'txn, (&'static str, &'static str), (u64, &'static [u8])>,
    revisions: Table<'txn, &'static str, u64>,
    limits: Limits,
    now: u64,
    effects: &'txn mut Effects,
}

/// The settings that the tables are held to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    max_bytes: u64,
    duplicate_window: u64,
}

/// What a transaction does beside the tables.
#[derive(Default)]
pub(super) struct Effects {
    /// Settled messages by consumer.
    pub(super) settling: BTreeMap<(Stream, String), (Arc<Durable>, BTreeSet<u64>)>,
    /// The last sequence numbers of the streams written to.
    pub(super) heads: BTreeMap<Stream, u64>,
    /// Whether a key was written.
    pub(super) keys_changed: bool,
}

/// How far one step of trimming came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trimmed {
    pub(super) removed: u64,
    /// Where to go on, unless all was looked at.
    pub(super) next: Option<u64>,
}

impl Limits {
    pub(super) fn of(settings: &Settings) -> Self {
        Self { max_bytes: settings.max_bytes, duplicate_window: nanos(settings.duplicate_window) }
    }
}

impl<'txn> Batch<'txn> {
    pub(super) fn open(
        txn: &'txn WriteTransaction,
        limits: Limits,
        effects: &'txn mut Effects,
    ) -> Result<Self, Fault> {
        Ok(Self {
            streams: txn.open_table(tables::STREAMS)?,
            labels: txn.open_table(tables::LABELS)?,
            payloads: txn.open_table(tables::PAYLOADS)?,
            traces: txn.open_table(tables::TRACES)?,
            ids: txn.open_table(tables::IDS)?,
            gone: txn.open_table(tables::GONE)?,
            progress: txn.open_table(tables::CONSUMERS)?,
            keys: txn.open_table(tables::KEYS)?,
            revisions: txn.open_table(tables::REVISIONS)?,
            limits,
            now: now(),
            effects,
        })
    }

    /// Stores a message, unless its id is known or there is no room for it.
    pub(super) fn publish(
        &mut self,
        stream: Stream,
        message: &Outgoing,
    ) -> Result<Result<Receipt, BusError>, Fault> {
        let number = tables::number(stream);
        let only_for = message.only_for.as_deref().unwrap_or_default();
        let id = message.id.as_bytes();
        if let Some(sequence) = self.known(number, id, only_for)? {
            return Ok(Ok(Receipt { sequence, duplicate: true }));
        }
        let mut totals = Totals::get(&self.streams, stream)?;
        let length = u64::try_from(message.payload.len()).unwrap_or(u64::MAX);
        let most = stream.share().of(self.limits.max_bytes);
        if totals.bytes.saturating_add(length) > most {
            let held = totals.bytes;
            let text = format!("stream {} holds {held} of at most {most} bytes", stream.name());
            return Ok(Err(BusError::Full(text)));
        }
        totals.messages += 1;
        totals.bytes += length;
        totals.last_sequence += 1;
        // Clocks are set back at times; the order of store times is relied upon.
        totals.last_time = totals.last_time.max(self.now);
        let (sequence, time) = (totals.last_sequence, totals.last_time);
        self.payloads.insert((number, sequence), message.payload.as_ref())?;
        self.labels.insert((number, sequence), (time, id, length, only_for))?;
        if let Some(trace) = &message.trace {
            self.traces.insert((number, sequence), (trace.parent(), trace.state()))?;
        }
        self.ids.insert((number, id, only_for), (sequence, time))?;
        self.streams.insert(number, totals.row())?;
        self.effects.heads.insert(stream, sequence);
        Ok(Ok(Receipt { sequence, duplicate: false }))
    }

    /// The sequence number that a known id has.
    fn known(&mut self, number: u8, id: &[u8; 16], only_for: &str) -> Result<Option<u64>, Fault> {
        let Some((sequence, time)) = self.ids.get((number, id, only_for))?.map(|row| row.value()) else {
            return Ok(None);
        };
        let is_recent = time.saturating_add(self.limits.duplicate_window) > self.now;
        if is_recent || self.labels.get((number, sequence))?.is_some() {
            return Ok(Some(sequence));
        }
        self.gone.remove((number, time, id, only_for))?;
        Ok(None)
    }

    /// Removes a message for good; says whether it was there.
    pub(super) fn remove(&mut self, stream: Stream, id: Id) -> Result<bool, Fault> {
        let row = self.ids.get((tables::number(stream), id.as_bytes(), ""))?.map(|row| row.value());
        match row {
            Some((sequence, _)) => self.remove_at(stream, sequence),
            None => Ok(false),
        }
    }

    /// The id outlives its message: what is sent again late must not be stored again.
    fn remove_at(&mut self, stream: Stream, sequence: u64) -> Result<bool, Fault> {
        let number = tables::number(stream);
        let Some((time, id, length, only_for)) = self.labels.remove((number, sequence))?.map(|row| {
            let (time, id, length, only_for) = row.value();
            (time, *id, length, only_for.to_owned())
        }) else {
            return Ok(false);
        };
        self.payloads.remove((number, sequence))?;
        self.traces.remove((number, sequence))?;
        if time.saturating_add(self.limits.duplicate_window) > self.now {
            self.gone.insert((number, time, &id, only_for.as_str()), ())?;
        } else {
            self.ids.remove((number, &id, only_for.as_str()))?;
        }
        let mut totals = Totals::get(&self.streams, stream)?;
        totals.messages = totals.messages.saturating_sub(1);
        totals.bytes = totals.bytes.saturating_sub(length);
        self.streams.insert(number, totals.row())?;
        Ok(true)
    }

    /// Removes messages from `from` on that are older than `keep` and settled by all they are for: a bounded step.
    pub(super) fn trim(
        &mut self,
        stream: Stream,
        keep: Duration,
        from: u64,
        consumers: &Consumers,
    ) -> Result<Trimmed, Fault> {
        self.forget_ids(stream)?;
        let number = tables::number(stream);
        let cutoff = self.now.saturating_sub(nanos(keep));
        let consumers = consumers.of(stream);
        if consumers.is_empty() && stream == Stream::Events {
            // No evaluator has run yet. It will want them all.
            return Ok(Trimmed { removed: 0, next: None });
        }
        let mut settled = Vec::new();
        let mut next = None;
        for (looked_at, row) in self.labels.range((number, from)..=(number, u64::MAX))?.enumerate() {
            let (place, label) = row?;
            let (sequence, (time, _, _, only_for)) = (place.value().1, label.value());
            if time > cutoff {
                break;
            }
            if looked_at >= TRIM_AT_ONCE {
                next = Some(sequence);
                break;
            }
            if consumers.iter().all(|consumer| consumer.is_done_with(sequence, only_for)) {
                settled.push(sequence);
            }
        }
        let mut removed = 0;
        for sequence in settled {
            removed += u64::from(self.remove_at(stream, sequence)?);
        }
        Ok(Trimmed { removed, next })
    }

    fn forget_ids(&mut self, stream: Stream) -> Result<(), Fault> {
        let number = tables::number(stream);
        let before = self.now.saturating_sub(self.limits.duplicate_window);
        let mut old = Vec::new();
        for row in
            self.gone.range((number, 0, &[0; 16], "")..(number, before, &[0; 16], ""))?.take(TRIM_AT_ONCE)
        {
            let (key, _) = row?;
            let (_, time, id, only_for) = key.value();
            old.push((time, *id, only_for.to_owned()));
        }
        for (time, id, only_for) in old {
            self.gone.remove((number, time, &id, only_for.as_str()))?;
            self.ids.remove((number, &id, only_for.as_str()))?;
        }
        Ok(())
    }

    /// A message is done with, as far as this consumer goes.
    pub(super) fn settle(&mut self, durable: &Arc<Durable>, sequence: u64) {
        durable.begin_settling(sequence);
        let key = (durable.stream(), durable.name().to_owned());
        let (_, settling) =
            self.effects.settling.entry(key).or_insert_with(|| (Arc::clone(durable), BTreeSet::new()));
        settling.insert(sequence);
    }

    /// Keeps a consumer's progress, for a start.
    pub(super) fn keep_progress(&mut self, durable: &Durable, settling: &BTreeSet<u64>) -> Result<(), Fault> {
        let row = durable.progress(settling).encode_to_vec();
        self.progress.insert((tables::number(durable.stream()), durable.name()), row.as_slice())?;
        Ok(())
    }

    /// Removes a consumer and its progress, unless it has workers; says whether it was there.
    pub(super) fn forget(
        &mut self,
        stream: Stream,
        name: &str,
        consumers: &Consumers,
    ) -> Result<Result<bool, BusError>, Fault> {
        if let Err(error) = consumers.forget(stream, name) {
            return Ok(Err(error));
        }
        self.effects.settling.remove(&(stream, name.to_owned()));
        let was_there = self.progress.remove((tables::number(stream), name))?.is_some();
        Ok(Ok(was_there))
    }

    /// Writes the progress of all consumers that settled something.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        let settling = std::mem::take(&mut self.effects.settling);
        let written =
            settling.values().try_for_each(|(durable, sequences)| self.keep_progress(durable, sequences));
        self.effects.settling = settling;
        written
    }

    /// Writes or deletes a key; `None` where its revision is not the expected one.
    pub(super) fn put_key(
        &mut self,
        bucket: &str,
        key: &str,
        value: Option<&Bytes>,
        expected: Option<u64>,
    ) -> Result<Option<u64>, Fault> {
        let found = self.keys.get((bucket, key))?.map_or(0, |row| row.value().0);
        if expected.is_some_and(|expected| expected != found) {
            return Ok(None);
        }
        let revision = self.revisions.get(bucket)?.map_or(0, |row| row.value()) + 1;
        self.revisions.insert(bucket, revision)?;
        match value {
            Some(value) => drop(self.keys.insert((bucket, key), (revision, value.as_ref()))?),
            None => drop(self.keys.remove((bucket, key))?),
        }
        self.effects.keys_changed = true;
        Ok(Some(revision))
    }
}

/// Nanoseconds since the Unix epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, nanos)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
