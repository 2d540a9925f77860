//! Where a client starts: what it asked for, as a place on the stream as it is now.

use std::collections::VecDeque;

use bus::{Bus, BusError, Start as Place, Stored, Stream, StreamStatus};
use proto::alerts::v1::Alert;
use proto::alerts::v1::gap::Reason;
use proto::alerts::v1::start::At;
use tonic::Status;

use super::cursor::Cursor;
use super::refusal;
use super::wanted::View;

/// How many messages are looked at in search of the last alerts.
const LOOKED_AT: u64 = 10_000;

/// Where to start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// Behind this place.
    pub(crate) at: Cursor,
    /// What is missing before it, where it is: from there, and why.
    pub(crate) missing: Option<(Cursor, Reason)>,
    /// The place of the last message of now.
    pub(crate) last: u64,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wish {
    After(Cursor),
    Earliest,
    Latest,
    Since(u64),
    Last(u32),
}

impl Wish {
    /// What a client asked for; the latest where it asked for nothing.
    pub(crate) fn of(start: Option<proto::alerts::v1::Start>) -> Result<Self, Status> {
        Ok(match start.and_then(|start| start.at) {
            None | Some(At::Latest(_) | At::Earliest(false)) => Self::Latest,
            Some(At::Earliest(true)) => Self::Earliest,
            Some(At::After(cursor)) => Self::After(Cursor::of_client(&cursor)?),
            Some(At::Last(count)) => Self::Last(count),
            Some(At::Since(time)) => Self::Since(nanos(time)?),
        })
    }

    /// Where that is now.
    pub(crate) async fn find(self, bus: &Bus, view: &View) -> Result<Start, BusError> {
        let status = bus.status(Stream::Alerts).await?;
        let last = status.last_sequence;
        let found = |at: Cursor| Start { at, missing: None, last };
        Ok(match self {
            Self::Latest => found(end_of(&status)),
            Self::Earliest => found(beginning_of(&status)),
            Self::Since(time) => {
                let first = bus.read::<Alert>(Place::Time(time)).await?.next().await?;
                found(first.map_or(end_of(&status), |first| Cursor::before(first.sequence)))
            }
            Self::Last(count) => found(last_of(bus, &status, count, view).await?),
            Self::After(cursor) => resumed(bus, &status, cursor).await?,
        })
    }
}

fn nanos(time: prost_types::Timestamp) -> Result<u64, Status> {
    let whole = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
    u64::try_from(whole.max(0)).map_err(|_| Status::invalid_argument("start.since: the time is out of range"))
}

/// The place of the last message. Its id is not known, and not needed.
fn end_of(status: &StreamStatus) -> Cursor {
    Cursor::before(status.last_sequence.saturating_add(1))
}

/// The place before the first message that is held.
pub(crate) fn beginning_of(status: &StreamStatus) -> Cursor {
    if status.first_sequence == 0 { end_of(status) } else { Cursor::before(status.first_sequence) }
}

/// The place before the last `count` alerts of the view.
async fn last_of(bus: &Bus, status: &StreamStatus, count: u32, view: &View) -> Result<Cursor, BusError> {
    let from = status.last_sequence.saturating_sub(LOOKED_AT).saturating_add(1).max(status.first_sequence);
    let mut reader = bus.read::<Alert>(Place::Sequence(from)).await?;
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let mut found = VecDeque::new();
    while let Some(stored) = passing_over_unreadable(reader.next().await)? {
        let Some(Stored { sequence, .. }) = stored.filter(|stored| view.shows_stored(stored)) else {
            continue;
        };
        found.push_back(sequence);
        if found.len() > most {
            found.pop_front();
        }
    }
    Ok(found.front().map_or(end_of(status), |first| Cursor::before(*first)))
}

/// `Some(None)` for a message that cannot be read.
pub(crate) fn passing_over_unreadable<T>(
    read: Result<Option<T>, BusError>,
) -> Result<Option<Option<T>>, BusError> {
    match read {
        Ok(Some(stored)) => Ok(Some(Some(stored))),
        Ok(None) => Ok(None),
        Err(BusError::Corrupt(_)) => Ok(Some(None)),
        Err(error) => Err(error),
    }
}

/// Behind a cursor, where that still means anything.
async fn resumed(bus: &Bus, status: &StreamStatus, cursor: Cursor) -> Result<Start, BusError> {
    let last = status.last_sequence;
    let beginning = beginning_of(status);
    let found = Start { at: cursor, missing: None, last };
    let gone = |reason| Start { at: beginning, missing: Some((cursor, reason)), last };
    if cursor.sequence > last {
        return Ok(gone(Reason::StreamReplaced));
    }
    if cursor.sequence < beginning.sequence {
        return Ok(gone(Reason::Trimmed));
    }
    let (Some(id), true) = (cursor.id, cursor.sequence > beginning.sequence) else { return Ok(found) };
    match bus.read::<Alert>(Place::Sequence(cursor.sequence)).await?.next().await {
        Ok(Some(there)) if there.sequence == cursor.sequence && there.id != id => {
            Ok(gone(Reason::StreamReplaced))
        }
        // It may have been trimmed away just now, and nothing that follows it: the reading tells.
        Ok(_) | Err(BusError::Corrupt(_)) => Ok(found),
        Err(error) => Err(error),
    }
}

/// A start that is refused since alerts are missing before it.
pub(crate) fn refuse_missing(start: &Start) -> Result<(), Status> {
    match start.missing {
        None => Ok(()),
        Some((_, reason)) => Err(refusal::missing(reason, start.at)),
    }
}
