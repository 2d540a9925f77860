//! A running evaluator on a local bus, whose rules the tests change.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bus::{Address, Bus, Reader, Start, Stream};
use evaluator::{Evaluator, EvaluatorError, Monitor, Ruleset, Settings};
use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;
use service::admin::{Admin, Health, Serving, State};
use service::{AdminSettings, Reload, Shutdown};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

const DEADLINE: Duration = Duration::from_secs(30);

/// One rule that says `word`, and which event of the process and which URI it was about.
pub fn rules(word: &str) -> String {
    format!(
        "- rule: Got {word}\n  desc: d\n  condition: ka.verb = get\n  output: {word} %evt.num %ka.uri\n  \
         priority: NOTICE\n  source: k8s_audit\n"
    )
}

/// A place for rules and a bus.
pub struct Place {
    pub directory: TempDir,
    pub bus: Bus,
}

impl Place {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = Address::Local(directory.path().join("bus"));
        let bus = Bus::open(&address, &bus::Settings::default()).await.unwrap();
        Self { directory, bus }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file as a careful editor does: whole, under another name, then renamed.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let draft = self.path("draft");
        std::fs::write(&draft, text).unwrap();
        std::fs::rename(draft, path).unwrap();
    }

    /// Starts an evaluator that looks at its sources every so often.
    pub async fn start(&self, sources: &[&str], every: &str) -> Line {
        let named = |source: &&str| match *source {
            "builtin" | "bus" => (*source).to_owned(),
            name => self.path(name).display().to_string(),
        };
        let sources: Vec<String> = sources.iter().map(named).collect();
        let settings: Settings =
            serde_json::from_value(serde_json::json!({"rules": sources, "reload": every, "workers": 2}))
                .unwrap();
        Line::start(self.bus.clone(), settings).await
    }
}

/// A running evaluator.
pub struct Line {
    pub bus: Bus,
    pub reload: Reload,
    health: Health,
    address: SocketAddr,
    alerts: Reader<Alert>,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), EvaluatorError>>,
    _serving: Serving,
}

impl Line {
    async fn start(bus: Bus, settings: Settings) -> Self {
        let first = Ruleset::at_start(&settings).unwrap();
        let (shutdown, reload, mut admin) = (Shutdown::new(), Reload::new(), Admin::new());
        let (monitor, health) = (Monitor::observed_by(&mut admin), admin.health().clone());
        let listen = AdminSettings { listen: Some(([127, 0, 0, 1], 0).into()) };
        let bound = Admin::bind(&listen).await.unwrap().unwrap();
        let address = bound.address();
        let _serving = admin.serve(Some(bound), shutdown.clone());
        let alerts = bus.follow::<Alert>(Start::Earliest).await.unwrap();
        let evaluator = Evaluator::new(bus.clone(), settings, first);
        let evaluator = evaluator.reloading_on(reload.clone()).telling(monitor);
        let running = tokio::spawn(evaluator.run(shutdown.clone()));
        Self { bus, reload, health, address, alerts, shutdown, running, _serving }
    }

    /// Has an event judged that is told from others by its number; returns its alert.
    pub async fn judge(&mut self, number: usize) -> Alert {
        self.publish(number).await;
        self.next_alert().await
    }

    pub async fn publish(&self, number: usize) {
        let event = format!(
            "{{\"kind\":\"Event\",\"auditID\":\"{number}\",\"stage\":\"ResponseComplete\",\"verb\":\"get\",\
             \"requestURI\":\"/{number}\",\"stageTimestamp\":\"2026-01-01T00:00:00.000000Z\"}}"
        );
        let chunk = EventChunk {
            cluster: "prod".into(),
            received_unix_nanos: 7,
            events: vec![event.into()],
            ..EventChunk::default()
        };
        self.bus.publish(&chunk).await.unwrap();
    }

    pub async fn next_alert(&mut self) -> Alert {
        let next = tokio::time::timeout(DEADLINE, self.alerts.next()).await;
        next.unwrap_or_else(|_| panic!("no alert for {DEADLINE:?}")).unwrap().unwrap().message
    }

    /// How many events nobody has been given yet, or asked for.
    pub async fn is_touched(&self) -> bool {
        !self.bus.status(Stream::Events).await.unwrap().consumers.is_empty()
    }

    /// Waits for words of the rules' health.
    pub async fn until(&self, says: impl Fn(&State) -> bool) -> State {
        let waiting = async {
            loop {
                let state = self.health.parts().remove("rules").unwrap();
                if says(&state) {
                    return state;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let last = || self.health.parts();
        tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("it says {:?}", last()))
    }

    pub async fn until_ready(&self, ruleset: &str) {
        self.until(|state| matches!(state, State::Ready(text) if text.contains(ruleset))).await;
    }

    /// Waits until the newest rules are rejected, and returns why.
    pub async fn until_rejected(&self, says: &str) -> String {
        let state = self.until(|state| matches!(state, State::Degraded(text) if text.contains(says))).await;
        let State::Degraded(text) = state else { panic!("{state:?}") };
        text
    }

    /// The value of a metric, by its name and labels.
    pub async fn metric(&self, name: &str) -> Option<String> {
        let (_, text) = get(self.address, "/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("saker_evaluator_{name} ")))?;
        Some(line.to_owned())
    }

    pub async fn readiness(&self) -> u16 {
        get(self.address, "/readyz").await.0
    }

    pub async fn stop(self) {
        self.shutdown.request();
        self.running.await.unwrap().unwrap();
    }
}

/// The digest that rules have for an evaluator without further settings.
pub fn digest_of(path: &Path) -> String {
    let sources = [path.display().to_string()];
    let files = evaluator::rule_files(&sources).unwrap();
    Ruleset::from_files(&files, &rules::Options::default()).unwrap().digest().to_owned()
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
