//! A nats-server in a container: the image that docker-compose.yml names, with the configuration that it gives it.

use testcontainers::core::{AccessMode, IntoContainerPort, Mount, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
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
    server: ContainerAsync<GenericImage>,
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
        let tag = COMPOSE.lines().find_map(|line| line.trim().strip_prefix("image: nats:")).unwrap();
        let config = Mount::bind_mount(CONFIG, "/etc/nats/saker.conf").with_access_mode(AccessMode::ReadOnly);
        // Its own, so that it is the same after a restart.
        let port = unused_port();
        let server = GenericImage::new("nats", tag)
            .with_wait_for(WaitFor::message_on_stderr("Server is ready"))
            .with_mapped_port(port, 4222.tcp())
            .with_mount(config)
            .with_env_var("NATS_NAME", "bus")
            .with_env_var("NATS_MAX_FILE_STORE", "50GB")
            .with_cmd(["--config", "/etc/nats/saker.conf"]);
        let container = Self { server: server.start().await.unwrap(), port };
        container.answers().await;
        Some(container)
    }

    /// Where it listens. The same after a restart.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Ends the server and starts it again on the same store.
    pub async fn restart(&self) {
        self.server.stop().await.unwrap();
        self.server.start().await.unwrap();
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
