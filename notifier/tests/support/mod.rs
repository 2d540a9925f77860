//! What the tests of delivery share: a notifier on a local bus, alerts, and a webhook that answers by script.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use bus::{Address, Bus, Id};
use notifier::{Notifier, NotifierError};
use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Priority, Value};
use service::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub async fn open(directory: &Path) -> Bus {
    Bus::open(&Address::Local(directory.join("bus")), &bus::Settings::default()).await.unwrap()
}

pub fn alert(number: usize, priority: Priority) -> Alert {
    let user = Value { kind: Some(Kind::Text(format!("user-{number}"))) };
    Alert {
        id: Id::of([number.to_string().as_bytes()]).to_string(),
        cluster: "prod".into(),
        ruleset: "0123abcd".into(),
        rule: "R".into(),
        priority: priority.into(),
        source: "k8s_audit".into(),
        message: format!("alert {number}"),
        fields: vec![Field { name: "ka.user.name".into(), value: Some(user) }],
        hostname: "vm".into(),
        ..Alert::default()
    }
}

/// Publishes alerts; waits out a bus that is away.
pub async fn publish(bus: &Bus, numbers: impl IntoIterator<Item = usize>) {
    let alerts: Vec<Alert> = numbers.into_iter().map(|number| alert(number, Priority::Warning)).collect();
    for chunk in alerts.chunks(64) {
        until("the bus is there", async || {
            let published = futures::future::try_join_all(chunk.iter().map(|alert| bus.publish(alert))).await;
            published.map_err(|error| assert!(error.is_transient(), "{error}")).ok()
        })
        .await;
    }
}

/// A notifier under test.
pub struct Running {
    shutdown: Shutdown,
    task: JoinHandle<Result<(), NotifierError>>,
}

impl Running {
    pub fn start(bus: &Bus, settings: serde_json::Value) -> Self {
        let shutdown = Shutdown::new();
        let settings = serde_json::from_value(settings).unwrap();
        let task = tokio::spawn(Notifier::new(bus.clone(), settings).run(shutdown.clone()));
        Self { shutdown, task }
    }

    pub async fn stop(self) {
        self.shutdown.request();
        self.task.await.unwrap().unwrap();
    }
}

/// Beyond the minute after which a message that a killed server had just sent comes again.
const DEADLINE: Duration = Duration::from_secs(120);

/// Waits until `found` gives something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut found: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How the webhook answers one request.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    Status(u16),
    RetryAfter(u16, u64),
    Hang,
}

/// A request that the webhook received.
#[derive(Debug, Clone)]
pub struct Request {
    pub at: Instant,
    pub id: String,
    pub body: serde_json::Value,
    pub headers: HeaderMap,
    pub accepted: bool,
}

type Check = fn(&serde_json::Value) -> Result<(), String>;

/// A webhook that answers by script, and 200 when the script has ended. It checks the shape of what it accepts.
#[derive(Clone)]
pub struct Webhook {
    address: SocketAddr,
    script: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    check: Check,
}

impl Webhook {
    pub async fn start(check: Check, script: impl IntoIterator<Item = Answer>) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), check, script, 0).await
    }

    /// As [`Webhook::start`], where one is told the address, and the first connections are reset.
    pub async fn at(
        address: SocketAddr,
        check: Check,
        script: impl IntoIterator<Item = Answer>,
        resets: usize,
    ) -> Self {
        let listener = Resetting::at(address, resets).await;
        let address = listener.inner.local_addr().unwrap();
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        let webhook = Self { address, script, requests: Arc::default(), check };
        let router = Router::new().route("/hook", post(receive)).with_state(webhook.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        webhook
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests were received.
    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// How often each alert was accepted.
    pub fn accepted(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for request in self.requests().into_iter().filter(|request| request.accepted) {
            *counts.entry(request.id).or_default() += 1;
        }
        counts
    }

    /// Waits until so many alerts were accepted, and says that none was twice.
    pub async fn accepts(&self, count: usize) {
        until("all alerts are accepted", async || (self.accepted().len() >= count).then_some(())).await;
        assert!(self.accepted().values().all(|times| *times == 1), "{:?}", self.accepted());
        assert_eq!(self.accepted().len(), count);
    }
}

async fn receive(State(webhook): State<Webhook>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = webhook.script.lock().unwrap().pop_front().unwrap_or(Answer::Status(200));
    let id = headers.get("idempotency-key").map(|id| id.to_str().unwrap().to_owned());
    let parsed: Result<serde_json::Value, _> = serde_json::from_slice(&body);
    let (Some(id), Ok(parsed)) = (id, parsed) else { return StatusCode::BAD_REQUEST.into_response() };
    let shape = (webhook.check)(&parsed).and_then(|()| match headers.get("content-type") {
        Some(kind) if kind == "application/json" => Ok(()),
        other => Err(format!("content-type {other:?}")),
    });
    let accepted = matches!(answer, Answer::Status(200)) && shape.is_ok();
    let request = Request { at: Instant::now(), id, body: parsed, headers, accepted };
    webhook.requests.lock().unwrap().push(request);
    match (answer, shape) {
        (_, Err(problem)) => (StatusCode::UNPROCESSABLE_ENTITY, problem).into_response(),
        (Answer::Status(status), _) => {
            (StatusCode::from_u16(status).unwrap(), format!("answer {status}")).into_response()
        }
        (Answer::RetryAfter(status, seconds), _) => {
            (StatusCode::from_u16(status).unwrap(), [("retry-after", seconds.to_string())]).into_response()
        }
        (Answer::Hang, _) => std::future::pending().await,
    }
}

/// Resets the first connections.
pub struct Resetting {
    inner: TcpListener,
    left: usize,
}

impl Resetting {
    pub async fn at(address: SocketAddr, left: usize) -> Self {
        Self { inner: TcpListener::bind(address).await.unwrap(), left }
    }
}

impl Listener for Resetting {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.inner.accept().await else { continue };
            if self.left == 0 {
                return (stream, address);
            }
            self.left -= 1;
            stream.set_zero_linger().unwrap();
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

/// What Falco's JSON with Saker's additions must look like.
pub fn falco(body: &serde_json::Value) -> Result<(), String> {
    let object = body.as_object().ok_or("not an object")?;
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected =
        ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time", "uuid"];
    if keys != expected {
        return Err(format!("keys {keys:?}"));
    }
    let fields = body["output_fields"].as_object().ok_or("no output_fields")?;
    match fields.contains_key("saker.cluster") && fields.contains_key("saker.ruleset") {
        true => Ok(()),
        false => Err("no additions".to_owned()),
    }
}

/// What a message to Slack must look like.
pub fn slack(body: &serde_json::Value) -> Result<(), String> {
    let allowed = ["text", "username", "icon_url", "channel", "attachments"];
    let object = body.as_object().ok_or("not an object")?;
    if let Some(key) = object.keys().find(|key| !allowed.contains(&key.as_str())) {
        return Err(format!("invalid_payload: {key}"));
    }
    let attachments = body["attachments"].as_array().ok_or("no attachments")?;
    if attachments.is_empty() || attachments.len() > 100 {
        return Err(format!("{} attachments", attachments.len()));
    }
    for attachment in attachments {
        let is_text = |key: &str| attachment[key].as_str().is_some_and(|text| text.chars().count() <= 40_000);
        if !is_text("fallback") || !is_text("text") || !is_text("color") {
            return Err("invalid_attachments".to_owned());
        }
        let fields = attachment["fields"].as_array().ok_or("no fields")?;
        let is_field = |field: &serde_json::Value| {
            field["title"].is_string() && field["value"].is_string() && field["short"].is_boolean()
        };
        if !fields.iter().all(is_field) {
            return Err("invalid fields".to_owned());
        }
    }
    Ok(())
}
