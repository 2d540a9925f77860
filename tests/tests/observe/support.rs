//! The three services with an admin listener each, and a body posted with headers of one's own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use tests::admin::get;
use tests::nats_server::unused_port;
use tests::process::Process;
use tests::scrape::Scrape;
use tests::wait;

/// How long anything may take.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A process with an admin listener.
pub struct Observed {
    pub process: Process,
    pub admin: SocketAddr,
}

/// The three services.
pub struct Services {
    pub ingest: Observed,
    pub evaluator: Observed,
    pub notifier: Observed,
    pub webhook: SocketAddr,
}

impl Observed {
    pub fn start(name: &str, directory: &Path, arguments: &[&str]) -> Self {
        let admin = free_address();
        let listening = admin.to_string();
        let arguments = [arguments, &["--admin", &listening]].concat();
        Self { process: Process::start(name, name, directory, &arguments), admin }
    }

    pub fn scrape(&self) -> Scrape {
        Scrape::of(self.admin).expect("metrics are served")
    }

    pub async fn until_ready(&self) {
        self.until("it is ready", "/readyz", |code, _| code == 200).await;
    }

    /// Waits until an answer is as it should be.
    pub async fn until(&self, what: &str, path: &str, is_so: impl Fn(u16, &str) -> bool) {
        wait::until(what, DEADLINE, || get(self.admin, path).is_some_and(|(code, text)| is_so(code, &text)))
            .await;
    }

    /// Waits until the metrics are as they should be.
    pub async fn until_metrics(&self, what: &str, are_so: impl Fn(&Scrape) -> bool) {
        wait::until(what, DEADLINE, || Scrape::of(self.admin).is_some_and(|scrape| are_so(&scrape))).await;
    }
}

impl Services {
    /// Starts them on the bus at `bus` with this configuration.
    pub fn start(bus: &str, config: &str, directory: &Path) -> Self {
        let file = directory.join("saker.yaml");
        // So little that it does not matter how much room the disk has.
        std::fs::write(&file, format!("bus: {{max_bytes: 64MiB}}\n{config}")).unwrap();
        let webhook = free_address();
        let (file, listen) = (file.to_str().unwrap(), webhook.to_string());
        let common = ["--config", file, "--bus", bus];
        let start =
            |name: &str, more: &[&str]| Observed::start(name, directory, &[common.as_slice(), more].concat());
        Self {
            ingest: start("ingest", &["--listen", &listen]),
            evaluator: start("evaluator", &[]),
            notifier: start("notifier", &[]),
            webhook,
        }
    }

    pub fn all(&self) -> [&Observed; 3] {
        [&self.ingest, &self.evaluator, &self.notifier]
    }

    pub async fn until_ready(&self) {
        for service in self.all() {
            service.until_ready().await;
        }
    }

    /// Asks all to stop, in the order of the line.
    pub fn terminate(&mut self) {
        for service in [&mut self.ingest, &mut self.evaluator, &mut self.notifier] {
            assert!(service.process.terminate().success(), "it ends cleanly:\n{}", service.process.log());
        }
    }
}

pub fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], unused_port()))
}

/// Posts a body to `path`, with a header more; the code of the answer and its body.
pub fn post(webhook: SocketAddr, path: &str, header: &str, body: &[u8]) -> (u16, String) {
    let mut connection = TcpStream::connect(webhook).unwrap();
    let more = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: saker\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more}\
         Connection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(body).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A recorded body, and how many events it has.
pub fn recorded(name: &str) -> (Vec<u8>, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("bodies").join(name);
    let body = std::fs::read(path).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let events = list["items"].as_array().unwrap().len();
    (body, events)
}

/// One event under that auditID that raises one alert by the rule of [`RULE`].
pub fn event(name: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{name}","stage":"ResponseComplete","requestURI":"/x","verb":"get","user":{{"username":"u"}},"requestReceivedTimestamp":"2026-01-31T12:00:00.000000Z","stageTimestamp":"2026-01-31T12:00:00.500000Z"}}"#
    )
}

/// One rule, of which every event of [`event`] raises an alert.
pub const RULE: &str = "- rule: Everything that is read\n  desc: d\n  condition: ka.verb = get\n  \
                        output: read by %ka.user.name\n  priority: NOTICE\n  source: k8s_audit\n";
