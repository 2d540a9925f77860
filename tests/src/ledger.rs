//! A webhook that writes down what it receives: the independent witness of what was delivered.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What one alert id was delivered as.
#[derive(Debug, Clone, Default)]
pub struct Delivered {
    /// The body of the first delivery.
    pub body: String,
    /// How often it came.
    pub times: usize,
    /// The header `traceparent` of the first delivery.
    pub traceparent: Option<String>,
}

/// What becomes of a request. What is not taken is not written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Taken, and answered 200.
    Take,
    /// Answered with this code.
    Refuse(u16),
    /// Answered 429, with a Retry-After of so many seconds.
    ComeAgain(u64),
    /// Not answered for a long time.
    Hang,
    /// The connection is reset.
    Reset,
}

/// What becomes of the request of this number.
type Moods = dyn Fn(usize) -> Mood + Send + Sync;

/// A webhook on this machine that answers 200 and remembers each alert by its id.
#[derive(Clone)]
pub struct Ledger {
    address: SocketAddr,
    path: String,
    moods: Arc<Moods>,
    requests: Arc<AtomicUsize>,
    is_away: Arc<AtomicBool>,
    entries: Arc<Mutex<HashMap<String, Delivered>>>,
    serving: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Ledger {
    /// Starts listening; ends with the test's runtime.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub async fn start() -> Self {
        Self::start_on(([127, 0, 0, 1], 0).into(), "/").await
    }

    /// As [`Ledger::start`], at this address and under this path.
    ///
    /// # Panics
    /// When it cannot listen there.
    pub async fn start_on(address: SocketAddr, path: &str) -> Self {
        Self::start_with(address, path, |_| Mood::Take).await
    }

    /// As [`Ledger::start_on`], with a mood for each request.
    ///
    /// # Panics
    /// When it cannot listen there.
    pub async fn start_with(
        address: SocketAddr,
        path: &str,
        moods: impl Fn(usize) -> Mood + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let ledger = Self {
            address,
            path: path.to_owned(),
            moods: Arc::new(moods),
            requests: Arc::default(),
            is_away: Arc::default(),
            entries: Arc::default(),
            serving: Arc::default(),
        };
        ledger.serve(listener);
        ledger
    }

    fn serve(&self, listener: TcpListener) {
        let router = Router::new().route(&self.path, post(receive)).with_state(self.clone());
        // Whatever is not ended in order is reset.
        let listener = listener.tap_io(|connection| drop(connection.set_zero_linger()));
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        *self.serving.lock().expect("not poisoned") = Some(serving);
    }

    /// Goes away: nobody listens there any more, and requests on connections that are open are reset.
    ///
    /// # Panics
    /// Never in a sound test.
    pub fn leave(&self) {
        self.is_away.store(true, Ordering::Relaxed);
        if let Some(serving) = self.serving.lock().expect("not poisoned").take() {
            serving.abort();
        }
    }

    /// Comes back where it was.
    ///
    /// # Panics
    /// When its port was taken meanwhile.
    pub async fn come_back(&self) {
        let listener = TcpListener::bind(self.address).await.expect("the port is free still");
        self.is_away.store(false, Ordering::Relaxed);
        self.serve(listener);
    }

    /// Where to post to.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// How many ids were delivered.
    ///
    /// # Panics
    /// Never in a sound test.
    pub fn len(&self) -> usize {
        self.entries.lock().expect("not poisoned").len()
    }

    /// Whether nothing was delivered yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything that was delivered, by id.
    ///
    /// # Panics
    /// Never in a sound test.
    pub fn entries(&self) -> HashMap<String, Delivered> {
        self.entries.lock().expect("not poisoned").clone()
    }

    /// How many requests there were, whatever became of them.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// How many deliveries were taken, repeated ones among them.
    ///
    /// # Panics
    /// Never in a sound test.
    pub fn deliveries(&self) -> usize {
        self.entries.lock().expect("not poisoned").values().map(|delivered| delivered.times).sum()
    }

    /// How many deliveries were of an id that had been delivered before.
    pub fn repeated(&self) -> usize {
        self.entries().values().map(|delivered| delivered.times - 1).sum()
    }

    fn take(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        let Some(id) = headers.get("idempotency-key").and_then(|value| value.to_str().ok()) else {
            return StatusCode::BAD_REQUEST;
        };
        let Ok(body) = std::str::from_utf8(body) else { return StatusCode::BAD_REQUEST };
        let mut entries = self.entries.lock().expect("not poisoned");
        let delivered = entries.entry(id.to_owned()).or_default();
        if delivered.times == 0 {
            body.clone_into(&mut delivered.body);
            let header = headers.get("traceparent").and_then(|value| value.to_str().ok());
            delivered.traceparent = header.map(str::to_owned);
        }
        delivered.times += 1;
        StatusCode::OK
    }
}

async fn receive(State(ledger): State<Ledger>, headers: HeaderMap, body: Bytes) -> Response {
    let number = ledger.requests.fetch_add(1, Ordering::Relaxed);
    let mood = if ledger.is_away.load(Ordering::Relaxed) { Mood::Reset } else { (ledger.moods)(number) };
    match mood {
        Mood::Take => ledger.take(&headers, &body).into_response(),
        Mood::Refuse(code) => StatusCode::from_u16(code).expect("a status").into_response(),
        Mood::ComeAgain(seconds) => {
            let header: [(HeaderName, String); 1] = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, header).into_response()
        }
        Mood::Hang => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        // Ends the task of the connection without a word, and so drops it.
        Mood::Reset => std::panic::resume_unwind(Box::new("reset")),
    }
}
