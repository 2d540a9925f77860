//! Messages that are too large for one: their parts are stored first, each upload under a name of its own, and then a
//! small head that names them. So a head that is there has all its parts, and no two heads share any.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::HeaderMap;
use async_nats::jetstream::stream::DirectGetErrorKind;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use tracing::warn;

use super::backoff::Backoff;
use super::link::Link;
use super::publish::{Letter, Publisher, headers};
use super::{names, trim};
use crate::backend::Outgoing;
use crate::{BusError, Receipt, Stream};

/// How many parts of one message are under way at a time.
const PARALLEL: usize = 8;

/// What a head may claim to be long. It bounds what a forged one could make us allocate.
const LARGEST: usize = 1 << 30;

/// What is allocated before the parts are there.
const OUTRIGHT: usize = 4 << 20;

/// How often a part is looked for: a replica may be behind the leader by a moment.
const TRIES: u32 = 5;

/// What the head of a split message says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    upload: String,
    parts: usize,
    length: usize,
    hash: String,
}

/// A payload that cannot be put together again, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken(pub(super) String);

impl Head {
    /// `None` where the message is whole.
    pub(super) fn of(headers: Option<&HeaderMap>) -> Option<Result<Self, Broken>> {
        let headers = headers?;
        let text = |name| headers.get(name).map(|value| value.as_str().to_owned());
        let number = |name| headers.get(name).and_then(|value| value.as_str().parse().ok());
        let upload = text(names::UPLOAD)?;
        let whole = || {
            let (parts, length) = (number(names::PARTS)?, number(names::LENGTH)?);
            let head = Self { upload, parts, length, hash: text(names::HASH)? };
            (head.length <= LARGEST && head.parts <= head.length).then_some(head)
        };
        Some(whole().ok_or_else(|| Broken("the head of a split message is malformed".into())))
    }

    /// How many bytes all parts have together.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The name under which the parts were stored.
    pub(super) fn upload(&self) -> &str {
        &self.upload
    }
}

/// Stores a message in parts, and then its head.
pub(super) async fn publish(
    publisher: &Publisher,
    stream: Stream,
    message: Outgoing,
) -> Result<Receipt, BusError> {
    let upload = new_upload(publisher);
    let key = match stream {
        // Its own subject, not one of the shared ones, so that the head can be asked for.
        Stream::Events => upload.clone(),
        Stream::Alerts | Stream::DeadLetters => names::key(stream, message.id),
    };
    let subject = names::subject(stream, message.only_for.as_deref(), &key)?;
    let stored = async {
        let count = publish_parts(publisher, &subject, &upload, &message.payload).await?;
        let mut headers = headers(stream, &message);
        headers.extend([
            (names::UPLOAD, upload.clone()),
            (names::PARTS, count.to_string()),
            (names::LENGTH, message.payload.len().to_string()),
            (names::HASH, blake3::hash(&message.payload).to_hex().to_string()),
        ]);
        publisher.store(Letter { subject: subject.clone(), headers, payload: Bytes::new() }).await
    };
    let stored = stored.await;
    // After a timeout there may be a head or not: then `trim` finds out.
    let never_named = matches!(&stored, Ok(Receipt { duplicate: true, .. }) | Err(BusError::Full(_)));
    if never_named && let Err(error) = trim::remove_parts(&publisher.link, &subject, &upload).await {
        warn!(%error, "parts of a message that was not stored stay until a later trim");
    }
    stored
}

async fn publish_parts(
    publisher: &Publisher,
    head: &str,
    upload: &str,
    payload: &Bytes,
) -> Result<usize, BusError> {
    let size = publisher.part_size()?;
    let letters = (0..payload.len()).step_by(size).enumerate().map(|(number, start)| Letter {
        subject: names::part(head, upload, &number.to_string()),
        headers: Vec::new(),
        payload: payload.slice(start..payload.len().min(start + size)),
    });
    stream::iter(letters)
        .map(|letter| publisher.store(letter))
        .buffer_unordered(PARALLEL)
        .try_fold(0, |count, _| std::future::ready(Ok(count + 1)))
        .await
}

/// The payload whose head stands on `subject`. The outer error passes; the inner one is for good.
pub(super) async fn join(link: &Link, subject: &str, head: &Head) -> Result<Result<Bytes, Broken>, BusError> {
    let parts =
        (0..head.parts).map(|number| part(link, names::part(subject, &head.upload, &number.to_string())));
    let mut parts = stream::iter(parts).buffered(PARALLEL);
    let mut whole = BytesMut::with_capacity(head.length.min(OUTRIGHT));
    while let Some(part) = parts.next().await {
        match part? {
            Some(part) if whole.len() + part.len() <= head.length => whole.extend_from_slice(&part),
            Some(_) => {
                return Ok(Err(Broken(format!("the parts of {subject} are longer than its head says"))));
            }
            None => return Ok(Err(Broken(format!("a part of {subject} is missing")))),
        }
    }
    let whole = whole.freeze();
    if whole.len() != head.length || blake3::hash(&whole).to_hex().as_str() != head.hash {
        return Ok(Err(Broken(format!("the parts of {subject} are not those that its head names"))));
    }
    Ok(Ok(whole))
}

async fn part(link: &Link, subject: String) -> Result<Option<Bytes>, BusError> {
    let parts = link.jetstream.get_stream_no_info(names::PARTS_STREAM).await;
    let parts = parts.map_err(|error| BusError::Unavailable(error.to_string()))?;
    let asked = format!("$JS.API.DIRECT.GET.{}.{subject}", names::PARTS_STREAM);
    let mut backoff = Backoff::default();
    loop {
        match link.if_permitted(&asked, parts.direct_get_last_for_subject(&subject)).await? {
            Ok(message) => return Ok(Some(message.payload)),
            Err(error) => match error.kind() {
                DirectGetErrorKind::NotFound if backoff.tries() >= TRIES => return Ok(None),
                DirectGetErrorKind::NotFound => tokio::time::sleep(backoff.next()).await,
                DirectGetErrorKind::TimedOut => return Err(BusError::Timeout(link.timeout)),
                _ => return Err(BusError::Unavailable(error.to_string())),
            },
        }
    }
}

/// A name that nobody else has, beginning with the time so that old uploads can be told.
fn new_upload(publisher: &Publisher) -> String {
    let inbox = publisher.link.client.new_inbox();
    let random = inbox.rsplit('.').next().unwrap_or_default();
    format!("{}-{random}", since_epoch().as_secs())
}

/// How long ago an upload was begun; `None` where its name is not one of ours.
pub(super) fn age_of_upload(upload: &str) -> Option<Duration> {
    let began = upload.split_once('-')?.0.parse().ok().map(Duration::from_secs)?;
    Some(since_epoch().saturating_sub(began))
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, *value);
        }
        headers
    }

    #[test]
    fn a_head_is_told_from_a_whole_message() {
        assert!(Head::of(None).is_none());
        assert!(Head::of(Some(&headers(&[(names::ID, "x")]))).is_none());
        let good = [(names::UPLOAD, "1-u"), (names::PARTS, "2"), (names::LENGTH, "9"), (names::HASH, "h")];
        let head = Head::of(Some(&headers(&good))).unwrap().unwrap();
        assert_eq!(head, Head { upload: "1-u".into(), parts: 2, length: 9, hash: "h".into() });
    }

    #[test]
    fn forged_heads_are_broken() {
        for (parts, length) in [("2", "99999999999"), ("10", "9"), ("-1", "9"), ("", "")] {
            let forged =
                [(names::UPLOAD, "1-u"), (names::PARTS, parts), (names::LENGTH, length), (names::HASH, "h")];
            assert!(Head::of(Some(&headers(&forged))).unwrap().is_err(), "{parts} {length}");
        }
    }

    #[test]
    fn uploads_have_an_age() {
        assert_eq!(age_of_upload("no"), None);
        let hour_ago = since_epoch().as_secs() - 3600;
        assert!(age_of_upload(&format!("{hour_ago}-abc")).unwrap() >= Duration::from_secs(3600));
    }
}
