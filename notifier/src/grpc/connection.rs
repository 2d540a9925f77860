//! One connection: HTTP/2 over any stream, until the client goes or all is to stop.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use service::Shutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::service::Routes;
use tower::ServiceExt;

use super::caller::Caller;

/// How long a client may take to answer whether it is there.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// HTTP/2 as it is spoken here. What a stream may buffer that its client does not read is bounded: 64 KiB.
pub(crate) fn protocol(keep_alive: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(64 << 10)
        .initial_connection_window_size(1 << 20)
        .max_concurrent_streams(256)
        .max_send_buf_size(64 << 10)
        .max_header_list_size(16 << 10)
        .keep_alive_interval(keep_alive)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    builder
}

/// Answers the calls of a connection until it is closed. When all is to stop, the client is told to open another one
/// (GOAWAY), and what is under way may end.
pub(crate) async fn serve<S>(
    stream: S,
    caller: Arc<Caller>,
    (builder, routes): (Builder<TokioExecutor>, Routes),
    shutdown: Shutdown,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = Arc::clone(&caller);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&caller));
        routes.clone().oneshot(request)
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.requested() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Clients hang up in many ways; none of them is worth more than a line for the curious.
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection broke");
    }
}
