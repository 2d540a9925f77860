//! Messages as they lie on a stream: found by id, read in order, without consuming them.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::datetime::{DateTime, from_nanos};
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{DirectGetErrorKind, Info};
use async_nats::{HeaderMap, StatusCode};
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, future};
use tokio::time::{sleep, timeout};

use super::link::{Link, NOTHING};
use super::names;
use super::parts::{self, Broken, Head};
use crate::backend::Incoming;
use crate::{BusError, Id, Start, Stream, TraceContext};

/// How much one request may bring.
const BATCH: usize = 16;
const BATCH_BYTES: usize = 4 << 20;

/// How long a follower waits before it looks again: at first, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// How often a reader looks again for messages that a replica may not have yet.
const PATIENCE: u32 = 5;

/// A stored message in the terms of a backend.
pub(super) fn incoming(
    (subject, headers): (&str, Option<&HeaderMap>),
    payload: &Bytes,
    sequence: u64,
    time: DateTime,
) -> Incoming {
    let header = |name| headers.and_then(|headers| headers.get(name)).map(|value| value.as_str());
    let id = header(names::ID).and_then(|id| id.parse().ok());
    let trace = header(names::TRACEPARENT)
        .and_then(|parent| TraceContext::new(parent, header(names::TRACESTATE).unwrap_or_default()));
    Incoming {
        // Somebody else's message, on our subject: it will not decode, and is named by what it is.
        id: id.unwrap_or_else(|| Id::of([payload.as_ref()])),
        sequence,
        time_unix_nanos: u64::try_from(time.unix_timestamp_nanos()).unwrap_or_default(),
        payload: payload.clone(),
        addressed: names::is_addressed(subject),
        trace,
    }
}

/// The message with this id, for streams with a subject for each.
pub(super) async fn get(link: &Link, stream: Stream, id: Id) -> Result<Option<Incoming>, BusError> {
    if stream == Stream::Events {
        return Ok(None);
    }
    let subject = names::subject(stream, None, &names::key(stream, id))?;
    match last_on(link, stream, &subject).await? {
        Some(message) => whole(link, message).await.map(Some),
        None => Ok(None),
    }
}

/// The last message on a subject.
pub(super) async fn last_on(
    link: &Link,
    stream: Stream,
    subject: &str,
) -> Result<Option<StreamMessage>, BusError> {
    let handle = link.jetstream.get_stream_no_info(names::stream(stream)).await;
    let handle = handle.map_err(|error| BusError::Unavailable(error.to_string()))?;
    let asked = format!("$JS.API.DIRECT.GET.{}.{subject}", names::stream(stream));
    match link.if_permitted(&asked, handle.direct_get_last_for_subject(subject)).await? {
        Ok(message) => Ok(Some(message)),
        Err(error) => match error.kind() {
            DirectGetErrorKind::NotFound => Ok(None),
            DirectGetErrorKind::TimedOut => Err(BusError::Timeout(link.timeout)),
            _ => Err(BusError::Unavailable(error.to_string())),
        },
    }
}

/// A stored message, put together if it was split.
async fn whole(link: &Link, message: StreamMessage) -> Result<Incoming, BusError> {
    let mut incoming = incoming(
        (&message.subject, Some(&message.headers)),
        &message.payload,
        message.sequence,
        message.time,
    );
    if let Some(head) = Head::of(Some(&message.headers)) {
        let joined = match head {
            Ok(head) => parts::join(link, &message.subject, &head).await?,
            Err(broken) => Err(broken),
        };
        incoming.payload = joined.map_err(|Broken(why)| BusError::Corrupt(why))?;
    }
    Ok(incoming)
}

/// Reads on from `start`: to the last message of now, or, if asked to follow, for ever.
pub(super) async fn read(
    link: &Link,
    stream: Stream,
    start: Start,
    follow: bool,
) -> Result<BoxStream<'static, Result<Incoming, BusError>>, BusError> {
    let info: Info = link.ask(format!("STREAM.INFO.{}", names::stream(stream)), &NOTHING).await?;
    let last = info.state.last_sequence;
    let next = match start {
        Start::Earliest => info.state.first_sequence,
        Start::Sequence(sequence) => sequence,
        Start::Latest => last.saturating_add(1),
        Start::Time(nanos) => first_since(link, stream, nanos).await?.unwrap_or(last.saturating_add(1)),
    };
    let until = if follow { u64::MAX } else { last };
    let reading = Reading { link: link.clone(), stream, next: next.max(1), until, ready: VecDeque::new() };
    Ok(stream::unfold(reading, Reading::advance).boxed())
}

/// The sequence number of the first message stored at that time or later.
pub(super) async fn first_since(
    link: &Link,
    stream: Stream,
    unix_nanos: u64,
) -> Result<Option<u64>, BusError> {
    let Ok(time) = from_nanos(i128::from(unix_nanos)) else { return Ok(None) };
    let question = format!(r#"{{"start_time":"{}","batch":1}}"#, rfc3339(time));
    let found = fetch(link, stream, question).await?;
    Ok(found.front().map(|message| message.sequence))
}

fn rfc3339(time: DateTime) -> String {
    let (date, clock) = (time.date(), time.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.nanosecond()
    )
}

/// A reader's place. It keeps nothing on the server, so that no outage can lose it.
struct Reading {
    link: Link,
    stream: Stream,
    next: u64,
    /// The last sequence number to read; the greatest of all for a follower.
    until: u64,
    ready: VecDeque<StreamMessage>,
}

impl Reading {
    async fn advance(mut self) -> Option<(Result<Incoming, BusError>, Self)> {
        match self.message().await {
            Ok(None) => None,
            Err(error) => {
                // Final: nothing more after it.
                self.until = 0;
                Some((Err(error), self))
            }
            Ok(Some(message)) => {
                self.next = message.sequence.saturating_add(1);
                let incoming = whole(&self.link, message).await;
                if incoming.as_ref().is_err_and(|error| !matches!(error, BusError::Corrupt(_))) {
                    self.until = 0;
                }
                Some((incoming, self))
            }
        }
    }

    async fn message(&mut self) -> Result<Option<StreamMessage>, BusError> {
        let mut pause = SHORTEST_PAUSE;
        let mut tries = 0;
        while self.next <= self.until {
            if let Some(message) = self.ready.pop_front() {
                return Ok(Some(message).filter(|message| message.sequence <= self.until));
            }
            let question = format!(r#"{{"seq":{},"batch":{BATCH},"max_bytes":{BATCH_BYTES}}}"#, self.next);
            match fetch(&self.link, self.stream, question).await {
                Ok(messages) => self.ready = messages,
                Err(error) if self.follows() && error.is_transient() => {}
                Err(error) => return Err(error),
            }
            if self.ready.is_empty() {
                tries += 1;
                // The rest was removed meanwhile; or a replica is behind.
                if !self.follows() && (tries > PATIENCE || self.is_alone()) {
                    return Ok(None);
                }
                let closing = self.link.closing.clone();
                if closing.run_until_cancelled(sleep(pause)).await.is_none() {
                    return Ok(None);
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        Ok(None)
    }

    fn follows(&self) -> bool {
        self.until == u64::MAX
    }

    /// Whether there are no replicas that could be behind.
    fn is_alone(&self) -> bool {
        self.link.client.server_info().cluster.is_none()
    }
}

/// Asks for a batch of messages. Empty where there is none.
async fn fetch(link: &Link, stream: Stream, question: String) -> Result<VecDeque<StreamMessage>, BusError> {
    let unavailable = |text: String| BusError::Unavailable(text);
    let inbox = link.client.new_inbox();
    let subject = format!("$JS.API.DIRECT.GET.{}", names::stream(stream));
    let collected = async {
        let replies =
            link.client.subscribe(inbox.clone()).await.map_err(|error| unavailable(error.to_string()))?;
        let sent = link.client.publish_with_reply(subject.clone(), inbox, question.into()).await;
        sent.map_err(|error| unavailable(error.to_string()))?;
        let mut messages = VecDeque::new();
        let mut replies = replies.take_while(|reply| {
            let over = reply
                .status
                .is_some_and(|status| [NO_MORE, StatusCode::NOT_FOUND.as_u16()].contains(&status.as_u16()));
            future::ready(!over)
        });
        while let Some(reply) = replies.next().await {
            if let Some(status) = reply.status {
                let said = reply.description.unwrap_or_default();
                return Err(unavailable(format!("reading the stream failed: {status} {said}")));
            }
            messages.push_back(reply.try_into().map_err(|error| unavailable(format!("{error}")))?);
        }
        Ok(messages)
    };
    let collected = timeout(link.timeout, link.if_permitted(&subject, collected)).await;
    collected.map_err(|_| BusError::Timeout(link.timeout))??
}

/// The status behind the last message of a batch.
const NO_MORE: u16 = 204;
