//! A real nats-server for tests: on a port of its own, with a store of its own, to be killed and started again.
//!
//! Self-contained, so that other crates' tests include it with `#[path = "…/bus/tests/nats_server.rs"]`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's tool: whatever fails here fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

/// What [`NatsServer::start`] configures; `{store}` becomes the directory of this server.
const PLAIN: &str = r#"jetstream { store_dir: "{store}" }"#;

/// Ports below those that the kernel gives to whoever asks for any port: nobody takes one of these by chance, so a
/// server that was killed finds its own free when it comes back.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// How long a server may take until it answers. It takes some 50 ms on an idle machine.
const READY_WITHIN: Duration = Duration::from_secs(30);

const HOW_TO_GET_ONE: &str =
    "run scripts/nats-server, or put nats-server 2.11 or newer on PATH or in NATS_SERVER";

/// A running (or killed) nats-server. Dropped, it is killed and its store deleted.
pub struct NatsServer {
    binary: PathBuf,
    directory: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl NatsServer {
    /// Starts a server with JetStream on a free port of the loopback interface.
    pub async fn start() -> Self {
        Self::start_with(PLAIN).await
    }

    /// As [`NatsServer::start`] with a configuration, in which `{store}` stands for the directory of this server.
    pub async fn start_with(config: &str) -> Self {
        let directory = new_directory();
        let config = config.replace("{store}", directory.to_str().unwrap());
        std::fs::write(directory.join("server.conf"), config).unwrap();
        let mut server = Self { binary: binary(), directory, port: unused_port(), child: None };
        server.launch().await;
        server
    }

    /// Where it listens, as `nats://127.0.0.1:4222`. The same after a restart.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// What it has logged since it was last started.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.join("server.log")).unwrap_or_default()
    }

    /// Kills it as a loss of the process does: no chance to write anything.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Stops it where it is, as a partition does: connections stay open, and nothing is answered.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Sends it a signal, as `STOP` and `CONT`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Starts it again, on the same port and store. If it still runs, it is asked to end first, and ends in order.
    pub async fn restart(&mut self) {
        if self.child.is_some() {
            self.signal("INT");
        }
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
        self.launch().await;
    }

    async fn launch(&mut self) {
        let log = std::fs::File::create(self.directory.join("server.log")).unwrap();
        let child = Command::new(&self.binary)
            .args(["--addr", "127.0.0.1", "--port", &self.port.to_string(), "--config"])
            .arg(self.directory.join("server.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("{} does not start: {error}", self.binary.display()));
        self.child = Some(child);
        let deadline = Instant::now() + READY_WITHIN;
        while !self.answers().await {
            self.fail_unless_alive(deadline);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether the server greets on its port.
    async fn answers(&self) -> bool {
        let Ok(connection) = TcpStream::connect(("127.0.0.1", self.port)).await else { return false };
        let mut greeting = String::new();
        BufReader::new(connection).read_line(&mut greeting).await.is_ok() && greeting.starts_with("INFO ")
    }

    fn fail_unless_alive(&mut self, deadline: Instant) {
        let exited = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
        if exited.is_some() || Instant::now() > deadline {
            panic!("nats-server is not ready ({exited:?}); it said:\n{}", self.log());
        }
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
        // Best effort: a store left behind in the temporary directory must not hide why a test failed.
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

/// Not all who include this file use all of it.
const _: () = {
    let _ =
        (NatsServer::start, NatsServer::start_with, NatsServer::url, NatsServer::kill, NatsServer::restart);
    let _ = (NatsServer::log, NatsServer::pause, NatsServer::resume);
};

/// A port of `PORTS` that nobody listens on, another at each call.
pub fn unused_port() -> u16 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    // Tests run in processes of their own, side by side: each starts elsewhere.
    let start = std::process::id().wrapping_mul(61);
    loop {
        let call = start.wrapping_add(CALLS.fetch_add(1, Ordering::Relaxed));
        let offset = call % u32::from(PORTS.end - PORTS.start);
        let port = PORTS.start + u16::try_from(offset).unwrap();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn new_directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("saker-nats-{}-{number}", std::process::id()));
    // A process of this number may have left one behind.
    drop(std::fs::remove_dir_all(&directory));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// The nats-server to run: the one in `NATS_SERVER`, that of scripts/nats-server, or one on PATH.
fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("NATS_SERVER") {
        let named = PathBuf::from(named);
        assert!(is_good(&named), "{} is no nats-server 2.11 or newer: {HOW_TO_GET_ONE}", named.display());
        return named;
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(target.join("tools"))
        .chain(std::env::split_paths(&path))
        .map(|directory| directory.join("nats-server"))
        .find(|candidate| is_good(candidate))
        .unwrap_or_else(|| panic!("no nats-server 2.11 or newer is here: {HOW_TO_GET_ONE}"))
}

fn is_good(candidate: &Path) -> bool {
    let Ok(output) = Command::new(candidate).arg("--version").output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let Some((_, version)) = text.trim().split_once(": v") else { return false };
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(2), Some(11))
}

#[tokio::test]
async fn a_server_comes_back_on_its_port() {
    let mut server = NatsServer::start().await;
    let address = server.url().strip_prefix("nats://").unwrap().to_owned();
    server.kill();
    assert!(TcpStream::connect(&address).await.is_err());
    // Once as after a crash, and once in order.
    for _ in 0..2 {
        server.restart().await;
        assert!(TcpStream::connect(&address).await.is_ok());
    }
    server.signal("STOP");
    // Its threads stop one by one.
    let deadline = Instant::now() + READY_WITHIN;
    while tokio::time::timeout(Duration::from_millis(200), server.answers()).await.is_ok() {
        assert!(Instant::now() < deadline, "it goes on");
    }
    server.signal("CONT");
    assert!(server.answers().await);
}
