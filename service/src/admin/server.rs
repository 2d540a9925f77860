//! The admin listener's answers, and its bounded way of giving them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::health::{Health, State};
use crate::Shutdown;

/// More than probes and scrapers need; further ones wait.
const CONNECTIONS: usize = 32;
/// How long a connection may take for its request and the answer; it has one.
const PATIENCE: Duration = Duration::from_secs(30);
/// As OpenMetrics has it.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct Told {
    health: Health,
    registry: Registry,
    shutdown: Shutdown,
}

/// What `/readyz` and `/healthz` say.
#[derive(Serialize)]
struct Report {
    status: &'static str,
    parts: BTreeMap<Cow<'static, str>, State>,
}

/// The paths that are answered.
pub(super) fn router(health: Health, registry: Registry, shutdown: Shutdown) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/healthz", get(healthy))
        .route("/metrics", get(metrics))
        .fallback(async || (StatusCode::NOT_FOUND, "there are /livez, /readyz, /healthz and /metrics\n"))
        .with_state(Arc::new(Told { health, registry, shutdown }))
}

/// Answers as long as it is let; all connections end with it.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= CONNECTIONS {
            let _ = connections.join_next().await;
            continue;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(answer(stream, router.clone()))),
            Err(error) => {
                tracing::debug!(%error, "a connection of the admin listener was not taken");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Answers the one request of a connection. Whoever asks slowly, or does not take the answer, is left after a while.
async fn answer(stream: TcpStream, router: Router) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request.map(Body::new)).await.into_response()) }
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(16 << 10);
    match timeout(PATIENCE, http.serve_connection(TokioIo::new(stream), service)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection of the admin listener broke"),
        Err(_) => tracing::debug!("a connection of the admin listener took too long"),
    }
}

async fn ready(Shared(told): Shared<Arc<Told>>) -> Response {
    let mut waiting = told.health.parts();
    waiting.retain(|_, state| !state.is_ready());
    if told.shutdown.is_requested() {
        waiting.insert("process".into(), State::Waiting("stopping".to_owned()));
    }
    if waiting.is_empty() {
        return Json(Report { status: "ready", parts: waiting }).into_response();
    }
    let report = Report { status: "not ready", parts: waiting };
    (StatusCode::SERVICE_UNAVAILABLE, Json(report)).into_response()
}

async fn healthy(Shared(told): Shared<Arc<Told>>) -> Json<Report> {
    let parts = told.health.parts();
    let is_fine = parts.values().all(|state| matches!(state, State::Ready(_)));
    Json(Report { status: if is_fine { "ok" } else { "degraded" }, parts })
}

async fn metrics(Shared(told): Shared<Arc<Told>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &told.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
