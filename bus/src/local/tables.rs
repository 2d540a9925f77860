//! What the store's file holds: the tables, and the numbers that stand for streams in their keys.

use redb::{ReadTransaction, ReadableTable, TableDefinition, WriteTransaction};

use super::disk::Fault;
use crate::{BusError, Stream};

/// A stream's number and a sequence number.
pub(super) type Place = (u8, u64);
/// When a message was stored (Unix nanoseconds), its id, its payload's length, the consumer it is for (empty: all).
pub(super) type Label = (u64, &'static [u8; 16], u64, &'static str);
/// A stream's number, an id and the consumer that the message is for.
pub(super) type IdKey = (u8, &'static [u8; 16], &'static str);

/// The layout of the file, under "layout".
const LAYOUT: TableDefinition<&str, u64> = TableDefinition::new("layout");
/// Totals of each stream: messages, bytes, the last sequence number given, the last store time.
pub(super) const STREAMS: TableDefinition<u8, (u64, u64, u64, u64)> = TableDefinition::new("streams");
/// What is asked of messages without reading them.
pub(super) const LABELS: TableDefinition<Place, Label> = TableDefinition::new("labels");
/// The messages.
pub(super) const PAYLOADS: TableDefinition<Place, &[u8]> = TableDefinition::new("payloads");
/// The traces of messages that belong to one: `traceparent` and `tracestate`.
pub(super) const TRACES: TableDefinition<Place, (&str, &str)> = TableDefinition::new("traces");
/// Ids of messages held, and of messages gone but not yet forgotten: sequence number and store time.
pub(super) const IDS: TableDefinition<IdKey, (u64, u64)> = TableDefinition::new("ids");
/// Ids of messages gone, by store time, to be forgotten when they are old enough.
pub(super) const GONE: TableDefinition<(u8, u64, &[u8; 16], &str), ()> = TableDefinition::new("gone");
/// How far each durable consumer is: an encoded [`Progress`](super::progress::Progress).
pub(super) const CONSUMERS: TableDefinition<(u8, &str), &[u8]> = TableDefinition::new("consumers");
/// Bucket and key: revision and value.
pub(super) const KEYS: TableDefinition<(&str, &str), (u64, &[u8])> = TableDefinition::new("keys");
/// The last revision given in each bucket.
pub(super) const REVISIONS: TableDefinition<&str, u64> = TableDefinition::new("revisions");

/// The layout that this version writes.
const VERSION: u64 = 1;

/// Creates what is missing.
pub(super) fn create(txn: &WriteTransaction) -> Result<(), Fault> {
    let mut layout = txn.open_table(LAYOUT)?;
    let found = layout.get("layout")?.map(|version| version.value());
    match found {
        None => drop(layout.insert("layout", VERSION)?),
        Some(VERSION) => {}
        Some(other) => {
            let text = format!(
                "its layout is {other}, this version of saker knows {VERSION}; use the version that wrote it"
            );
            return Err(Fault::Bus(BusError::Setup(text)));
        }
    }
    txn.open_table(STREAMS)?;
    txn.open_table(LABELS)?;
    txn.open_table(PAYLOADS)?;
    txn.open_table(TRACES)?;
    txn.open_table(IDS)?;
    txn.open_table(GONE)?;
    txn.open_table(CONSUMERS)?;
    txn.open_table(KEYS)?;
    txn.open_table(REVISIONS)?;
    Ok(())
}

/// The number that stands for a stream. Part of the layout: never change one.
pub(super) fn number(stream: Stream) -> u8 {
    match stream {
        Stream::Events => 1,
        Stream::Alerts => 2,
        Stream::DeadLetters => 3,
    }
}

/// The stream that a number stands for.
pub(super) fn stream(number: u8) -> Option<Stream> {
    Stream::ALL.into_iter().find(|stream| self::number(*stream) == number)
}

/// Totals of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) messages: u64,
    pub(super) bytes: u64,
    pub(super) last_sequence: u64,
    pub(super) last_time: u64,
}

impl Totals {
    pub(super) fn of(txn: &ReadTransaction, stream: Stream) -> Result<Self, Fault> {
        Self::get(&txn.open_table(STREAMS)?, stream)
    }

    pub(super) fn get(
        table: &impl ReadableTable<u8, (u64, u64, u64, u64)>,
        stream: Stream,
    ) -> Result<Self, Fault> {
        Ok(table.get(number(stream))?.map_or_else(Self::default, |row| {
            let (messages, bytes, last_sequence, last_time) = row.value();
            Self { messages, bytes, last_sequence, last_time }
        }))
    }

    pub(super) fn row(self) -> (u64, u64, u64, u64) {
        (self.messages, self.bytes, self.last_sequence, self.last_time)
    }
}
