//! The whole line over NATS as the stories start it: one ingest, some evaluators, one notifier.

use std::io::{self, Read, Write};
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
    /// Starts them on the bus at `bus`, with a webhook sink at `webhook`, and waits until ingest takes events.
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
        takes_events(listen).await;
        Self { url: format!("http://{listen}/k8s_audit"), processes }
    }
}

/// Waits until the webhook at `address` takes events.
///
/// # Panics
/// When it does not within 30 s.
pub async fn takes_events(address: SocketAddr) {
    wait::until("the webhook takes events", Duration::from_secs(30), || is_taking_events(address)).await;
}

/// Whether the webhook at `address` takes events now.
pub fn is_taking_events(address: SocketAddr) -> bool {
    answer_to_nothing(address).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// What a body without events is answered.
fn answer_to_nothing(address: SocketAddr) -> io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    connection.write_all(
        b"POST /k8s_audit HTTP/1.1\r\nHost: saker\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
          Connection: close\r\n\r\n[]",
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}
