//! An ingest that really listens, over a local bus in a directory of its own.

use std::net::SocketAddr;
use std::time::Duration;

use bus::{Bus, Content, Start};
use ingest::{Ingest, Reach, Settings};
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response};
use serde_json::Value;
use service::Shutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Far above what anything here takes; only a fault gets there.
pub const DEADLINE: Duration = Duration::from_secs(30);

pub struct Harness {
    pub bus: Bus,
    pub reach: Reach,
    pub address: SocketAddr,
    pub shutdown: Shutdown,
    pub serving: JoinHandle<()>,
    pub client: Client,
    _directory: tempfile::TempDir,
}

impl Harness {
    pub async fn start(settings: Settings) -> Self {
        Self::start_on(settings, &bus::Settings::default()).await
    }

    pub async fn start_on(settings: Settings, bus_settings: &bus::Settings) -> Self {
        let harness = Self::start_before(settings, bus_settings).await;
        harness.reach.reached(harness.bus.clone());
        harness
    }

    /// Starts it before it has reached the bus.
    pub async fn start_before(settings: Settings, bus_settings: &bus::Settings) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = format!("local:{}", directory.path().display()).parse().unwrap();
        let bus = Bus::open(&address, bus_settings).await.unwrap();
        let settings = Settings { listen: "127.0.0.1:0".parse().unwrap(), ..settings };
        let reach = Reach::default();
        let ingest = Ingest::bind(&settings, reach.clone()).await.unwrap();
        let address = ingest.local_addr();
        let shutdown = Shutdown::new();
        let serving = tokio::spawn(ingest.serve(shutdown.clone()));
        // Fails where another test of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(DEADLINE).build().unwrap();
        Self { bus, reach, address, shutdown, serving, client, _directory: directory }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.post(self.url(path)).header(CONTENT_TYPE, "application/json");
        request.body(body).send().await.unwrap()
    }

    /// Sends bytes as they are and returns all that comes back until the server closes.
    pub async fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        read_all(&mut stream).await
    }

    /// All events on the bus, each with its cluster.
    pub async fn events(&self) -> Vec<(String, Vec<u8>)> {
        let chunks = self.all::<EventChunk>().await;
        let events = chunks.into_iter().flat_map(|chunk| {
            let cluster = chunk.cluster.clone();
            chunk.events.into_iter().map(move |event| (cluster.clone(), event.to_vec()))
        });
        events.collect()
    }

    pub async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.all().await
    }

    async fn all<M: Content>(&self) -> Vec<M> {
        let mut reader = self.bus.read::<M>(Start::Earliest).await.unwrap();
        let mut messages = Vec::new();
        while let Some(stored) = timeout(DEADLINE, reader.next()).await.unwrap().unwrap() {
            messages.push(stored.message);
        }
        messages
    }
}

/// All that comes until the server closes.
pub async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset behind the answer takes nothing from it.
    let _ = timeout(DEADLINE, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Status, `Retry-After` and body of an answer.
pub async fn parts(response: Response) -> (u16, Option<String>, Value) {
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let body = response.bytes().await.unwrap();
    (status, retry_after, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// The code of a refusal; empty where there is none.
pub fn code(body: &Value) -> String {
    body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An event as an item of a list, padded to a length.
pub fn item(name: usize, length: usize) -> String {
    let head = format!(r#"{{"auditID":"{name}","stageTimestamp":"2026-01-31T12:00:00.5Z","x":""#);
    format!("{head}{}\"}}", "x".repeat(length.saturating_sub(head.len() + 2)))
}

pub fn list(items: &[String]) -> String {
    format!(
        r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{}]}}"#,
        items.join(",")
    )
}
