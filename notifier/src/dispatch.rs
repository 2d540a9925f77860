//! All sinks at work side by side, each on its own, and the alerts that all of them have trimmed away.

use std::fmt;

use bus::{Bus, BusError, Stream};
use service::Shutdown;
use tokio::task::JoinSet;

use crate::abandoned;
use crate::delivery::Lane;
use crate::lag;
use crate::monitor::{Monitor, SinkMonitor};
use crate::settings::{Settings, SinkName};
use crate::sink::{SinkError, install_tls_provider};

/// Why the notifier cannot run, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum NotifierError {
    /// Sinks that cannot be set up; all of them.
    #[error("{0}")]
    Sinks(SinkErrors),
    /// The bus is not usable any more.
    #[error("sink `{sink}`: {error}")]
    Bus {
        /// The sink that found out.
        sink: SinkName,
        /// What happened.
        error: BusError,
    },
    /// A defect of ours.
    #[error("a sink's task ended: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Sinks that cannot be set up, each with the reason.
#[derive(Debug)]
pub struct SinkErrors(Vec<(SinkName, SinkError)>);

impl fmt::Display for SinkErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> =
            self.0.iter().map(|(name, error)| format!("sink `{name}`: {error}")).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Delivers alerts to the sinks.
pub struct Notifier {
    bus: Bus,
    settings: Settings,
    monitor: Monitor,
}

impl Notifier {
    /// On this bus, to the sinks of these settings.
    pub fn new(bus: Bus, settings: Settings) -> Self {
        Self { bus, settings, monitor: Monitor::unobserved() }
    }

    /// Tells how it is.
    #[must_use]
    pub fn telling(self, monitor: Monitor) -> Self {
        Self { monitor, ..self }
    }

    /// Delivers alerts to all sinks until a stop is requested; then finishes what is under way, within
    /// [`Settings::drain`], and gives the rest back.
    ///
    /// # Errors
    /// Where sinks cannot be set up, or the bus fails for good; the other sinks are stopped then too.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), NotifierError> {
        install_tls_provider();
        let lanes = self.lanes()?;
        if lanes.is_empty() {
            tracing::warn!("no sink is configured: alerts are kept, and nobody is told");
        }
        run_lanes(lanes, self, shutdown).await
    }

    /// The sinks that are switched on, set up.
    fn lanes(&self) -> Result<Vec<SetUp>, NotifierError> {
        let (mut lanes, mut errors) = (Vec::new(), Vec::new());
        for (name, sink) in self.settings.sinks.iter().filter(|(_, sink)| sink.delivery.enabled) {
            match sink.kind.connect() {
                Ok(connected) => {
                    tracing::info!(sink = %name, r#type = sink.kind.type_name(), "sink set up");
                    let told = self.monitor.sink(name);
                    let lane = Lane::new(self.bus.clone(), name.clone(), connected, sink.delivery.clone());
                    lanes.push(SetUp { name: name.clone(), lane: lane.telling(told.clone()), told });
                }
                Err(error) => errors.push((name.clone(), error)),
            }
        }
        if errors.is_empty() { Ok(lanes) } else { Err(NotifierError::Sinks(SinkErrors(errors))) }
    }
}

/// A sink that is set up.
struct SetUp {
    name: SinkName,
    lane: Lane,
    told: SinkMonitor,
}

async fn run_lanes(lanes: Vec<SetUp>, notifier: Notifier, shutdown: Shutdown) -> Result<(), NotifierError> {
    let Notifier { bus, settings, monitor } = notifier;
    // Set off by the caller's, and by the first sink that cannot go on.
    let stop = Shutdown::new();
    let mut running = JoinSet::new();
    let drain = settings.drain.get();
    let mut told = Vec::new();
    for SetUp { name, lane, told: sink } in lanes {
        told.push(sink);
        let work = lane.run(stop.clone(), drain);
        running.spawn(async move { work.await.map_err(|error| NotifierError::Bus { sink: name, error }) });
    }
    let keeping = tokio::spawn(async move {
        abandoned::warn(&bus, &settings.sinks).await;
        futures::join!(bus.keep_trimmed(Stream::Alerts), lag::tell(&bus, &monitor, &told))
    });
    let mut result = Ok(());
    while !(stop.is_requested() && running.is_empty()) {
        tokio::select! {
            () = shutdown.requested(), if !stop.is_requested() => stop.request(),
            Some(ended) = running.join_next() => {
                if let Err(error) = ended.map_err(NotifierError::Task).flatten() {
                    stop.request();
                    result = result.and(Err(error));
                }
            }
        }
    }
    keeping.abort();
    result
}
