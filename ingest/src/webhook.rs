//! The audit webhook over HTTP: which requests are taken, and what each is answered.
//!
//! API servers take any 2xx for "stored", follow redirects with an empty request, and repeat everything else five
//! times, or for many minutes where a 503 names an integer `Retry-After`. Hence 200 only once all is stored, never a
//! redirect, and 503 for whatever time may mend.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, EXPECT};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use bus::BusError;
use serde_json::json;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use crate::batch::{Origin, pack};
use crate::body::{self, Bounds, Trouble};
use crate::cluster::{Cluster, ClusterError};
use crate::gate::{Admitted, Caller, Gate};
use crate::memory::Budget;
use crate::monitor::{Monitor, STORED};
use crate::redact::Redactor;
use crate::refusal::{Outcome, Refusal};
use crate::settings::Settings;
use crate::spans;
use crate::store::{Counts, Store, StoreError};

/// Where audit events are taken.
pub(crate) const PATHS: [&str; 4] =
    ["/k8s_audit", "/k8s_audit/{cluster}", "/k8s-audit", "/k8s-audit/{cluster}"];

/// What requests share.
#[derive(Clone)]
pub(crate) struct Webhook {
    gate: Gate,
    store: Store,
    budget: Budget,
    bounds: Bounds,
    max_event: usize,
    redactor: Arc<Redactor>,
    request_timeout: Duration,
    retry_after: u64,
    monitor: Monitor,
}

impl Webhook {
    pub(crate) fn new(settings: &Settings, gate: Gate, store: Store, redactor: Arc<Redactor>) -> Self {
        let bounds = Bounds { max_body: settings.max_body.as_usize(), pause: settings.body_timeout.get() };
        Self {
            gate,
            store,
            budget: Budget::new(settings.memory.as_usize()),
            bounds,
            max_event: settings.max_event.as_usize(),
            redactor,
            request_timeout: settings.request_timeout.get(),
            retry_after: settings.retry_after.get().as_secs(),
            monitor: Monitor::unobserved(),
        }
    }

    /// Tells how it is.
    pub(crate) fn telling(self, monitor: Monitor) -> Self {
        monitor.limited_to(self.budget.free());
        let budget = self.budget.told_by(monitor.memory.clone());
        Self { budget, store: self.store.telling(monitor.clone()), monitor, ..self }
    }

    /// The routes, each with and without a slash at its end.
    pub(crate) fn router(self) -> Router {
        let webhook = || post(take).fallback(|| async { Refusal::MethodNotAllowed("POST") });
        let router = PATHS.iter().fold(Router::new(), |router, path| {
            router.route(path, webhook()).route(&format!("{path}/"), webhook())
        });
        let counted = from_fn_with_state(self.monitor.clone(), count);
        let health = get(|| async { Json(json!({"status": "ok"})) });
        router
            .route("/healthz", health.fallback(|| async { Refusal::MethodNotAllowed("GET,HEAD") }))
            .fallback(not_served)
            .layer(counted)
            .with_state(Arc::new(self))
    }
}

/// Counts what was answered, and how soon; not the answers of `/healthz`.
async fn count(State(monitor): State<Monitor>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let response = next.run(request).await;
    if let Some(Outcome(code)) = response.extensions().get() {
        monitor.answered(code, begun.elapsed());
    }
    response
}

/// A wrong path is the most frequent reason why no events arrive: it must not go unnoticed.
async fn not_served(State(webhook): State<Arc<Webhook>>, request: Request) -> Refusal {
    let unsaid = (request.method() == Method::POST).then(|| webhook.gate.may_complain(&Refusal::NotFound));
    if let Some(unsaid) = unsaid.flatten() {
        let (path, unsaid): (String, _) = (request.uri().path().chars().take(200).collect(), unsaid.count());
        tracing::warn!(path, unsaid, "refused a request: audit events are taken at {}", PATHS.join(", "));
    }
    Refusal::NotFound
}

/// Takes a body of audit events of whoever is let in.
async fn take(
    State(webhook): State<Arc<Webhook>>,
    Extension(caller): Extension<Arc<Caller>>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    route: MatchedPath,
    request: Request,
) -> Response {
    let (parts, mut body) = request.into_parts();
    let (response, is_taken) = match webhook.gate.admit(&caller, &parts.headers, cluster_of(params)) {
        Ok(admitted) => {
            // Whoever is turned away begins no trace and goes on with none.
            let span = spans::request(route.as_str(), &parts.headers);
            let taking = webhook.take(&admitted, &parts.headers, &mut body).instrument(span.clone());
            let outcome = taking.await;
            let (is_taken, code) = (outcome.is_ok(), outcome.as_ref().err().map(Refusal::code));
            let response = span.in_scope(|| answer(admitted.cluster.as_str(), outcome));
            spans::answered(&span, response.status(), code);
            (response, is_taken)
        }
        Err(refusal) => (refusal.into_response(), false),
    };
    if !is_taken && !parts.headers.contains_key(EXPECT) {
        // Nobody waits for this: the answer goes out while what is left of the body is read.
        tokio::spawn(body::drain(body));
    }
    response
}

impl Webhook {
    async fn take(
        &self,
        admitted: &Admitted,
        headers: &HeaderMap,
        body: &mut Body,
    ) -> Result<Counts, Refusal> {
        check(headers)?;
        self.store.check_reached().map_err(|error| self.not_stored(error))?;
        let taken = timeout(self.request_timeout, async {
            let received = body::receive(body, self.bounds, self.budget.share(admitted.holder()))
                .await
                .map_err(|trouble| self.trouble(trouble))?;
            self.monitor.received_body(received.bytes.len());
            spans::received(received.bytes.len());
            let origin = Origin { cluster: admitted.cluster.clone(), received_unix_nanos: now() };
            let batches = pack(received.bytes, origin, self.max_event, Arc::clone(&self.redactor));
            let counts = self.store.store(batches).await.map_err(|error| self.not_stored(error));
            drop(received.share);
            counts
        });
        taken.await.unwrap_or_else(|_| Err(self.out_of_time()))
    }

    fn trouble(&self, trouble: Trouble) -> Refusal {
        match trouble {
            Trouble::TooLarge => Refusal::TooLarge { limit: self.bounds.max_body },
            Trouble::NoMemory => Refusal::NoMemory { retry_after: self.retry_after },
            Trouble::TooSlow => Refusal::TooSlow,
            Trouble::Incomplete(why) => Refusal::Incomplete(why),
        }
    }

    fn not_stored(&self, error: StoreError) -> Refusal {
        match error {
            StoreError::NotJson(error) => Refusal::NotJson(error),
            StoreError::Split(error) => {
                tracing::error!(%error, "a body could not be split");
                Refusal::Failed
            }
            StoreError::Bus(_) | StoreError::Stalled(_) => {
                if is_lasting(&error) {
                    tracing::error!(%error, "the bus refuses events; this does not mend by itself");
                }
                Refusal::NotStored { why: error.to_string(), retry_after: self.retry_after }
            }
        }
    }

    fn out_of_time(&self) -> Refusal {
        let why = format!("the request took more than {:?}", self.request_timeout);
        Refusal::NotStored { why, retry_after: self.retry_after }
    }
}

/// Whether somebody has to do something about it. A bus that is being closed is part of a stop.
fn is_lasting(error: &StoreError) -> bool {
    matches!(error, StoreError::Bus(error) if !error.is_transient() && !matches!(error, BusError::Closed))
}

/// The cluster that the path names, where it names one.
fn cluster_of(
    params: Result<RawPathParams, RawPathParamsRejection>,
) -> Result<Option<Cluster>, ClusterError> {
    let params = params.map_err(|_| ClusterError)?;
    params.iter().next().map(|(_, name)| name.parse()).transpose()
}

fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    let content_type =
        headers.get(CONTENT_TYPE).map_or("none", |value| value.to_str().unwrap_or("one that is no text"));
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !["application/json", "application/x-ndjson"]
        .iter()
        .any(|taken| media_type.eq_ignore_ascii_case(taken))
    {
        return Err(Refusal::WrongContentType(content_type.to_owned()));
    }
    for encoding in headers.get_all(CONTENT_ENCODING) {
        let encoding = encoding.to_str().unwrap_or("one that is no text").trim();
        if !encoding.eq_ignore_ascii_case("identity") {
            return Err(Refusal::Encoded(encoding.to_owned()));
        }
    }
    Ok(())
}

fn answer(cluster: &str, outcome: Result<Counts, Refusal>) -> Response {
    match outcome {
        Ok(counts) => {
            let Counts { received, stored, duplicates, quarantined } = counts;
            if quarantined > 0 {
                tracing::warn!(
                    cluster,
                    received,
                    stored,
                    duplicates,
                    quarantined,
                    "parts of a body are dead letters"
                );
            } else {
                tracing::debug!(cluster, received, stored, duplicates, "stored a body");
            }
            let mut response = (StatusCode::OK, Json(counts)).into_response();
            response.extensions_mut().insert(Outcome(STORED));
            response
        }
        Err(refusal) => {
            let (status, code) = (refusal.status().as_u16(), refusal.code());
            tracing::warn!(cluster, status, code, why = %refusal, "refused a body");
            refusal.into_response()
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
