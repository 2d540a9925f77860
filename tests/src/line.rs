//! The whole line over NATS as the stories start it: one ingest, some evaluators, one notifier.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::nats_server::unused_port;
use crate::process::Process;
use crate::wait;

/// The three services as processes of their own.
pub struct Line {
    /// The webhook's address, with the path for the default cluster.
    pub url: String,
    /// The processes: ingest, the notifier, then the evaluators.
    pub processes: Vec<Process>,
}

impl Line {
    /// Starts them on the bus at `bus`, with a webhook sink at `webhook`, and waits until ingest accepts connections.
    ///
    /// # Panics
    /// When they do not come up.
    pub async fn start(bus: &str, webhook: &str, evaluators: usize, directory: &Path) -> Self {
        let config = directory.join("saker.yaml");
        let sinks = format!("notifier:\n  sinks:\n    ledger:\n      type: webhook\n      url: {webhook}\n");
        std::fs::write(&config, sinks).expect("a configuration can be written");
        let config = config.to_str().expect("an ASCII path");
        let listen = SocketAddr::from(([127, 0, 0, 1], unused_port()));
        let common = ["--config", config, "--bus", bus];
        let start = |name: &str, label: &str, more: &[&str]| {
            Process::start(name, label, directory, &[common.as_slice(), more].concat())
        };
        let mut processes = vec![
            start("ingest", "ingest", &["--listen", &listen.to_string()]),
            start("notifier", "notifier", &[]),
        ];
        processes.extend((0..evaluators).map(|n| start("evaluator", &format!("evaluator-{n}"), &[])));
        accepts(listen).await;
        Self { url: format!("http://{listen}/k8s_audit"), processes }
    }
}

/// Waits until somebody listens at `address`.
///
/// # Panics
/// When nobody does within 30 s.
pub async fn accepts(address: SocketAddr) {
    wait::until("the webhook accepts connections", Duration::from_secs(30), || {
        TcpStream::connect(address).is_ok()
    })
    .await;
}
