//! [`Monitor`]: what ingest tells of itself as metrics. No label is a client's to choose.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use service::admin::{Admin, Part, buckets};

use crate::fullness::Fullness;
use crate::refusal::Refusal;
use crate::split::Code;
use crate::store::Counts;

/// The code of a request whose events are stored.
pub(crate) const STORED: &str = "ok";

/// What ingest tells of itself; cheap to clone.
#[derive(Debug, Clone)]
pub struct Monitor {
    requests: Family<CodeLabels, Counter>,
    durations: Histogram,
    bodies: Histogram,
    received: Counter,
    events: Family<ResultLabels, Counter>,
    letters: Family<CodeLabels, Counter>,
    /// What bodies take of memory, in bytes.
    pub(crate) memory: Gauge,
    memory_limit: Gauge,
    connections: Gauge,
    turned_away: Family<ReasonLabels, Counter>,
    /// Whether the bus has room.
    pub(crate) fullness: Fullness,
}

/// Why connections end before their first request: their address has enough of them, or their handshake failed.
const REASONS: [&str; 2] = ["address", "handshake"];

/// An open connection, until it is dropped.
pub(crate) struct Connected(Gauge);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

impl Monitor {
    /// One that whoever asks the process can see.
    pub fn observed_by(admin: &mut Admin) -> Self {
        let monitor = Self::told_to(admin.health().part("room"));
        monitor.register(admin.section("ingest"));
        monitor
    }

    /// One that nobody looks at.
    pub(crate) fn unobserved() -> Self {
        Self::told_to(Part::unobserved())
    }

    fn told_to(room: Part) -> Self {
        let monitor = Self {
            requests: Family::default(),
            durations: buckets::durations(),
            bodies: buckets::sizes(),
            received: Counter::default(),
            events: Family::default(),
            letters: Family::default(),
            memory: Gauge::default(),
            memory_limit: Gauge::default(),
            connections: Gauge::default(),
            turned_away: Family::default(),
            fullness: Fullness::told_to(room),
        };
        // So that a first failure is seen to be more than none before.
        for code in std::iter::once(STORED).chain(Refusal::CODES) {
            drop(monitor.requests.get_or_create(&CodeLabels { code }));
        }
        for code in Code::ALL {
            drop(monitor.letters.get_or_create(&CodeLabels { code: code.as_str() }));
        }
        for reason in REASONS {
            drop(monitor.turned_away.get_or_create(&ReasonLabels { reason }));
        }
        monitor.add(Counts::default());
        monitor
    }

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "requests",
            "Requests to the webhook by the code of their answer",
            self.requests.clone(),
        );
        registry.register(
            "request_duration_seconds",
            "From a request's headers to its answer",
            self.durations.clone(),
        );
        registry.register("body_bytes", "Sizes of the bodies that were received whole", self.bodies.clone());
        registry.register(
            "received_events",
            "Events, and pieces that are none, of the bodies that were received",
            self.received.clone(),
        );
        registry.register("events", "What became of received events", self.events.clone());
        registry.register(
            "dead_letters",
            "Dead letters made of bodies and their pieces, by the code of the reason",
            self.letters.clone(),
        );
        registry.register("memory_bytes", "What bodies take of memory now", self.memory.clone());
        registry.register("memory_limit_bytes", "What bodies may take of memory", self.memory_limit.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register(
            "connections_turned_away",
            "Connections that ended before their first request, by the reason",
            self.turned_away.clone(),
        );
    }

    /// A connection ends before its first request.
    pub(crate) fn turned_away(&self, reason: &'static str) {
        self.turned_away.get_or_create(&ReasonLabels { reason }).inc();
    }

    /// A request was answered.
    pub(crate) fn answered(&self, code: &'static str, after: Duration) {
        self.requests.get_or_create(&CodeLabels { code }).inc();
        self.durations.observe(after.as_secs_f64());
    }

    /// A body was received.
    pub(crate) fn received_body(&self, bytes: usize) {
        self.bodies.observe(f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)));
    }

    /// Events, or pieces, are about to be stored.
    pub(crate) fn received(&self, events: usize) {
        self.received.inc_by(unsigned(events));
    }

    /// Some of a body is stored.
    pub(crate) fn add(&self, counts: Counts) {
        let results = [
            ("stored", counts.stored),
            ("duplicate", counts.duplicates),
            ("quarantined", counts.quarantined),
        ];
        for (result, count) in results {
            self.events.get_or_create(&ResultLabels { result }).inc_by(unsigned(count));
        }
    }

    /// A dead letter is stored.
    pub(crate) fn letter(&self, code: &str) {
        if let Some(code) = Code::ALL.iter().map(|code| code.as_str()).find(|known| *known == code) {
            self.letters.get_or_create(&CodeLabels { code }).inc();
        }
    }

    /// What bodies may take of memory.
    pub(crate) fn limited_to(&self, memory: usize) {
        self.memory_limit.set(i64::try_from(memory).unwrap_or(i64::MAX));
    }

    /// A connection was opened.
    pub(crate) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn unsigned(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
