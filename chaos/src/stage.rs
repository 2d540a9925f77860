//! The line of services on a bus, as processes of their own that can be killed, stopped and joined by others.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tests::line::takes_events;
use tests::nats_server::unused_port;
use tests::process::Process;

use crate::ruleset;

/// How the line is made up.
pub(crate) struct Plan {
    /// The bus, as `nats://127.0.0.1:4222`.
    pub(crate) bus: String,
    /// Where the one sink posts to.
    pub(crate) webhook: String,
    pub(crate) ingests: usize,
    pub(crate) evaluators: usize,
    pub(crate) notifiers: usize,
    /// Sections of the settings beside those of the evaluator and the notifier, as YAML.
    pub(crate) settings: &'static str,
    /// Variables in the environment of each process.
    pub(crate) environment: Vec<(String, String)>,
}

impl Plan {
    /// One ingest, two evaluators, one notifier.
    pub(crate) fn of(bus: String, webhook: String) -> Self {
        Self { bus, webhook, ingests: 1, evaluators: 2, notifiers: 1, settings: "", environment: Vec::new() }
    }
}

/// The processes.
pub(crate) struct Stage {
    directory: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    /// Where the ingests take bodies.
    pub(crate) urls: Vec<String>,
    pub(crate) ingests: Vec<Process>,
    pub(crate) evaluators: Vec<Process>,
    pub(crate) notifiers: Vec<Process>,
    listen: Vec<SocketAddr>,
    started: usize,
}

impl Stage {
    /// Starts them, and waits until each ingest takes events.
    pub(crate) async fn start(directory: &Path, plan: &Plan) -> Self {
        let config = configure(directory, plan.settings, &plan.webhook);
        let arguments = ["--config", &config, "--bus", &plan.bus];
        let mut stage = Self {
            directory: directory.to_owned(),
            arguments: arguments.map(str::to_owned).to_vec(),
            environment: plan.environment.clone(),
            urls: Vec::new(),
            ingests: Vec::new(),
            evaluators: Vec::new(),
            notifiers: Vec::new(),
            listen: Vec::new(),
            started: 0,
        };
        (0..plan.ingests).for_each(|_| stage.add_ingest());
        (0..plan.evaluators).for_each(|_| stage.add_evaluator());
        (0..plan.notifiers).for_each(|_| stage.add_notifier());
        stage.takes_events().await;
        stage
    }

    /// Waits until each ingest takes events.
    pub(crate) async fn takes_events(&self) {
        for listen in &self.listen {
            takes_events(*listen).await;
        }
    }

    pub(crate) fn add_ingest(&mut self) {
        let listen = SocketAddr::from(([127, 0, 0, 1], unused_port()));
        let process = self.process("ingest", &["--listen", &listen.to_string()]);
        self.ingests.push(process);
        self.listen.push(listen);
        self.urls.push(format!("http://{listen}/k8s_audit"));
    }

    pub(crate) fn add_evaluator(&mut self) {
        let process = self.process("evaluator", &[]);
        self.evaluators.push(process);
    }

    pub(crate) fn add_notifier(&mut self) {
        let process = self.process("notifier", &[]);
        self.notifiers.push(process);
    }

    fn process(&mut self, name: &str, more: &[&str]) -> Process {
        let common = self.arguments.iter().map(String::as_str);
        let arguments: Vec<&str> = common.chain(more.iter().copied()).collect();
        let log = self.directory.join(format!("{name}-{}.log", self.started));
        let process = Process::start_with(name, log, &arguments, &self.environment);
        self.started += 1;
        process
    }

    /// Every process.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Process> {
        self.ingests.iter_mut().chain(&mut self.evaluators).chain(&mut self.notifiers)
    }

    /// Fails where a process has ended by itself, or has panicked.
    pub(crate) fn check(&mut self) {
        for process in self.all() {
            assert!(process.is_running(), "a process ended by itself:\n{}", process.log());
            assert!(!process.log().contains("panicked at"), "a process panicked:\n{}", process.log());
        }
    }
}

/// Writes the settings of a line whose one sink posts there, and says where they lie.
pub(crate) fn configure(directory: &Path, settings: &str, webhook: &str) -> String {
    let config = directory.join("saker.yaml");
    let rules = ruleset::write(directory);
    let text = format!(
        "{settings}\nevaluator:\n  rules: [builtin, {rules}, bus]\n  rule_matching: all\n  reload: 1s\n\
         notifier:\n  sinks:\n    ledger:\n      type: webhook\n      url: {webhook}\n      \
         concurrency: 16\n      timeout: 5s\n      retry: {{initial: 200ms, max: 2s}}\n"
    );
    std::fs::write(&config, text).expect("a file can be written");
    config.to_str().expect("an ASCII path").to_owned()
}
