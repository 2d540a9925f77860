//! The notifier as a whole: its sinks, what they share, and the settings that they follow.

use std::fmt;
use std::sync::Arc;

use bus::{Bus, BusError, Stream};
use service::config::Problems;
use service::{Reload, Shutdown};
use tokio::sync::watch;

use crate::group::{Closer, Open};
use crate::lanes::Lanes;
use crate::monitor::{Monitor, SinkMonitor};
use crate::policy::{Policies, Policy};
use crate::reload::{Load, Watcher};
use crate::settings::{Settings, SinkName};
use crate::silence::Follower;
use crate::sink::{SinkError, install_tls_provider};
use crate::status::Writer;
use crate::{abandoned, lag};

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

impl SinkErrors {
    pub(crate) fn new(errors: Vec<(SinkName, SinkError)>) -> Self {
        Self(errors)
    }
}

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
    load: Option<Load>,
    wishes: Reload,
}

impl Notifier {
    /// On this bus, to the sinks of these settings.
    pub fn new(bus: Bus, settings: Settings) -> Self {
        Self { bus, settings, monitor: Monitor::unobserved(), load: None, wishes: Reload::new() }
    }

    /// Tells how it is.
    #[must_use]
    pub fn telling(self, monitor: Monitor) -> Self {
        Self { monitor, ..self }
    }

    /// Follows the settings: `load` reads them anew, every [`Settings::reload`] and when it is wished.
    #[must_use]
    pub fn reloading_on(
        self,
        wishes: Reload,
        load: impl Fn() -> Result<Settings, Problems> + Send + Sync + 'static,
    ) -> Self {
        Self { load: Some(Arc::new(load)), wishes, ..self }
    }

    /// Delivers alerts to all sinks until a stop is requested; then finishes what is under way, within
    /// [`Settings::drain`], and gives the rest back.
    ///
    /// # Errors
    /// Where sinks cannot be set up, or the bus fails for good; the other sinks are stopped then too.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), NotifierError> {
        install_tls_provider();
        let Self { bus, settings, monitor, load, wishes } = self;
        let (policy, following) = watch::channel(Arc::new(Policy::of(&settings)));
        let (silences, known) = Follower::new(bus.clone());
        let open = Open::default();
        let policies = Policies { settings: following, silences: known, open: open.clone() };
        let mut lanes = Lanes::new(bus.clone(), monitor.clone(), policy, policies);
        lanes.follow(&settings).await?;
        abandoned::warn(&bus, &settings.sinks).await;
        let mut watcher = Watcher::new(load, wishes, &settings, monitor.clone());
        let shared = tokio::spawn(keep(bus.clone(), (silences, open), monitor.clone(), lanes.told()));
        let result = follow((&bus, &mut lanes), &mut watcher, &monitor, &shutdown).await;
        let result = result.and(lanes.stop_all().await);
        shared.abort();
        result
    }
}

/// Until a stop is requested, or a sink cannot go on.
async fn follow(
    (bus, lanes): (&Bus, &mut Lanes),
    watcher: &mut Watcher,
    monitor: &Monitor,
    shutdown: &Shutdown,
) -> Result<(), NotifierError> {
    loop {
        let settings = tokio::select! {
            () = shutdown.requested() => return Ok(()),
            error = lanes.failed() => return Err(error),
            settings = watcher.next() => settings,
        };
        match lanes.follow(&settings).await {
            Ok(()) => {
                tracing::info!(
                    sinks = settings.sinks.len(),
                    routes = settings.routes.len(),
                    "new settings are in force"
                );
                monitor.settings_taken();
                abandoned::warn(bus, &settings.sinks).await;
            }
            Err(NotifierError::Sinks(errors)) => {
                tracing::error!("the new settings are not taken, those before stay in force:\n{errors}");
                monitor.settings_refused(&errors.to_string());
            }
            Err(error) => return Err(error),
        }
    }
}

/// What there is to do beside the sinks, until it is dropped.
async fn keep(
    bus: Bus,
    (silences, open): (Follower, Open),
    monitor: Monitor,
    sinks: watch::Receiver<Vec<SinkMonitor>>,
) {
    let now = || sinks.borrow().clone();
    let writer = Writer::new(&bus);
    let closer = Closer::new(bus.clone(), open);
    let _ = futures::join!(
        bus.keep_trimmed(Stream::Alerts),
        lag::tell(&bus, &monitor, now),
        writer.run(now),
        silences.run(),
        closer.run(),
    );
}
