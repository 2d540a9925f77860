//! [`Grpc`]: the listener. It accepts a bounded number of connections, and stops when told to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use hyper::server::conn::http2::Builder;
use hyper_util::rt::TokioExecutor;
use service::{Reload, Shutdown};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;

use super::caller::{Caller, Peer};
use super::connection;
use super::exposure;
use super::gate::Gate;
use super::hub::Hub;
use super::keeper::{self, Keeper};
use super::listen::Listen;
use super::monitor::{GrpcMonitor, Reason};
use super::services::Services;
use super::settings::GrpcSettings;
use super::socket::{self, SocketFile};
use crate::{Monitor, Settings};

/// How long streams have to end once the service is told to stop: they are ended at once, but a client that does not
/// read does not hear of it.
const DRAIN: Duration = Duration::from_secs(3);

/// Why the gRPC services cannot start.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// Settings that cannot be, each a key and what to do.
    #[error("{}", listed(.0))]
    Settings(Vec<(String, String)>),
    /// Files that they name and that cannot be used, each a key and what to do.
    #[error("{}", keeper::listed(.0))]
    Credentials(Vec<(String, String)>),
    /// The address is taken, or not ours.
    #[error(
        "cannot listen for gRPC on {listen}: {error}; set another address with --grpc or notifier.grpc.listen, or switch \
         it off with --grpc off"
    )]
    Listen {
        /// Where.
        listen: Listen,
        /// What the system says.
        error: io::Error,
    },
}

/// The gRPC services, listening.
pub struct Grpc {
    door: Door,
    listen: Listen,
    bus: Bus,
    settings: GrpcSettings,
    keeper: Keeper,
    told: GrpcMonitor,
}

/// What connections come in by.
enum Door {
    Tcp(TcpListener),
    Unix { listener: UnixListener, _file: SocketFile },
}

/// A connection that was accepted.
enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

impl Grpc {
    /// Listens; nothing is answered before [`serve`](Self::serve). `None` where it is switched off.
    ///
    /// # Errors
    /// Where the settings cannot be, or the address cannot be listened on.
    pub async fn bind(settings: &Settings, bus: Bus) -> Result<Option<Self>, GrpcError> {
        let settings = settings.grpc.clone();
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(GrpcError::Settings(problems));
        }
        if settings.listen == Listen::Off {
            return Ok(None);
        }
        let keeper = Keeper::start(&settings).await.map_err(GrpcError::Credentials)?;
        let wrong = |error| GrpcError::Listen { listen: settings.listen.clone(), error };
        let (door, listen) = match &settings.listen {
            Listen::Off => return Ok(None),
            Listen::Tcp(address) => {
                let listener = TcpListener::bind(address).await.map_err(wrong)?;
                let address = listener.local_addr().map_err(wrong)?;
                (Door::Tcp(listener), Listen::Tcp(address))
            }
            Listen::Unix(path) => {
                let (listener, _file) = socket::bind(path, settings.socket_mode).map_err(wrong)?;
                (Door::Unix { listener, _file }, settings.listen.clone())
            }
        };
        exposure::warn(&settings, &listen);
        Ok(Some(Self { door, listen, bus, settings, keeper, told: GrpcMonitor::default() }))
    }

    /// Tells how it is.
    #[must_use]
    pub fn telling(self, monitor: &Monitor) -> Self {
        Self { told: monitor.grpc(), ..self }
    }

    /// Looks at the files of credentials also when this says so.
    #[must_use]
    pub fn reloading_on(self, wishes: Reload) -> Self {
        Self { keeper: self.keeper.heeding(wishes), ..self }
    }

    /// Where it listens: the port that the system chose, where the settings left that to it.
    pub fn listens_at(&self) -> &Listen {
        &self.listen
    }

    /// Serves for as long as `work` goes on and nobody asks to stop, and ends as `work` ends.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn serve_while<E>(
        grpc: Option<Self>,
        work: impl Future<Output = Result<(), E>>,
        shutdown: Shutdown,
    ) -> Result<(), E> {
        let Some(grpc) = grpc else { return work.await };
        let working = async {
            let done = work.await;
            shutdown.request();
            done
        };
        let (done, ()) = tokio::join!(working, Box::pin(grpc.serve(shutdown.clone())));
        done
    }

    /// Answers calls until told to stop; then ends all streams.
    pub async fn serve(self, shutdown: Shutdown) {
        let Self { door, listen, bus, settings, keeper, told } = self;
        tracing::info!(%listen, "alerts are served by gRPC");
        let hub = Hub::new(bus, settings.buffer.as_usize());
        let following = tokio::spawn(Arc::clone(&hub).run());
        let gate = Gate::new(keeper.snapshots(), settings.max_streams_per_identity, told.clone());
        let keeping = tokio::spawn(keeper.keep());
        let services = Services::new(hub, &settings, gate.clone(), shutdown.clone());
        let entry = Entry {
            gate,
            http: (connection::protocol(settings.keep_alive.get()), services.routes().await),
            handshake: settings.tls.handshake_timeout.get(),
            shutdown: shutdown.clone(),
        };
        let slots = Arc::new(Semaphore::new(settings.max_connections.min(Semaphore::MAX_PERMITS)));
        let mut connections = JoinSet::new();
        loop {
            let accepting = async { (Arc::clone(&slots).acquire_owned().await, door.accept().await) };
            let (slot, accepted) = tokio::select! {
                accepted = accepting => accepted,
                () = shutdown.requested() => break,
            };
            while connections.try_join_next().is_some() {}
            let (entry, connected) = (entry.clone(), told.connected());
            connections.spawn(async move {
                entry.serve(accepted).await;
                drop((slot, connected));
            });
        }
        drop(door);
        services.stopping().await;
        if timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await.is_err() {
            tracing::debug!(connections = connections.len(), "cut off clients that do not read");
            connections.shutdown().await;
        }
        following.abort();
        keeping.abort();
    }
}

/// From a connection that was accepted to one on which calls are answered.
#[derive(Clone)]
struct Entry {
    gate: Gate,
    http: (Builder<TokioExecutor>, Routes),
    handshake: Duration,
    shutdown: Shutdown,
}

impl Entry {
    async fn serve(self, accepted: Accepted) {
        match accepted {
            Accepted::Tcp(stream, peer) => self.serve_tcp(stream, Peer::Tcp(peer)).await,
            Accepted::Unix(stream) => {
                let caller = Arc::new(Caller::unknown(Peer::Unix));
                connection::serve(stream, caller, self.http, self.shutdown).await;
            }
        }
    }

    async fn serve_tcp(self, stream: TcpStream, peer: Peer) {
        let snapshot = self.gate.snapshot();
        let Some(tls) = &snapshot.tls else {
            drop(snapshot);
            let caller = Arc::new(Caller::unknown(peer));
            return connection::serve(stream, caller, self.http, self.shutdown).await;
        };
        let accepting = TlsAcceptor::from(Arc::clone(&tls.server)).accept(stream);
        let accepted = tokio::select! {
            accepted = timeout(self.handshake, accepting) => accepted,
            () = self.shutdown.requested() => return,
        };
        let entered = match accepted {
            Ok(Ok(stream)) => Caller::after_handshake(peer, stream.get_ref().1, &snapshot)
                .map(|caller| (Box::new(stream), Arc::new(caller)))
                .map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("it says nothing, or is too slow".to_owned()),
        };
        drop(snapshot);
        match entered {
            Ok((stream, caller)) => connection::serve(*stream, caller, self.http, self.shutdown).await,
            Err(why) => {
                self.gate.told().refused(Reason::Handshake);
                let peer = Caller::unknown(peer);
                self.gate.complain(&format!("turned a gRPC connection of {peer} away: {why}"));
            }
        }
    }
}

impl Door {
    /// The next connection. Errors are of that one connection, or the system is out of something that time may bring
    /// back.
    async fn accept(&self) -> Accepted {
        const BREATH: Duration = Duration::from_millis(200);
        loop {
            let accepted = match self {
                Self::Tcp(listener) => listener.accept().await.map(|(stream, peer)| {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%peer, %error, "cannot send without delay");
                    }
                    Accepted::Tcp(stream, peer)
                }),
                Self::Unix { listener, .. } => {
                    listener.accept().await.map(|(stream, _)| Accepted::Unix(stream))
                }
            };
            match accepted {
                Ok(accepted) => return accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(BREATH).await;
                }
            }
        }
    }
}

/// One line for each.
fn listed(problems: &[(String, String)]) -> String {
    problems.iter().map(|(key, text)| format!("{key}: {text}")).collect::<Vec<_>>().join("\n")
}
