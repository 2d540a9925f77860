//! Reading the store: messages by place, by time and by id, and what a stream holds.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use redb::ReadTransaction;
use tokio::sync::watch;

use super::consumers::Durable;
use super::disk::{Disk, Fault};
use super::store::Store;
use super::tables::{self, LABELS, PAYLOADS, TRACES, Totals};
use crate::backend::Incoming;
use crate::{BusError, Id, Start, Stream, StreamStatus, TraceContext};

/// How many bytes of messages are read at once, but for one message that is larger.
const AT_ONCE_BYTES: usize = 4 << 20;
/// How many messages are read at once.
const AT_ONCE: usize = 256;
/// How many messages are passed over at once because they are for others.
const PASS_OVER: usize = 4096;

/// A message by its place.
pub(super) fn message(disk: &Disk, stream: Stream, sequence: u64) -> Result<Option<Incoming>, BusError> {
    disk.read(|txn| at(txn, stream, sequence))
}

/// A message by its id.
pub(super) fn by_id(disk: &Disk, stream: Stream, id: Id) -> Result<Option<Incoming>, BusError> {
    disk.read(|txn| {
        let row = txn.open_table(tables::IDS)?.get((tables::number(stream), id.as_bytes(), ""))?;
        row.map_or(Ok(None), |row| at(txn, stream, row.value().0))
    })
}

/// Up to `most` messages for a consumer from a place on, and from where to read on.
pub(super) fn ahead(
    disk: &Disk,
    durable: &Durable,
    span: &Span,
    most: usize,
) -> Result<(Vec<Incoming>, u64), BusError> {
    disk.read(|txn| some(txn, durable.stream(), span, most, |only_for| durable.is_for(only_for)))
}

/// What to read of a stream.
pub(super) struct Span {
    /// The first place.
    pub(super) from: u64,
    /// The last place known to have been given when the reading began; there may be more by now.
    pub(super) head: u64,
}

/// What a stream holds and how far its consumers are.
pub(super) fn status(store: &Store, stream: Stream) -> Result<StreamStatus, BusError> {
    let consumers = store.consumers.of(stream);
    store.disk.read(|txn| {
        let totals = Totals::of(txn, stream)?;
        Ok(StreamStatus {
            messages: totals.messages,
            bytes: totals.bytes,
            first_sequence: first_from(txn, stream, 0)?.map_or(0, |(sequence, _)| sequence),
            last_sequence: totals.last_sequence,
            consumers: consumers.iter().map(|durable| durable.status(txn)).collect::<Result<_, _>>()?,
        })
    })
}

/// The messages of a stream from a place on.
pub(super) async fn from(
    store: Arc<Store>,
    stream: Stream,
    start: Start,
    follow: bool,
) -> Result<BoxStream<'static, Result<Incoming, BusError>>, BusError> {
    let head = store.heads.of(stream).subscribe();
    let last = *head.borrow();
    let next = match start {
        Start::Earliest => 1,
        Start::Sequence(sequence) => sequence,
        Start::Latest => last + 1,
        Start::Time(time) => {
            store.blocking(move |store| store.disk.read(|txn| at_time(txn, stream, time))).await?
        }
    };
    let until = if follow { u64::MAX } else { last };
    let reading = Reading { store, stream, head, next, until, read: VecDeque::new() };
    Ok(stream::unfold(reading, |mut reading| async move {
        let item = reading.next().await.transpose()?;
        if item.is_err() {
            reading.until = 0;
        }
        Some((item, reading))
    })
    .boxed())
}

/// A reader's place.
struct Reading {
    store: Arc<Store>,
    stream: Stream,
    head: watch::Receiver<u64>,
    next: u64,
    until: u64,
    read: VecDeque<Incoming>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Incoming>, BusError> {
        loop {
            if let Some(message) = self.read.pop_front() {
                return Ok((message.sequence <= self.until).then_some(message));
            }
            if self.next > self.until {
                return Ok(None);
            }
            let head = *self.head.borrow_and_update();
            if self.next <= head {
                self.read_on(head).await?;
            } else if !self.more_came().await {
                return Ok(None);
            }
        }
    }

    async fn read_on(&mut self, head: u64) -> Result<(), BusError> {
        let (stream, span) = (self.stream, Span { from: self.next, head });
        let read = move |store: &Store| store.disk.read(|txn| some(txn, stream, &span, AT_ONCE, |_| true));
        let (messages, next) = self.store.blocking(read).await?;
        self.next = next;
        self.read.extend(messages);
        Ok(())
    }

    /// Waits for more; false once the store closes.
    async fn more_came(&mut self) -> bool {
        tokio::select! {
            changed = self.head.changed() => changed.is_ok(),
            () = self.store.closing.cancelled() => false,
        }
    }
}

fn at(txn: &ReadTransaction, stream: Stream, sequence: u64) -> Result<Option<Incoming>, Fault> {
    let place = (tables::number(stream), sequence);
    let Some(label) = txn.open_table(LABELS)?.get(place)? else { return Ok(None) };
    let (time, id, _, only_for) = label.value();
    incoming(txn, stream, sequence, (time, id, only_for)).map(Some)
}

fn payload(txn: &ReadTransaction, stream: Stream, sequence: u64) -> Result<Bytes, Fault> {
    let found = txn.open_table(PAYLOADS)?.get((tables::number(stream), sequence))?;
    let found = found.map(|payload| Bytes::copy_from_slice(payload.value()));
    found.ok_or_else(|| {
        Fault::corrupt(format!("message {sequence} of stream {} has no content", stream.name()))
    })
}

fn trace(txn: &ReadTransaction, stream: Stream, sequence: u64) -> Result<Option<TraceContext>, Fault> {
    let found = txn.open_table(TRACES)?.get((tables::number(stream), sequence))?;
    Ok(found.and_then(|row| TraceContext::new(row.value().0, row.value().1)))
}

fn incoming(
    txn: &ReadTransaction,
    stream: Stream,
    sequence: u64,
    (time_unix_nanos, id, only_for): (u64, &[u8; 16], &str),
) -> Result<Incoming, Fault> {
    let (payload, trace) = (payload(txn, stream, sequence)?, trace(txn, stream, sequence)?);
    Ok(Incoming {
        id: Id::from_bytes(*id),
        sequence,
        time_unix_nanos,
        payload,
        addressed: !only_for.is_empty(),
        trace,
    })
}

/// A bounded number of messages, and from where to read on.
fn some(
    txn: &ReadTransaction,
    stream: Stream,
    span: &Span,
    most: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<(Vec<Incoming>, u64), Fault> {
    let number = tables::number(stream);
    let mut messages = Vec::new();
    let mut bytes = 0;
    let mut last = span.head;
    for (looked_at, row) in
        txn.open_table(LABELS)?.range((number, span.from)..=(number, u64::MAX))?.enumerate()
    {
        let (place, label) = row?;
        let (sequence, (time, id, _, only_for)) = (place.value().1, label.value());
        if messages.len() >= most || bytes >= AT_ONCE_BYTES || looked_at >= PASS_OVER {
            return Ok((messages, sequence));
        }
        if is_wanted(only_for) {
            let message = incoming(txn, stream, sequence, (time, id, only_for))?;
            bytes += message.payload.len();
            messages.push(message);
        }
        last = last.max(sequence);
    }
    Ok((messages, last + 1))
}

/// The first message at or behind a place, with its store time.
fn first_from(txn: &ReadTransaction, stream: Stream, from: u64) -> Result<Option<(u64, u64)>, Fault> {
    let number = tables::number(stream);
    let first = txn.open_table(LABELS)?.range((number, from)..=(number, u64::MAX))?.next().transpose()?;
    Ok(first.map(|(place, label)| (place.value().1, label.value().0)))
}

/// The first place stored at or after a time: store times grow along a stream, so that halving finds it.
fn at_time(txn: &ReadTransaction, stream: Stream, time: u64) -> Result<u64, Fault> {
    let (mut low, mut high) = (1, Totals::of(txn, stream)?.last_sequence + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match first_from(txn, stream, middle)? {
            Some((sequence, stored)) if stored < time => low = sequence + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
