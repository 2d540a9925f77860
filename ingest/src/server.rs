//! The listener: accepts a bounded number of connections, and stops when told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use service::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::connection::{self, Patience};
use crate::monitor::Monitor;
use crate::reach::Reach;
use crate::settings::Settings;
use crate::store::Store;
use crate::webhook::Webhook;

/// Why ingest cannot start.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Settings that cannot be, all of them.
    #[error("{}", .0.iter().map(|(key, text)| format!("ingest.{key}: {text}")).collect::<Vec<_>>().join("\n"))]
    Settings(Vec<(&'static str, String)>),
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
    webhook: Webhook,
    monitor: Monitor,
    patience: Patience,
    max_connections: usize,
    drain: Duration,
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
        let store = Store::new(bus.into(), settings.publish_timeout.get());
        Ok(Self {
            address: listener.local_addr().map_err(wrong)?,
            listener,
            webhook: Webhook::new(settings, store),
            monitor: Monitor::unobserved(),
            patience: Patience { first: settings.header_timeout.get(), idle: settings.idle_timeout.get() },
            max_connections: settings.max_connections.min(Semaphore::MAX_PERMITS),
            drain: settings.drain.get(),
        })
    }

    /// Tells how it is.
    #[must_use]
    pub fn telling(self, monitor: Monitor) -> Self {
        Self { webhook: self.webhook.telling(monitor.clone()), monitor, ..self }
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
        let slots = Arc::new(Semaphore::new(self.max_connections));
        let (protocol, router) = (connection::protocol(), self.webhook.router());
        let mut connections = JoinSet::new();
        loop {
            let accepting = async {
                let slot = Arc::clone(&slots).acquire_owned().await;
                (slot, accept(&self.listener).await)
            };
            let (slot, (stream, peer)) = tokio::select! {
                accepted = accepting => accepted,
                () = shutdown.requested() => break,
            };
            let http = (protocol.clone(), router.clone());
            let serving = connection::serve(stream, peer, http, self.patience, shutdown.clone());
            let connected = self.monitor.connected();
            connections.spawn(async move {
                serving.await;
                drop((slot, connected));
            });
            while connections.try_join_next().is_some() {}
        }
        drop(self.listener);
        finish(connections, self.drain).await;
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
