//! Packs the parts of a body into messages for the bus, without their secret values. Where a chunk begins and ends
//! depends on the events alone, as they were received, so that a body that is sent again makes the same chunks with the
//! same ids.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

use crate::cluster::Cluster;
use crate::dead_letter;
use crate::redact::Redactor;
use crate::split::{Broken, Code, NotJson, Part, Splitter, split};

/// How many events a chunk holds at most.
const MOST_EVENTS: usize = 100;

/// How many bytes of events a chunk holds at most; a larger event travels alone.
const MOST_BYTES: usize = 256 << 10;

/// How much neighbouring garbage makes one dead letter.
const MOST_GARBAGE: usize = 1 << 20;

/// Where a body came from, and when.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The cluster whose API server sent it.
    pub cluster: Cluster,
    /// When all of it had arrived, in nanoseconds since the Unix epoch.
    pub received_unix_nanos: u64,
}

/// A message for the bus.
#[derive(Debug, Clone, PartialEq)]
pub enum Batch {
    /// Events.
    Chunk(EventChunk),
    /// Neighbouring pieces of the body that are no events, and how many.
    Letter(DeadLetter, usize),
}

/// The messages that a body makes, one at a time.
#[derive(Debug)]
pub struct Batches {
    parts: Splitter<Bytes>,
    body: Bytes,
    origin: Origin,
    redactor: Arc<Redactor>,
    events: Vec<Bytes>,
    digests: Vec<Bytes>,
    /// Of the events as they were received.
    bytes: usize,
    broken: Option<(Broken, usize)>,
    ready: VecDeque<Batch>,
}

/// Packs a body; events of more than `max_event` bytes become dead letters.
pub fn pack(body: Bytes, origin: Origin, max_event: usize, redactor: Arc<Redactor>) -> Batches {
    let parts = split(body.clone(), max_event);
    Batches {
        parts,
        body,
        origin,
        redactor,
        events: Vec::new(),
        digests: Vec::new(),
        bytes: 0,
        broken: None,
        ready: VecDeque::new(),
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, NotJson>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Some(Ok(batch));
            }
            match self.parts.next() {
                Some(Ok(Part::Event(range))) => self.add_event(self.body.slice(range)),
                Some(Ok(Part::Broken(broken))) => self.add_broken(broken),
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    self.finish_letter();
                    self.finish_chunk();
                    return self.ready.pop_front().map(Ok);
                }
            }
        }
    }
}

impl Batches {
    /// Where the body came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The body itself.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// What takes the secret values out of it.
    pub(crate) fn redactor(&self) -> &Arc<Redactor> {
        &self.redactor
    }

    fn add_event(&mut self, event: Bytes) {
        self.finish_letter();
        let bytes = self.bytes.saturating_add(event.len());
        if self.events.len() >= MOST_EVENTS || bytes > MOST_BYTES {
            self.finish_chunk();
        }
        self.bytes = self.bytes.saturating_add(event.len());
        self.digests.extend(self.redactor.digest(&event));
        self.events.push(self.redactor.event(event));
    }

    fn finish_chunk(&mut self) {
        self.bytes = 0;
        let (events, digests) = (std::mem::take(&mut self.events), std::mem::take(&mut self.digests));
        if !events.is_empty() {
            self.ready.push_back(Batch::Chunk(EventChunk {
                cluster: self.origin.cluster.as_str().to_owned(),
                received_unix_nanos: self.origin.received_unix_nanos,
                events,
                digests,
            }));
        }
    }

    /// Garbage beside garbage of the same kind is one letter: a page of prose is not a letter per word.
    fn add_broken(&mut self, next: Broken) {
        match &mut self.broken {
            Some((broken, count)) if are_one(broken, &next) => {
                broken.range.end = next.range.end;
                *count += 1;
            }
            _ => {
                self.finish_letter();
                self.broken = Some((next, 1));
            }
        }
    }

    fn finish_letter(&mut self) {
        let Some((mut broken, count)) = self.broken.take() else { return };
        if count > 1 {
            broken.reason = format!("{}; and {} more pieces behind it", broken.reason, count - 1);
        }
        let letter = dead_letter::of_part(&self.origin, broken, &self.body, &self.redactor);
        self.ready.push_back(Batch::Letter(letter, count));
    }
}

fn are_one(broken: &Broken, next: &Broken) -> bool {
    let length = next.range.end.saturating_sub(broken.range.start);
    broken.code == next.code
        && matches!(next.code, Code::NotJson | Code::NotAnEvent)
        && length <= MOST_GARBAGE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{self, Key};
    use bus::Content;

    fn event(name: usize, length: usize) -> String {
        let event = format!(r#"{{"stageTimestamp":"2026-01-31T12:00:00Z","n":{name},"x":""#);
        format!("{event}{}\"}}", "x".repeat(length.saturating_sub(event.len() + 2)))
    }

    fn list(items: &[String]) -> Bytes {
        format!(r#"{{"kind":"EventList","items":[{}]}}"#, items.join(",")).into()
    }

    fn redactor(key: Option<u8>) -> Arc<Redactor> {
        let key = key.map(|byte| Key::new(&[byte; 32]).unwrap());
        Arc::new(Redactor::new(&redact::Settings::default(), key.as_ref()))
    }

    fn packed(body: &Bytes, received_unix_nanos: u64) -> Vec<Batch> {
        let origin = Origin { cluster: Cluster::default(), received_unix_nanos };
        pack(body.clone(), origin, 1 << 20, redactor(Some(b'k'))).map(Result::unwrap).collect()
    }

    fn sizes(batches: &[Batch]) -> Vec<usize> {
        batches
            .iter()
            .map(|batch| match batch {
                Batch::Chunk(chunk) => chunk.events.len(),
                Batch::Letter(_, count) => *count,
            })
            .collect()
    }

    #[test]
    fn chunks_are_bounded_in_events_and_bytes() {
        let small: Vec<_> = (0..250).map(|name| event(name, 100)).collect();
        assert_eq!(sizes(&packed(&list(&small), 0)), [100, 100, 50]);
        let large: Vec<_> = (0..5).map(|name| event(name, 100_000)).collect();
        assert_eq!(sizes(&packed(&list(&large), 0)), [2, 2, 1]);
        let mixed = [event(0, 100), event(1, 300_000), event(2, 100), event(3, 262_144), event(4, 100)];
        assert_eq!(sizes(&packed(&list(&mixed), 0)), [1, 1, 1, 1, 1]);
    }

    #[test]
    fn what_is_sent_again_makes_the_same_chunks() {
        let body = list(&(0..250).map(|name| event(name, 5000)).collect::<Vec<_>>());
        let ids = |received| -> Vec<_> {
            packed(&body, received)
                .iter()
                .map(|batch| match batch {
                    Batch::Chunk(chunk) => chunk.id(),
                    Batch::Letter(letter, _) => letter.id(),
                })
                .collect()
        };
        assert!(ids(1).len() > 3);
        assert_eq!(ids(1), ids(2));
    }

    #[test]
    fn events_come_through_byte_for_byte_and_garbage_apart() {
        let body = Bytes::from(
            format!("{}\nnot json here\n{}\n[1,2]", event(1, 0), event(2, 0))
                .replace("{\"stage", "{\"kind\":\"Event\",\"stage"),
        );
        let batches = packed(&body, 7);
        let [Batch::Letter(words, 3), Batch::Letter(numbers, 2), Batch::Chunk(chunk)] = batches.as_slice()
        else {
            panic!("{batches:?}")
        };
        assert_eq!(
            (&words.payload[..], &numbers.payload[..]),
            (b"not json here".as_slice(), b"1,2".as_slice())
        );
        assert!(words.reason.ends_with("; and 2 more pieces behind it"), "{}", words.reason);
        let lines: Vec<_> = body.split(|byte| *byte == b'\n').collect();
        assert_eq!(chunk.events, [lines[0], lines[2]]);
        assert_eq!((chunk.cluster.as_str(), chunk.received_unix_nanos), ("default", 7));
    }

    /// However large the body, no more than a few messages exist at a time.
    #[test]
    fn messages_are_made_one_at_a_time() {
        let body = list(&(0..5000).map(|name| event(name, 100)).collect::<Vec<_>>());
        let mut batches = pack(
            body,
            Origin { cluster: Cluster::default(), received_unix_nanos: 0 },
            1 << 20,
            redactor(None),
        );
        while batches.next().is_some() {
            assert!(batches.ready.len() <= 2 && batches.events.len() <= MOST_EVENTS);
        }
    }
}
