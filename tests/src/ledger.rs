//! A webhook that writes down what it receives: the independent witness of what was delivered.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

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

/// A webhook on this machine that answers 200 and remembers each alert by its id.
#[derive(Clone)]
pub struct Ledger {
    address: SocketAddr,
    path: String,
    entries: Arc<Mutex<HashMap<String, Delivered>>>,
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
        let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let ledger = Self { address, path: path.to_owned(), entries: Arc::default() };
        let router = Router::new().route(path, post(receive)).with_state(ledger.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        ledger
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

    /// How many deliveries were of an id that had been delivered before.
    pub fn repeated(&self) -> usize {
        self.entries().values().map(|delivered| delivered.times - 1).sum()
    }
}

async fn receive(State(ledger): State<Ledger>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(id) = headers.get("idempotency-key").and_then(|value| value.to_str().ok()) else {
        return StatusCode::BAD_REQUEST;
    };
    let Ok(body) = std::str::from_utf8(&body) else { return StatusCode::BAD_REQUEST };
    let mut entries = ledger.entries.lock().expect("not poisoned");
    let delivered = entries.entry(id.to_owned()).or_default();
    if delivered.times == 0 {
        body.clone_into(&mut delivered.body);
        let header = headers.get("traceparent").and_then(|value| value.to_str().ok());
        delivered.traceparent = header.map(str::to_owned);
    }
    delivered.times += 1;
    StatusCode::OK
}
