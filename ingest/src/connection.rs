//! One connection: HTTP/1.1 or HTTP/2 over any stream, closed when nothing is asked on it for too long.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use service::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::gate::Caller;

/// How long a connection that is to be closed may take over it while nothing is asked on it.
const LINGER: Duration = Duration::from_secs(3);

/// How long connections may stay silent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until the first request has arrived with its headers.
    pub(crate) first: Duration,
    /// Between requests.
    pub(crate) idle: Duration,
}

/// HTTP as it is spoken here. What a connection may buffer beside the bodies is bounded: half a MiB.
pub(crate) fn protocol() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(128 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(256 << 10)
        .initial_connection_window_size(512 << 10)
        .max_concurrent_streams(128)
        .max_header_list_size(16 << 10)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Answers the requests of a connection until it is closed, silent for too long, or all is to stop.
pub(crate) async fn serve<S>(
    stream: S,
    caller: Arc<Caller>,
    (builder, router): (Builder<TokioExecutor>, Router),
    patience: Patience,
    shutdown: Shutdown,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::default();
    let peer = caller.address;
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (router, busy, caller) = (router.clone(), activity.busy(), Arc::clone(&caller));
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(caller);
            let response: Result<Response, Infallible> = router.oneshot(request).await;
            drop(busy);
            response
        }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = connection.as_mut() => return log(peer, ended),
        () = activity.silence(patience) => tracing::debug!(%peer, "closing a silent connection"),
        () = shutdown.requested() => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = connection.as_mut() => log(peer, ended),
        () = activity.silence(Patience { first: LINGER, idle: LINGER }) => {}
    }
}

/// Clients hang up in many ways; none of them is worth more than a line for the curious.
fn log(peer: SocketAddr, ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection broke");
    }
}

/// Which requests a connection has in hand.
#[derive(Debug, Clone, Copy, Default)]
struct InHand {
    now: usize,
    ever: usize,
}

#[derive(Debug, Default)]
struct Activity(watch::Sender<InHand>);

/// A request is in hand while this lives.
struct Busy(watch::Sender<InHand>);

impl Activity {
    fn busy(&self) -> Busy {
        self.0.send_modify(|requests| {
            requests.now += 1;
            requests.ever += 1;
        });
        Busy(self.0.clone())
    }

    /// Returns once no request has been in hand for too long.
    async fn silence(&self, patience: Patience) {
        let mut requests = self.0.subscribe();
        loop {
            let Ok(ever) =
                requests.wait_for(|requests| requests.now == 0).await.map(|requests| requests.ever)
            else {
                return;
            };
            let longest = if ever == 0 { patience.first } else { patience.idle };
            if timeout(longest, requests.changed()).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.send_modify(|requests| requests.now -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn silence_begins_when_the_last_request_is_done() {
        let patience = Patience { first: Duration::from_secs(10), idle: Duration::from_secs(100) };
        let activity = Activity::default();
        let started = Instant::now();
        activity.silence(patience).await;
        assert_eq!(started.elapsed().as_secs(), 10);

        let (one, two) = (activity.busy(), activity.busy());
        drop(one);
        let started = Instant::now();
        let later = async {
            tokio::time::sleep(Duration::from_secs(1000)).await;
            drop(two);
        };
        tokio::join!(activity.silence(patience), later);
        assert_eq!(started.elapsed().as_secs(), 1100);
    }
}
