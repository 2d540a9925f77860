//! [`Process`]: what every service does at its start and at its end, in one place: signals, logs, traces, health and
//! metrics, and how the bus is.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::watch;

use crate::admin::{Admin, AdminError, Part, Serving, State};
use crate::telemetry::{self, Telemetry, TelemetryError};
use crate::{AdminSettings, LogSettings, Shutdown, SignalError, TraceSettings};

/// A process that begins. What it tells of itself is registered with [`admin`](Self::admin) until it
/// [listens](Self::listen).
#[derive(Debug)]
pub struct Process {
    admin: Admin,
    bus: BusMonitor,
    shutdown: Shutdown,
    telemetry: Telemetry,
}

/// A process at work. Dropped, it tells no more of itself and sends its last spans, within some seconds.
#[derive(Debug)]
pub struct Running {
    bus: BusMonitor,
    shutdown: Shutdown,
    _serving: Serving,
    _telemetry: Telemetry,
}

/// Why a process cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// Logs or traces.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// Signals.
    #[error(transparent)]
    Signals(#[from] SignalError),
    /// Health and metrics.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

impl Process {
    /// Begins to log, to trace and to heed signals. `name` is what the process calls itself in traces. Needs to be
    /// called inside a tokio runtime.
    ///
    /// # Errors
    /// Where logging was begun before, the system refuses a handler, or traces cannot be sent.
    pub fn begin(name: &str, log: &LogSettings, traces: &TraceSettings) -> Result<Self, ProcessError> {
        let telemetry = telemetry::init(name, log, traces)?;
        let mut admin = Admin::new();
        let bus = BusMonitor::observed_by(&mut admin);
        Ok(Self { admin, bus, shutdown: Shutdown::on_signals()?, telemetry })
    }

    /// Where parts and metrics are registered.
    pub fn admin(&mut self) -> &mut Admin {
        &mut self.admin
    }

    /// Serves health and metrics from now on, where the settings name an address.
    ///
    /// # Errors
    /// Where the address cannot be had.
    pub async fn listen(self, settings: &AdminSettings) -> Result<Running, ProcessError> {
        let Self { admin, bus, shutdown, telemetry } = self;
        let bound = Admin::bind(settings).await?;
        let serving = admin.serve(bound, shutdown.clone());
        Ok(Running { bus, shutdown, _serving: serving, _telemetry: telemetry })
    }
}

impl Running {
    /// Says when to stop.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// The bus is reached; from now on this value says whether it is there. Needs to be called inside a tokio runtime.
    pub fn reached(&self, bus: watch::Receiver<bool>) {
        tokio::spawn(self.bus.clone().follow(bus));
    }
}

/// How the bus is, as health and as metrics.
#[derive(Debug, Clone)]
struct BusMonitor {
    health: Part,
    up: Gauge,
    losses: Counter,
}

impl BusMonitor {
    fn observed_by(admin: &mut Admin) -> Self {
        let health = admin.health().part("bus");
        health.set(State::Waiting("it is not reached yet".to_owned()));
        let monitor = Self { health, up: Gauge::default(), losses: Counter::default() };
        let registry = admin.section("bus");
        registry.register("up", "1 while the bus is reached", monitor.up.clone());
        registry.register(
            "losses",
            "How often the bus was lost after it had been reached",
            monitor.losses.clone(),
        );
        monitor
    }

    /// Tells of each change, to the end of the bus.
    async fn follow(self, mut bus: watch::Receiver<bool>) {
        loop {
            if *bus.borrow_and_update() {
                self.up.set(1);
                self.health.set(State::Ready("reached".to_owned()));
            } else {
                if self.up.set(0) == 1 {
                    self.losses.inc();
                }
                self.health
                    .set(State::Waiting("it is away; what waits is kept, and it is tried again".to_owned()));
            }
            if bus.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn says(admin: &Admin, text: &str) {
        while !format!("{:?}", admin.health().parts()).contains(text) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_bus_that_goes_and_comes_is_told_of() {
        let mut admin = Admin::new();
        let monitor = BusMonitor::observed_by(&mut admin);
        says(&admin, "not reached yet").await;
        let (there, bus) = watch::channel(true);
        let following = tokio::spawn(monitor.clone().follow(bus));
        says(&admin, "Ready").await;
        there.send_replace(false);
        says(&admin, "it is away").await;
        assert_eq!((monitor.up.get(), monitor.losses.get()), (0, 1));
        there.send_replace(true);
        says(&admin, "Ready").await;
        drop(there);
        following.await.unwrap();
        assert_eq!((monitor.up.get(), monitor.losses.get()), (1, 1));
    }
}
