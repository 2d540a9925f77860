//! [`GrpcMonitor`]: what the gRPC services tell of themselves, as metrics. Methods are fixed words; clients are not told
//! apart.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What the gRPC services tell of themselves; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct GrpcMonitor {
    open: Family<Labels, Gauge>,
    alerts: Family<Labels, Counter>,
    dropped: Family<Labels, Counter>,
    refused: Family<RefusalLabels, Counter>,
    connections: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

/// A method that streams alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// `Subscribe`
    Subscribe,
    /// `Consume`
    Consume,
    /// Falco's `get`, `sub` and `subscribe`.
    Falco,
}

/// Why clients are turned away, or streams ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is not known who asks.
    Credentials,
    /// The handshake of TLS failed.
    Handshake,
    /// A subscriber that had asked for it was too slow.
    Slow,
    /// Alerts are missing.
    Missing,
}

/// A stream is open while this lives.
#[derive(Debug)]
pub(crate) struct Open {
    open: Gauge,
    alerts: Counter,
    dropped: Counter,
    monitor: GrpcMonitor,
}

/// A connection is open while this lives.
#[derive(Debug)]
pub(crate) struct Connected(Gauge);

impl GrpcMonitor {
    /// Registers its metrics, which begin with `grpc`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("grpc");
        registry.register("streams", "Streams of alerts that are open", self.open.clone());
        registry.register("alerts", "Alerts that were sent on streams", self.alerts.clone());
        registry.register(
            "dropped_messages",
            "Messages that subscribers were spared since they were too slow and had asked for it",
            self.dropped.clone(),
        );
        registry.register("refusals", "Clients turned away, and streams ended early", self.refused.clone());
        registry.register("connections", "Connections that are open", self.connections.clone());
        // So that a first failure is seen to be more than none before.
        for method in [Method::Subscribe, Method::Consume, Method::Falco] {
            drop(self.opened(method));
        }
        for reason in [Reason::Credentials, Reason::Handshake, Reason::Slow, Reason::Missing] {
            self.refused.get_or_create(&RefusalLabels { reason: reason.name() }).inc_by(0);
        }
    }

    /// One more stream is open.
    pub(crate) fn opened(&self, method: Method) -> Open {
        let labels = Labels { method: method.name() };
        let open = self.open.get_or_create_owned(&labels);
        open.inc();
        let alerts = self.alerts.get_or_create_owned(&labels);
        Open { open, alerts, dropped: self.dropped.get_or_create_owned(&labels), monitor: self.clone() }
    }

    /// One more connection is open.
    pub(crate) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// A client was turned away, or its stream ended.
    pub(crate) fn refused(&self, reason: Reason) {
        self.refused.get_or_create(&RefusalLabels { reason: reason.name() }).inc();
    }
}

impl Open {
    /// An alert was sent.
    pub(crate) fn sent(&self) {
        self.alerts.inc();
    }

    /// So many messages were not.
    pub(crate) fn dropped(&self, count: u64) {
        self.dropped.inc_by(count);
    }

    /// The stream ended early.
    pub(crate) fn refused(&self, reason: Reason) {
        self.monitor.refused(reason);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.open.dec();
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Consume => "consume",
            Self::Falco => "falco",
        }
    }
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Handshake => "handshake",
            Self::Slow => "slow",
            Self::Missing => "missing",
        }
    }
}
