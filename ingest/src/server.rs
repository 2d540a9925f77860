//! The listener: accepts a bounded number of connections, and stops when told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use service::admin::Part;
use service::{Reload, Shutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::arrivals::Arrivals;
use crate::complaints::Complaints;
use crate::connection::{self, Patience};
use crate::door::Door;
use crate::exposure;
use crate::gate::{Gate, Keeper, Problem};
use crate::monitor::Monitor;
use crate::reach::Reach;
use crate::redact::{self, KeyFileError};
use crate::settings::Settings;
use crate::store::Store;
use crate::webhook::Webhook;

/// Why ingest cannot start.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Settings that cannot be, or files that they name and that cannot be used, all of them: each a key and what to do.
    #[error("{}", crate::gate::listed(.0))]
    Settings(Vec<Problem>),
    /// The key for redacted values.
    #[error("ingest.redact.key_file: {0}")]
    Key(#[from] KeyFileError),
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {error}; set another address with --listen or ingest.listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
}

/// The audit webhook, listening.
pub struct Ingest {
    listener: TcpListener,
    address: SocketAddr,
    door: Door,
    webhook: Webhook,
    keeper: Keeper,
    arrivals: Arrivals,
    max_connections: usize,
    drain: Duration,
    reach: Reach,
}

impl Ingest {
    /// Listens; nothing is answered before [`serve`](Self::serve). The bus may be reached later.
    ///
    /// # Errors
    /// Where the settings cannot be, or the address cannot be listened on.
    pub async fn bind(settings: &Settings, bus: impl Into<Reach>) -> Result<Self, IngestError> {
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(IngestError::Settings(problems));
        }
        let wrong = |error| IngestError::Listen { address: settings.listen, error };
        let listener = TcpListener::bind(settings.listen).await.map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let keeper = Keeper::start(settings).await.map_err(IngestError::Settings)?;
        let complaints = Complaints::default();
        let gate = Gate::new(&keeper, settings, complaints.clone());
        exposure::warn(settings, address);
        let reach = bus.into();
        let store = Store::new(reach.clone(), settings.publish_timeout.get());
        let redactor = Arc::new(redact::redactor(&settings.redact)?);
        let webhook = Webhook::new(settings, gate.clone(), store, redactor);
        Ok(Self {
            address,
            listener,
            door: Door {
                gate,
                http: (connection::protocol(), webhook.clone().router()),
                patience: Patience {
                    first: settings.header_timeout.get(),
                    idle: settings.idle_timeout.get(),
                },
                handshake: settings.tls.handshake_timeout.get(),
                complaints,
                monitor: Monitor::unobserved(),
            },
            webhook,
            keeper,
            arrivals: Arrivals::new(settings.max_connections_per_address),
            max_connections: settings.max_connections.min(Semaphore::MAX_PERMITS),
            drain: settings.drain.get(),
            reach,
        })
    }

    /// Looks at the files of credentials also when `reload` says so, and tells `part` how they are.
    #[must_use]
    pub fn reloading_on(mut self, reload: Reload, part: Part) -> Self {
        self.keeper.heeding(reload, part);
        self
    }

    /// Tells how it is.
    #[must_use]
    pub fn telling(mut self, monitor: Monitor) -> Self {
        self.webhook = self.webhook.telling(monitor.clone());
        self.door.http.1 = self.webhook.clone().router();
        self.door.monitor = monitor;
        self
    }

    /// Where it listens: the port that the system chose, where the settings left that to it.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves for as long as `work` goes on and nobody asks to stop, and ends as `work` ends. It is where the bus is
    /// reached: an API server that finds nobody listening gives its events up sooner than one that is told to wait.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn serve_while<E>(
        self,
        work: impl Future<Output = Result<(), E>>,
        shutdown: Shutdown,
    ) -> Result<(), E> {
        let working = async {
            let done = work.await;
            shutdown.request();
            done
        };
        let (done, ()) = tokio::join!(working, self.serve(shutdown.clone()));
        done
    }

    /// Answers requests until told to stop; then finishes those in flight, within the time set for it.
    pub async fn serve(self, shutdown: Shutdown) {
        let Self { listener, door, keeper, arrivals, max_connections, drain, reach, .. } = self;
        let looking = tokio::spawn(door.monitor.fullness.clone().keep(reach));
        let slots = Arc::new(Semaphore::new(max_connections));
        let (door, keeping) = (Arc::new(door), tokio::spawn(keeper.keep()));
        let mut connections = JoinSet::new();
        loop {
            let accepting = async {
                let slot = Arc::clone(&slots).acquire_owned().await;
                (slot, accept(&listener).await)
            };
            let (slot, (stream, peer)) = tokio::select! {
                accepted = accepting => accepted,
                () = shutdown.requested() => break,
            };
            while connections.try_join_next().is_some() {}
            let Some(place) = arrivals.enter(peer.ip()) else {
                door.one_too_many(peer);
                continue;
            };
            let (door, shutdown, connected) = (Arc::clone(&door), shutdown.clone(), door.monitor.connected());
            connections.spawn(async move {
                door.serve(stream, peer, shutdown).await;
                drop((slot, place, connected));
            });
        }
        drop(listener);
        finish(connections, drain).await;
        keeping.abort();
        looking.abort();
    }
}

/// The next connection. Errors are of that one connection, or the system is out of something that time may bring back.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    const BREATH: Duration = Duration::from_millis(200);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "cannot send without delay");
                }
                return (stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(BREATH).await;
            }
        }
    }
}

async fn finish(mut connections: JoinSet<()>, drain: Duration) {
    let finished = timeout(drain, async { while connections.join_next().await.is_some() {} }).await;
    if finished.is_err() {
        tracing::warn!(
            connections = connections.len(),
            ?drain,
            "cut off requests that did not finish in time"
        );
        connections.shutdown().await;
    }
}
