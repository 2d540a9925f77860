//! [`Monitor`]: what the notifier tells of itself and of each sink, as health and as metrics. Sinks are those of the
//! settings, so that there are few.

use std::time::Duration;

use bus::{ConsumerStatus, StreamStatus};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use proto::alerts::v1::Alert;
use proto::notifier::v1::SinkStatus;
use service::admin::buckets::{self, observe_since};
use service::admin::{Admin, Health, Part, State};

use crate::grpc::GrpcMonitor;
use crate::settings::SinkName;
use crate::status::{Noted, Resting};

type PerSink<M> = Family<SinkLabels, M>;
type Histograms = Family<SinkLabels, Histogram, fn() -> Histogram>;

/// What the notifier tells of itself; cheap to clone.
#[derive(Debug, Clone)]
pub struct Monitor {
    health: Health,
    settings: Part,
    settings_changes: Family<ChangeLabels, Counter>,
    deliveries: Family<ResultLabels, Counter>,
    durations: Histograms,
    event_delays: Histograms,
    receipt_delays: Histograms,
    open: PerSink<Gauge>,
    pending: PerSink<Gauge>,
    unsettled: PerSink<Gauge>,
    redelivered: PerSink<Gauge>,
    alerts: Held,
    letters: Held,
    grpc: GrpcMonitor,
}

/// What a stream holds.
#[derive(Debug, Clone, Default)]
struct Held {
    messages: Gauge,
    bytes: Gauge,
}

/// What became of an alert at a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The sink took it.
    Delivered,
    /// The sink did not take it; it comes again.
    Failed,
    /// The sink will never take it; it is a dead letter.
    Refused,
    /// It was tried as often as the settings say; it is a dead letter.
    GaveUp,
    /// It is less urgent than what the sink is given.
    Withheld,
    /// The sink had taken it already, and it was not known to be settled.
    Known,
    /// No route leads to the sink.
    Unrouted,
    /// A silence kept it back, which counts it.
    Silenced,
    /// It is told with others, as one.
    Grouped,
}

/// What is told of one sink.
#[derive(Debug, Clone)]
pub(crate) struct SinkMonitor {
    health: Part,
    monitor: Monitor,
    labels: SinkLabels,
    noted: Noted,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SinkLabels {
    sink: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    sink: String,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChangeLabels {
    result: &'static str,
}

impl Monitor {
    /// One that whoever asks the process can see: a part of its health for each sink, and metrics.
    pub fn observed_by(admin: &mut Admin) -> Self {
        let (health, settings) = (admin.health().clone(), admin.health().part("notifier-settings"));
        settings.set(State::Ready("as they were at the start".to_owned()));
        let monitor = Self { health, settings, ..Self::unobserved() };
        monitor.register(admin.section("notifier"));
        monitor.register_streams(admin.section("bus"));
        monitor
    }

    /// One that nobody looks at.
    pub(crate) fn unobserved() -> Self {
        Self {
            health: Health::default(),
            settings: Part::unobserved(),
            settings_changes: Family::default(),
            deliveries: Family::default(),
            durations: Family::new_with_constructor(buckets::durations),
            event_delays: Family::new_with_constructor(buckets::delays),
            receipt_delays: Family::new_with_constructor(buckets::delays),
            open: Family::default(),
            pending: Family::default(),
            unsettled: Family::default(),
            redelivered: Family::default(),
            alerts: Held::default(),
            letters: Held::default(),
            grpc: GrpcMonitor::default(),
        }
    }

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "settings_changes",
            "Settings that were found to have changed, and whether they were taken",
            self.settings_changes.clone(),
        );
        for result in ["taken", "refused"] {
            drop(self.settings_changes.get_or_create(&ChangeLabels { result }));
        }
        registry.register("deliveries", "What became of alerts at each sink", self.deliveries.clone());
        registry.register(
            "delivery_duration_seconds",
            "How long the sink took over a delivery, whether it took it or not",
            self.durations.clone(),
        );
        registry.register(
            "event_delay_seconds",
            "From an event's stageTimestamp until the sink had taken its alert",
            self.event_delays.clone(),
        );
        registry.register(
            "receipt_delay_seconds",
            "From the receipt of an event by ingest until the sink had taken its alert",
            self.receipt_delays.clone(),
        );
        registry.register(
            "circuit_open",
            "1 while the sink is left alone after a failure",
            self.open.clone(),
        );
        registry.register("pending_alerts", "Alerts that wait for the sink", self.pending.clone());
        registry.register(
            "unsettled_alerts",
            "Alerts that are under way to the sink, or wait to be tried again",
            self.unsettled.clone(),
        );
        registry.register(
            "redelivered_alerts",
            "Those of the unsettled that were tried more than once",
            self.redelivered.clone(),
        );
        self.grpc.register(registry);
    }

    fn register_streams(&self, registry: &mut Registry) {
        registry.register("alerts_messages", "Alerts that the bus holds", self.alerts.messages.clone());
        registry.register("alerts_bytes", "Bytes that the stream of alerts holds", self.alerts.bytes.clone());
        registry.register(
            "dead_letters_messages",
            "Dead letters that the bus holds",
            self.letters.messages.clone(),
        );
        registry.register(
            "dead_letters_bytes",
            "Bytes that the stream of dead letters holds",
            self.letters.bytes.clone(),
        );
    }

    /// For the sink of this name.
    pub(crate) fn sink(&self, name: &SinkName) -> SinkMonitor {
        let labels = SinkLabels { sink: name.as_str().to_owned() };
        let (health, noted) = (self.health.part(name.consumer()), Noted::default());
        let sink = SinkMonitor { health, monitor: self.clone(), labels, noted };
        sink.health.set(State::Ready("set up".to_owned()));
        // So that a first failure is seen to be more than none before.
        for outcome in Outcome::ALL {
            sink.became(outcome, 0);
        }
        drop(self.durations.get_or_create(&sink.labels));
        drop(self.event_delays.get_or_create(&sink.labels));
        drop(self.receipt_delays.get_or_create(&sink.labels));
        self.open.get_or_create(&sink.labels).set(0);
        sink.lags(&ConsumerStatus::default());
        sink
    }

    /// New settings are in force.
    pub(crate) fn settings_taken(&self) {
        self.settings_changes.get_or_create(&ChangeLabels { result: "taken" }).inc();
        self.settings.set(State::Ready("as they were read last".to_owned()));
    }

    /// New settings have mistakes.
    pub(crate) fn settings_refused(&self, why: &str) {
        self.settings_changes.get_or_create(&ChangeLabels { result: "refused" }).inc();
        self.settings.set(State::Degraded(format!("new ones have mistakes, and those before stay: {why}")));
    }

    /// For the gRPC services.
    pub(crate) fn grpc(&self) -> GrpcMonitor {
        self.grpc.clone()
    }

    /// What the stream of alerts holds.
    pub(crate) fn alerts(&self, status: &StreamStatus) {
        self.alerts.set(status);
    }

    /// What the stream of dead letters holds.
    pub(crate) fn dead_letters(&self, status: &StreamStatus) {
        self.letters.set(status);
    }
}

impl Held {
    fn set(&self, status: &StreamStatus) {
        self.messages.set(signed(status.messages));
        self.bytes.set(signed(status.bytes));
    }
}

impl Outcome {
    pub(crate) const ALL: [Self; 9] = [
        Self::Delivered,
        Self::Failed,
        Self::Refused,
        Self::GaveUp,
        Self::Withheld,
        Self::Known,
        Self::Unrouted,
        Self::Silenced,
        Self::Grouped,
    ];

    /// A short stable word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::GaveUp => "gave-up",
            Self::Withheld => "withheld",
            Self::Known => "known",
            Self::Unrouted => "unrouted",
            Self::Silenced => "silenced",
            Self::Grouped => "grouped",
        }
    }
}

impl SinkMonitor {
    /// That became of so many alerts.
    pub(crate) fn became(&self, outcome: Outcome, alerts: usize) {
        let labels = ResultLabels { sink: self.labels.sink.clone(), result: outcome.name() };
        let count = u64::try_from(alerts).unwrap_or(u64::MAX);
        self.monitor.deliveries.get_or_create(&labels).inc_by(count);
    }

    /// The sink will never take these alerts.
    pub(crate) fn refused(&self, reason: &str, alerts: usize) {
        self.became(Outcome::Refused, alerts);
        self.noted.failed(reason);
    }

    /// The sink took an alert.
    pub(crate) fn delivered(&self, alert: &Alert) {
        self.became(Outcome::Delivered, 1);
        self.noted.delivered();
        if alert.summary.is_some() {
            // Its events lie as far back as alerts are gathered.
            return;
        }
        let stage = u64::try_from(alert.time_unix_nanos).unwrap_or_default();
        observe_since(&self.monitor.event_delays.get_or_create(&self.labels), stage);
        observe_since(&self.monitor.receipt_delays.get_or_create(&self.labels), alert.received_unix_nanos);
    }

    /// An attempt took so long.
    pub(crate) fn took(&self, duration: Duration) {
        self.monitor.durations.get_or_create(&self.labels).observe(duration.as_secs_f64());
    }

    /// The sink answers.
    pub(crate) fn answers(&self) {
        self.monitor.open.get_or_create(&self.labels).set(0);
        self.noted.rests(Resting::No);
        self.health.set(State::Ready("it takes alerts".to_owned()));
    }

    /// A delivery failed, and the sink goes on.
    pub(crate) fn stumbled(&self, why: &str) {
        self.noted.failed(why);
    }

    /// The sink is left alone for a while.
    pub(crate) fn rests(&self, failures: u64, why: &str) {
        self.monitor.open.get_or_create(&self.labels).set(1);
        self.noted.failed(why);
        self.noted.rests(Resting::Yes);
        let times = if failures == 1 { "once".to_owned() } else { format!("{failures} times in a row") };
        self.health.set(State::Degraded(format!("it failed {times}, and its alerts wait: {why}")));
    }

    /// How far it is.
    pub(crate) fn lags(&self, consumer: &ConsumerStatus) {
        let ConsumerStatus { pending, unsettled, redelivered, .. } = consumer;
        self.monitor.pending.get_or_create(&self.labels).set(signed(*pending));
        self.monitor.unsettled.get_or_create(&self.labels).set(signed(*unsettled));
        self.monitor.redelivered.get_or_create(&self.labels).set(signed(*redelivered));
    }

    /// The sink is not served any more.
    pub(crate) fn gone(&self) {
        self.monitor.open.get_or_create(&self.labels).set(0);
        self.health.set(State::Ready("not served any more".to_owned()));
    }

    /// All that is known of it, for other processes.
    pub(crate) fn status(&self) -> SinkStatus {
        let results = Outcome::ALL.into_iter().map(|outcome| {
            let labels = ResultLabels { sink: self.labels.sink.clone(), result: outcome.name() };
            (outcome.name().to_owned(), self.monitor.deliveries.get_or_create(&labels).get())
        });
        self.noted.status(results.collect())
    }

    /// The name of the sink.
    pub(crate) fn name(&self) -> &str {
        &self.labels.sink
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
