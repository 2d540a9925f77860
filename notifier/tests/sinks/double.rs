//! A double of a service: it misbehaves by script, and then judges each request as the service would.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::support::{Resetting, until};

/// A request that the double received.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| error.to_string())
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// What the service says to a request, and by which ids it took what.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    pub taken: Vec<String>,
}

impl Reply {
    pub fn took(status: u16, body: &str, taken: impl IntoIterator<Item = String>) -> Self {
        Self { status, body: body.to_owned(), taken: taken.into_iter().collect() }
    }
}

/// How the service judges a request that no step of the script was for; an error is a 400.
pub type Service = Arc<dyn Fn(&Seen) -> Result<Reply, String> + Send + Sync>;

/// A step of a script.
#[derive(Debug, Clone)]
pub enum Step {
    /// Answers this and takes nothing.
    Status(u16),
    /// The same, and asks for a wait: in seconds, or until a date.
    RetryAfter(u16, String),
    /// Never answers.
    Hang,
    /// Takes what it was sent, and never answers.
    TakeAndHang,
    /// Says this, and takes nothing.
    Say(u16, &'static str),
}

/// Every way to misbehave, once.
pub fn misbehaviour() -> Vec<Step> {
    let mut steps: Vec<Step> = [500, 503, 401, 302].map(Step::Status).into();
    steps.extend([Step::Hang, Step::RetryAfter(429, "1".to_owned()), Step::TakeAndHang]);
    steps
}

#[derive(Clone)]
pub struct Double {
    address: SocketAddr,
    service: Service,
    state: Arc<Mutex<Progress>>,
}

#[derive(Default)]
struct Progress {
    script: VecDeque<Step>,
    seen: Vec<Seen>,
    taken: BTreeMap<String, usize>,
    refusals: Vec<String>,
}

/// An address that nobody listens at.
pub fn nobody() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Double {
    /// At this address. The first two connections are reset where there is a script.
    pub async fn at(address: SocketAddr, script: Vec<Step>, service: Service) -> Self {
        let resets = if script.is_empty() { 0 } else { 2 };
        Self::behind(Resetting::at(address, resets).await, script, service)
    }

    pub async fn start(service: Service) -> Self {
        Self::behind(TcpListener::bind("127.0.0.1:0").await.unwrap(), Vec::new(), service)
    }

    /// Behind a listener of any kind.
    pub fn behind<L: Listener<Addr = SocketAddr>>(listener: L, script: Vec<Step>, service: Service) -> Self {
        let progress = Progress { script: script.into(), ..Progress::default() };
        let address = listener.local_addr().unwrap();
        let double = Self { address, service, state: Arc::new(Mutex::new(progress)) };
        let router = Router::new().fallback(receive).with_state(double.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        double
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// How often each was taken.
    pub fn taken(&self) -> BTreeMap<String, usize> {
        self.state.lock().unwrap().taken.clone()
    }

    /// What was wrong with requests.
    pub fn refusals(&self) -> Vec<String> {
        self.state.lock().unwrap().refusals.clone()
    }

    /// Waits until it has taken so many.
    pub async fn takes(&self, count: usize) {
        until("the double has taken all", async || {
            assert_eq!(self.refusals(), Vec::<String>::new());
            (self.taken().len() >= count).then_some(())
        })
        .await;
        assert_eq!(self.taken().len(), count);
    }

    fn serve(&self, seen: &Seen) -> Reply {
        let reply = (self.service)(seen);
        let mut state = self.state.lock().unwrap();
        match reply {
            Ok(reply) => {
                for id in &reply.taken {
                    *state.taken.entry(id.clone()).or_default() += 1;
                }
                reply
            }
            Err(problem) => {
                state.refusals.push(problem.clone());
                Reply::took(400, &problem, [])
            }
        }
    }
}

async fn receive(
    State(double): State<Double>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let seen = Seen { method, uri, headers, body };
    let step = {
        let mut state = double.state.lock().unwrap();
        state.seen.push(seen.clone());
        state.script.pop_front()
    };
    let status = |status: u16| StatusCode::from_u16(status).unwrap();
    match step {
        Some(Step::Status(code)) => status(code).into_response(),
        Some(Step::RetryAfter(code, wait)) => (status(code), [("retry-after", wait)]).into_response(),
        Some(Step::Say(code, text)) => (status(code), text).into_response(),
        Some(Step::Hang) => std::future::pending().await,
        Some(Step::TakeAndHang) => {
            double.serve(&seen);
            std::future::pending().await
        }
        None => {
            let Reply { status: code, body, .. } = double.serve(&seen);
            (status(code), body).into_response()
        }
    }
}
