//! Removing what is old and settled: messages first, then the parts that no message names any more.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::jetstream::consumer::Info as Consumer;
use async_nats::jetstream::stream::{Info, PurgeResponse};
use futures::TryStreamExt;
use serde::Serialize;

use super::link::{Link, NOTHING};
use super::parts::{Head, age_of_upload};
use super::{consumer, names, stored};
use crate::{BusError, Stream};

/// Parts without a head are those of an upload that failed, once they are as old as this. Until then it may be going
/// on still.
const UPLOAD_MAY_TAKE: Duration = Duration::from_secs(60 * 60);

/// A question to `STREAM.PURGE`.
#[derive(Debug, Default, Serialize)]
struct Purge<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a str>,
    /// Only what lies before this sequence number.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

/// Removes the messages that are older than `keep` and settled by all; says how many.
pub(super) async fn trim(link: &Link, stream: Stream, keep: Duration) -> Result<u64, BusError> {
    // First the stream, then its consumers: what they have settled by then covers what the stream held.
    let info: Info = link.ask(format!("STREAM.INFO.{}", names::stream(stream)), &NOTHING).await?;
    let durables = consumer::durables(link, stream).await?;
    let last = info.state.last_sequence;
    let before = match settled_before(stream, &durables, last) {
        Some(settled) => settled.min(older_than(link, stream, keep, last).await?),
        None => 0,
    };
    let orphans = orphans(link, stream, before).await?;
    let purged = if before > info.state.first_sequence {
        purge(link, names::stream(stream), Purge { seq: Some(before), ..Purge::default() }).await?
    } else {
        0
    };
    for (head, upload) in orphans {
        remove_parts(link, &head, &upload).await?;
    }
    Ok(purged)
}

/// The sequence number before which every durable consumer has settled all. `None` where nothing counts as settled.
fn settled_before(stream: Stream, durables: &[Consumer], last: u64) -> Option<u64> {
    if durables.is_empty() && stream == Stream::Events {
        // No evaluator has run yet. It will want them all.
        return None;
    }
    let settled = |consumer: &Consumer| {
        if consumer.num_pending == 0 && consumer.num_ack_pending == 0 {
            // The floor stays behind where the last messages were for other consumers.
            last.saturating_add(1)
        } else {
            consumer.ack_floor.stream_sequence.saturating_add(1)
        }
    };
    Some(durables.iter().map(settled).min().unwrap_or(last.saturating_add(1)))
}

/// The sequence number before which every message is older than `keep`.
async fn older_than(link: &Link, stream: Stream, keep: Duration, last: u64) -> Result<u64, BusError> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let since = u64::try_from(since_epoch.saturating_sub(keep).as_nanos()).unwrap_or(u64::MAX);
    Ok(stored::first_since(link, stream, since).await?.unwrap_or(last.saturating_add(1)))
}

/// Removes a message together with its parts; says whether it was there.
pub(super) async fn remove(link: &Link, stream: Stream, subject: &str) -> Result<bool, BusError> {
    let purged =
        purge(link, names::stream(stream), Purge { filter: Some(subject), ..Purge::default() }).await?;
    // The id is in the subject, so that all uploads for it are of this message, of failed attempts at it, or of one
    // that is under way and will be found broken: nobody stores what is being removed.
    purge_parts(link, &names::part(subject, "*", "*")).await?;
    Ok(purged > 0)
}

/// Removes the parts of one upload.
pub(super) async fn remove_parts(link: &Link, head: &str, upload: &str) -> Result<(), BusError> {
    purge_parts(link, &names::part(head, upload, "*")).await
}

async fn purge_parts(link: &Link, filter: &str) -> Result<(), BusError> {
    purge(link, names::PARTS_STREAM, Purge { filter: Some(filter), ..Purge::default() }).await.map(drop)
}

async fn purge(link: &Link, stream: &str, question: Purge<'_>) -> Result<u64, BusError> {
    let done: PurgeResponse = link.ask(format!("STREAM.PURGE.{stream}"), &question).await?;
    Ok(done.purged)
}

/// The uploads whose head lies before the sequence number `before`, or that never got one.
async fn orphans(link: &Link, stream: Stream, before: u64) -> Result<Vec<(String, String)>, BusError> {
    let mut orphans = Vec::new();
    for (head, upload) in uploads(link, stream).await? {
        if is_orphan(link, stream, (&head, &upload), before).await? {
            orphans.push((head, upload));
        }
    }
    Ok(orphans)
}

async fn is_orphan(link: &Link, stream: Stream, upload: (&str, &str), before: u64) -> Result<bool, BusError> {
    let (subject, upload) = upload;
    let head = stored::last_on(link, stream, subject).await?;
    let names_it = |headers| matches!(Head::of(Some(headers)), Some(Ok(head)) if head.upload() == upload);
    Ok(match head {
        Some(head) if names_it(&head.headers) => head.sequence < before,
        Some(_) | None => age_of_upload(upload).is_none_or(|age| age > UPLOAD_MAY_TAKE),
    })
}

/// Head and name of all uploads to a stream.
async fn uploads(link: &Link, stream: Stream) -> Result<BTreeSet<(String, String)>, BusError> {
    let unavailable = |error: &dyn std::fmt::Display| BusError::Unavailable(error.to_string());
    let handle = link.jetstream.get_stream_no_info(names::PARTS_STREAM).await;
    let handle = handle.map_err(|error| unavailable(&error))?;
    let listing = handle.info_builder().subjects(format!("saker.parts.{}.>", stream.name())).fetch();
    let mut subjects = link.unless_lost(listing).await?.map_err(|error| unavailable(&error))?;
    let mut uploads = BTreeSet::new();
    while let Some((subject, _)) = subjects.try_next().await.map_err(|error| unavailable(&error))? {
        uploads.extend(names::head_of_part(&subject));
    }
    Ok(uploads)
}
