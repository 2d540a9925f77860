//! What may travel on the bus: each message type, the stream it belongs to and the id it has.

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

    /// From the cluster and the bytes of the events, not from the time of receipt: a request that is sent again makes
    /// the same chunks again.
    fn id(&self) -> Id {
        Id::of(std::iter::once(self.cluster.as_bytes()).chain(self.events.iter().map(AsRef::as_ref)))
    }
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
