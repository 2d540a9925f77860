//! All sinks at work side by side, each on its own, and how they follow the settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError};
use service::Shutdown;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use crate::delivery::{Connected, Lane};
use crate::dispatch::{NotifierError, SinkErrors};
use crate::monitor::{Monitor, SinkMonitor};
use crate::policy::{Policies, Policy};
use crate::reload::{self, Contents};
use crate::settings::{Settings, SinkName, SinkSettings};

/// The sinks at work.
pub(crate) struct Lanes {
    bus: Bus,
    monitor: Monitor,
    policy: watch::Sender<Arc<Policy>>,
    policies: Policies,
    running: BTreeMap<SinkName, Running>,
    tasks: JoinSet<(SinkName, Result<(), BusError>)>,
    told: watch::Sender<Vec<SinkMonitor>>,
    drain: Duration,
}

/// A sink at work, and what it was set up with.
struct Running {
    settings: SinkSettings,
    contents: Contents,
    stop: Shutdown,
    told: SinkMonitor,
}

/// A sink that is set up.
struct SetUp {
    settings: SinkSettings,
    contents: Contents,
    connected: Connected,
}

impl Lanes {
    /// None yet, on this bus.
    pub(crate) fn new(
        bus: Bus,
        monitor: Monitor,
        policy: watch::Sender<Arc<Policy>>,
        policies: Policies,
    ) -> Self {
        Self {
            bus,
            monitor,
            policy,
            policies,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            told: watch::channel(Vec::new()).0,
            drain: Duration::ZERO,
        }
    }

    /// The sinks at work, as they change.
    pub(crate) fn told(&self) -> watch::Receiver<Vec<SinkMonitor>> {
        self.told.subscribe()
    }

    /// Has the sinks of these settings at work from now on. Those that stay as they are go on; of the others, what is
    /// under way is finished first.
    ///
    /// # Errors
    /// Where a sink cannot be set up: then nothing changes. Where a sink that was at work failed for good.
    pub(crate) async fn follow(&mut self, settings: &Settings) -> Result<(), NotifierError> {
        let new = self.set_up(settings)?;
        self.drain = settings.drain.get();
        self.policy.send_replace(Arc::new(Policy::of(settings)));
        let stays = |name: &SinkName| is_on(settings, name) && !new.contains_key(name);
        let leave: BTreeSet<SinkName> = self.running.keys().filter(|name| !stays(name)).cloned().collect();
        let stopped = self.stop(leave).await;
        for (name, sink) in new {
            self.start(name, sink);
        }
        if self.running.is_empty() {
            tracing::warn!("no sink is configured: alerts are kept, and nobody is told");
        }
        self.told.send_replace(self.running.values().map(|running| running.told.clone()).collect());
        stopped
    }

    /// Waits until a sink cannot go on.
    pub(crate) async fn failed(&mut self) -> NotifierError {
        loop {
            match self.tasks.join_next().await {
                Some(ended) => {
                    if let Err(error) = judged(ended) {
                        return error;
                    }
                }
                None => std::future::pending().await,
            }
        }
    }

    /// Stops all of them, once what is under way is finished.
    ///
    /// # Errors
    /// Where one of them failed for good.
    pub(crate) async fn stop_all(&mut self) -> Result<(), NotifierError> {
        self.stop(self.running.keys().cloned().collect()).await
    }

    /// The sinks that are new, or not as they were.
    fn set_up(&self, settings: &Settings) -> Result<BTreeMap<SinkName, SetUp>, NotifierError> {
        let (mut new, mut errors) = (BTreeMap::new(), Vec::new());
        for (name, sink) in settings.sinks.iter().filter(|(_, sink)| sink.delivery.enabled) {
            let contents = reload::contents(sink);
            let running = self.running.get(name);
            if running.is_some_and(|running| running.settings == *sink && running.contents == contents) {
                continue;
            }
            match sink.kind.connect() {
                Ok(connected) => {
                    let connected = Connected { sink: connected, rate: sink.kind.rate() };
                    new.insert(name.clone(), SetUp { settings: sink.clone(), contents, connected });
                }
                Err(error) => errors.push((name.clone(), error)),
            }
        }
        if errors.is_empty() { Ok(new) } else { Err(NotifierError::Sinks(SinkErrors::new(errors))) }
    }

    fn start(&mut self, name: SinkName, sink: SetUp) {
        let SetUp { settings, contents, connected } = sink;
        tracing::info!(sink = %name, r#type = settings.kind.type_name(), "sink set up");
        let told = self.monitor.sink(&name);
        let delivery = settings.delivery.clone();
        let lane = Lane::new(self.bus.clone(), name.clone(), connected, delivery, self.policies.clone());
        let stop = Shutdown::new();
        let work = lane.telling(told.clone()).run(stop.clone(), self.drain);
        self.tasks.spawn({
            let name = name.clone();
            async move { (name, work.await) }
        });
        self.running.insert(name, Running { settings, contents, stop, told });
    }

    async fn stop(&mut self, mut leave: BTreeSet<SinkName>) -> Result<(), NotifierError> {
        for name in &leave {
            if let Some(running) = self.running.remove(name) {
                running.stop.request();
                running.told.gone();
            }
        }
        let mut result = Ok(());
        while !leave.is_empty() {
            let Some(ended) = self.tasks.join_next().await else { break };
            match ended {
                Ok((ref name, _)) if leave.remove(name) => result = result.and(judged(ended)),
                _ => return result.and(judged(ended)),
            }
        }
        result
    }
}

fn is_on(settings: &Settings, name: &SinkName) -> bool {
    settings.sinks.get(name).is_some_and(|sink| sink.delivery.enabled)
}

fn judged(ended: Result<(SinkName, Result<(), BusError>), JoinError>) -> Result<(), NotifierError> {
    let (sink, result) = ended?;
    result.map_err(|error| NotifierError::Bus { sink, error })
}
