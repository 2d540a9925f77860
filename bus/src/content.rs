//! What may travel on the bus: each message type, the stream it belongs to and the id it has.

use bytes::Bytes;
use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

use crate::Id;

/// The streams of the bus. Their retention and limits stand in `nats/topology.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// Chunks of audit events: [`EventChunk`].
    Events,
    /// Alerts: [`Alert`].
    Alerts,
    /// What could not be used: [`DeadLetter`].
    DeadLetters,
}

impl Stream {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Events, Self::Alerts, Self::DeadLetters];

    /// Its name in subjects, tables and messages to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Alerts => "alerts",
            Self::DeadLetters => "dead-letters",
        }
    }

    /// The stream of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.name() == name)
    }
}

/// A message type of the bus.
pub trait Content: prost::Message + Default + Send + Sync + 'static {
    /// The stream that carries it.
    const STREAM: Stream;

    /// Its id, from content only: storing a message whose id the stream holds already does nothing.
    fn id(&self) -> Id;
}

impl Content for EventChunk {
    const STREAM: Stream = Stream::Events;

    /// From the cluster and what identifies the events, not from the time of receipt: a request that is sent again makes
    /// the same chunks again.
    fn id(&self) -> Id {
        Id::of(std::iter::once(self.cluster.as_bytes()).chain(identified(self).map(|(_, identity)| identity)))
    }
}

/// The events of a chunk, each with what identifies it: its digest, or its bytes where the chunk has no digests.
pub fn identified(chunk: &EventChunk) -> impl Iterator<Item = (&Bytes, &[u8])> {
    let digests = if chunk.digests.len() == chunk.events.len() { chunk.digests.as_slice() } else { &[] };
    chunk.events.iter().enumerate().map(|(index, event)| {
        let digest = digests.get(index).filter(|digest| !digest.is_empty());
        (event, digest.unwrap_or(event).as_ref())
    })
}

impl Content for Alert {
    const STREAM: Stream = Stream::Alerts;

    fn id(&self) -> Id {
        self.id.parse().unwrap_or_else(|_| Id::of([self.id.as_bytes()]))
    }
}

impl Content for DeadLetter {
    const STREAM: Stream = Stream::DeadLetters;

    fn id(&self) -> Id {
        self.id.parse().unwrap_or_else(|_| Id::of([self.id.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(events: &[&str], digests: &[&str]) -> EventChunk {
        let bytes =
            |texts: &[&str]| texts.iter().map(|text| Bytes::copy_from_slice(text.as_bytes())).collect();
        EventChunk {
            cluster: "prod".into(),
            received_unix_nanos: 7,
            events: bytes(events),
            digests: bytes(digests),
        }
    }

    #[test]
    fn a_chunk_without_digests_has_the_id_it_always_had() {
        let id = chunk(&["{\"a\":1}", "{}"], &[]).id();
        assert_eq!(id.to_string(), "721dc174-aa14-86bf-b6c4-a297ff07065b");
        assert_eq!(id, Id::of([b"prod".as_slice(), b"{\"a\":1}", b"{}"]));
    }

    #[test]
    fn digests_identify_events_whatever_was_redacted() {
        let one = chunk(&["{\"a\":\"x\"}", "{}"], &["d1", "d2"]);
        assert_eq!(one.id(), chunk(&["{\"a\":\"redacted\"}", "{}"], &["d1", "d2"]).id());
        assert_ne!(one.id(), chunk(&["{\"a\":\"x\"}", "{}"], &["d1", "d3"]).id());
        assert_ne!(one.id(), chunk(&["{\"a\":\"x\"}", "{}"], &[]).id());
    }

    #[test]
    fn digests_that_do_not_fit_the_events_count_for_nothing() {
        assert_eq!(chunk(&["a", "b"], &["d1"]).id(), chunk(&["a", "b"], &[]).id());
        let identities = |chunk: &EventChunk| {
            identified(chunk).map(|(_, identity)| identity.to_vec()).collect::<Vec<_>>().concat()
        };
        assert_eq!(identities(&chunk(&["a", "b"], &["", "d2"])), b"ad2");
    }
}
