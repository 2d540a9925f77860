//! [`Door`]: from a connection that was accepted to one on which requests are answered, by way of TLS where that is on.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto::Builder;
use service::Shutdown;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::complaints::Complaints;
use crate::connection::{self, Patience};
use crate::gate::{Caller, Gate, Snapshot};
use crate::monitor::Monitor;
use crate::tls::{Greeting, Material, greeting, in_plain_words, part, turn_away};

/// How long whoever speaks the wrong protocol may take to hear it.
const FAREWELL: Duration = Duration::from_secs(2);

/// What connections come in by.
pub(crate) struct Door {
    pub(crate) gate: Gate,
    pub(crate) http: (Builder<TokioExecutor>, Router),
    pub(crate) patience: Patience,
    pub(crate) handshake: Duration,
    pub(crate) complaints: Complaints,
    pub(crate) monitor: Monitor,
}

/// Why a connection ends before its first request.
#[derive(Debug, thiserror::Error)]
enum Turned {
    #[error("it says nothing, or is too slow")]
    Slow,
    #[error("{0}")]
    Broken(String),
    #[error("it speaks plain HTTP, and this port TLS: write https:// in the URL of the server")]
    PlainHttp,
    #[error("it hung up")]
    Gone,
}

impl Door {
    /// Answers the requests of a connection until it ends.
    pub(crate) async fn serve(&self, stream: TcpStream, peer: SocketAddr, shutdown: Shutdown) {
        let snapshot = self.gate.snapshot();
        match &snapshot.tls {
            None => {
                drop(snapshot);
                self.serve_plain(stream, peer, shutdown).await;
            }
            Some(tls) => {
                let entered = tokio::select! {
                    entered = self.enter(stream, peer, (tls, &snapshot)) => entered,
                    () = shutdown.requested() => return,
                };
                drop(snapshot);
                match entered {
                    Ok((stream, caller)) => {
                        let http = self.http.clone();
                        connection::serve(*stream, caller, http, self.patience, shutdown).await;
                    }
                    Err(Turned::Gone) => {
                        tracing::debug!(%peer, "a connection was closed before its handshake")
                    }
                    Err(turned) => self.complain(peer, &turned),
                }
            }
        }
    }

    async fn serve_plain(&self, stream: TcpStream, peer: SocketAddr, shutdown: Shutdown) {
        let began = Instant::now();
        let first = tokio::select! {
            first = timeout(self.patience.first, greeting(&stream)) => first,
            () = shutdown.requested() => return,
        };
        match first {
            Ok(Ok(Greeting::Tls)) if self.complaints.may_say("tls").is_some() => tracing::warn!(
                %peer,
                "a client speaks TLS, and this port plain HTTP: set ingest.tls.certificate, or write http:// in its URL"
            ),
            Ok(Ok(Greeting::Tls | Greeting::Plain)) => {}
            Ok(Ok(Greeting::Nothing) | Err(_)) | Err(_) => return,
        }
        let left = self.patience.first.saturating_sub(began.elapsed());
        let patience = Patience { first: left, ..self.patience };
        let caller = Arc::new(Caller::unknown(peer));
        connection::serve(stream, caller, self.http.clone(), patience, shutdown).await;
    }

    async fn enter(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        (tls, snapshot): (&Material, &Snapshot),
    ) -> Result<(Box<TlsStream<TcpStream>>, Arc<Caller>), Turned> {
        let entering = async {
            match greeting(&stream).await.map_err(broken)? {
                Greeting::Tls => {}
                Greeting::Nothing => return Err(Turned::Gone),
                Greeting::Plain => {
                    // Whether it hears it or not, it is turned away.
                    let _ = timeout(FAREWELL, turn_away(stream)).await;
                    return Err(Turned::PlainHttp);
                }
            }
            let accepting = TlsAcceptor::from(Arc::clone(&tls.server)).accept(stream).into_fallible();
            let stream = match accepting.await {
                Ok(stream) => stream,
                Err((error, stream)) => {
                    // It was sent why, and should be able to read that.
                    let _ = timeout(FAREWELL, part(stream)).await;
                    return Err(broken(error));
                }
            };
            let caller = Caller::after_handshake(peer, stream.get_ref().1, snapshot);
            let caller = caller.map_err(|error| Turned::Broken(error.to_string()))?;
            Ok((Box::new(stream), Arc::new(caller)))
        };
        timeout(self.handshake, entering).await.unwrap_or(Err(Turned::Slow))
    }

    /// Tells of a connection that is closed since its address has enough of them.
    pub(crate) fn one_too_many(&self, peer: SocketAddr) {
        self.monitor.turned_away("address");
        if let Some(unsaid) = self.complaints.may_say("address") {
            tracing::warn!(%peer, unsaid = unsaid.count(), "closed a connection: its address has ingest.max_connections_per_address");
        }
    }

    fn complain(&self, peer: SocketAddr, turned: &Turned) {
        self.monitor.turned_away("handshake");
        if let Some(unsaid) = self.complaints.may_say("handshake") {
            tracing::warn!(%peer, unsaid = unsaid.count(), why = %turned, "turned a connection away");
        }
    }
}

fn broken(error: io::Error) -> Turned {
    Turned::Broken(in_plain_words(&error))
}
