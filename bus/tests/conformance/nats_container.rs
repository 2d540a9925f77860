//! A nats-server in a container: the image that docker-compose.yml names, with the configuration that it gives it.

use std::process::Command;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

use crate::nats_server::unused_port;
use crate::support::eventually;

const COMPOSE: &str = include_str!("../../../docker-compose.yml");
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/nats/single.conf");

/// Set by scripts/test-containers, once there is a daemon.
const THERE_ARE_CONTAINERS: &str = "CONTAINERS_IMAGE";

/// A running server. Dropped, it and its store are gone.
pub struct Container {
    name: String,
    port: u16,
}

impl Container {
    /// Starts one on a port of the loopback interface; `None`, and a line that says so, where there are no containers.
    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    pub async fn start() -> Option<Self> {
        if std::env::var_os(THERE_ARE_CONTAINERS).is_none() {
            eprintln!("left out: scripts/test-containers runs the tests with containers");
            return None;
        }
        let port = unused_port();
        let container = Self { name: format!("saker-bus-{}-{port}", std::process::id()), port };
        let image = COMPOSE.lines().find_map(|line| line.trim().strip_prefix("image: nats:")).unwrap();
        let image = format!("nats:{image}");
        let (publish, mount) =
            (format!("127.0.0.1:{port}:4222"), format!("{CONFIG}:/etc/nats/saker.conf:ro"));
        let run = ["run", "--detach", "--name", &container.name, "--publish", &publish, "--volume", &mount];
        let named = ["--env", "NATS_NAME=bus", "--env", "NATS_MAX_FILE_STORE=50GB"];
        docker(&[&run[..], &named, &[&image, "--config", "/etc/nats/saker.conf"]].concat());
        container.answers().await;
        Some(container)
    }

    /// Where it listens. The same after a restart.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends the server and starts it again on the same store.
    pub async fn restart(&self) {
        docker(&["restart", &self.name]);
        self.answers().await;
    }

    /// Waits until it greets. The port alone is open before that: the daemon holds it.
    async fn answers(&self) {
        eventually(async || {
            let Ok(connection) = TcpStream::connect(("127.0.0.1", self.port)).await else { return false };
            let mut greeting = String::new();
            BufReader::new(connection).read_line(&mut greeting).await.is_ok() && greeting.starts_with("INFO ")
        })
        .await;
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // Best effort: a container left behind must not hide why a test failed.
        let _ = Command::new("docker").args(["rm", "--force", "--volumes", &self.name]).output();
    }
}

fn docker(arguments: &[&str]) {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
