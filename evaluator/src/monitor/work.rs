//! [`Work`]: what becomes of chunks and alerts, as metrics. Counted by chunk where events can be counted together.

use std::time::Duration;

use bus::{ConsumerStatus, Receipt, StreamStatus};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use proto::alerts::v1::Alert;
use service::admin::buckets::{self, observe_since};

/// What becomes of chunks and alerts; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    events: Counter,
    chunks: Family<ResultLabels, Counter>,
    redeliveries: Counter,
    evaluation: Histogram,
    alerts: Family<ResultLabels, Counter>,
    letters: Family<CodeLabels, Counter>,
    event_delay: Histogram,
    receipt_delay: Histogram,
    pending: Gauge,
    unsettled: Gauge,
    redelivered: Gauge,
    messages: Gauge,
    bytes: Gauge,
}

/// How a chunk went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Went {
    /// All its alerts are stored and it is settled.
    Settled,
    /// It comes again, since an event of it could not be evaluated.
    Retried,
    /// It comes again, since its alerts could not be stored, or it could not be settled.
    Returned,
    /// It has taken evaluators down, and its events come again one by one.
    Split,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

impl Went {
    const ALL: [Self; 4] = [Self::Settled, Self::Retried, Self::Returned, Self::Split];

    fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Retried => "retried",
            Self::Returned => "returned",
            Self::Split => "split",
        }
    }
}

impl Default for Work {
    fn default() -> Self {
        let work = Self {
            events: Counter::default(),
            chunks: Family::default(),
            redeliveries: Counter::default(),
            evaluation: buckets::durations(),
            alerts: Family::default(),
            letters: Family::default(),
            event_delay: buckets::delays(),
            receipt_delay: buckets::delays(),
            pending: Gauge::default(),
            unsettled: Gauge::default(),
            redelivered: Gauge::default(),
            messages: Gauge::default(),
            bytes: Gauge::default(),
        };
        // So that a first failure is seen to be more than none before.
        for went in Went::ALL {
            drop(work.chunks.get_or_create(&ResultLabels { result: went.name() }));
        }
        for result in ["stored", "duplicate"] {
            drop(work.alerts.get_or_create(&ResultLabels { result }));
        }
        for code in ["not-an-event", "evaluation-failed", "kills-the-evaluator"] {
            drop(work.letters.get_or_create(&CodeLabels { code }));
        }
        work
    }
}

impl Work {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "events",
            "Events that were held against the rules; one that comes again counts again",
            self.events.clone(),
        );
        registry.register("chunks", "How the chunks of events went that were given out", self.chunks.clone());
        registry.register(
            "redeliveries",
            "Chunks that were given out and had been given out before",
            self.redeliveries.clone(),
        );
        registry.register(
            "evaluation_duration_seconds",
            "How long the rules took over a chunk",
            self.evaluation.clone(),
        );
        registry.register("alerts", "What became of alerts that rules raised", self.alerts.clone());
        registry.register(
            "dead_letters",
            "Events that went to the dead letters, by the code of the reason",
            self.letters.clone(),
        );
        registry.register(
            "event_delay_seconds",
            "From an event's stageTimestamp until its alert was stored",
            self.event_delay.clone(),
        );
        registry.register(
            "receipt_delay_seconds",
            "From the receipt of an event by ingest until its alert was stored",
            self.receipt_delay.clone(),
        );
        registry.register("pending_chunks", "Chunks that wait for an evaluator", self.pending.clone());
        registry.register(
            "unsettled_chunks",
            "Chunks that evaluators have and did not settle yet",
            self.unsettled.clone(),
        );
        registry.register(
            "redelivered_chunks",
            "Those of the unsettled that were given out more than once",
            self.redelivered.clone(),
        );
    }

    /// What the stream of events holds, under `saker_bus_`.
    pub(super) fn register_stream(&self, registry: &mut Registry) {
        registry.register("events_chunks", "Chunks that the stream of events holds", self.messages.clone());
        registry.register("events_bytes", "Bytes that the stream of events holds", self.bytes.clone());
    }

    /// A chunk was given out and judged.
    pub(crate) fn judged(&self, events: usize, attempt: u64, took: Duration) {
        self.events.inc_by(u64::try_from(events).unwrap_or(u64::MAX));
        self.evaluation.observe(took.as_secs_f64());
        if attempt > 1 {
            self.redeliveries.inc();
        }
    }

    /// That is how it went.
    pub(crate) fn went(&self, how: Went) {
        self.chunks.get_or_create(&ResultLabels { result: how.name() }).inc();
    }

    /// An alert is on the bus.
    pub(crate) fn stored(&self, alert: &Alert, receipt: Receipt) {
        let result = if receipt.duplicate { "duplicate" } else { "stored" };
        self.alerts.get_or_create(&ResultLabels { result }).inc();
        if !receipt.duplicate {
            observe_since(&self.event_delay, u64::try_from(alert.time_unix_nanos).unwrap_or_default());
            observe_since(&self.receipt_delay, alert.received_unix_nanos);
        }
    }

    /// An event is among the dead letters.
    pub(crate) fn letter(&self, code: &'static str, receipt: Receipt) {
        if !receipt.duplicate {
            self.letters.get_or_create(&CodeLabels { code }).inc();
        }
    }

    /// How far the evaluators are, all together.
    pub(crate) fn lags(&self, stream: &StreamStatus, consumer: Option<&ConsumerStatus>) {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.messages.set(signed(stream.messages));
        self.bytes.set(signed(stream.bytes));
        if let Some(ConsumerStatus { pending, unsettled, redelivered, .. }) = consumer {
            self.pending.set(signed(*pending));
            self.unsettled.set(signed(*unsettled));
            self.redelivered.set(signed(*redelivered));
        }
    }
}
