//! The whole line in one process, `saker up`, with its bus in a directory of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tests::line::{is_taking_events, takes_events};
use tests::nats_server::unused_port;
use tests::process::Process;

use crate::stage::configure;

/// `saker up`, and its store.
pub(crate) struct Solo {
    pub(crate) process: Process,
    /// Where it takes bodies.
    pub(crate) urls: Vec<String>,
    /// The file that holds all.
    pub(crate) store: PathBuf,
    listen: SocketAddr,
}

impl Solo {
    /// Starts it, with one sink that posts to `webhook`, and waits until it takes events.
    pub(crate) async fn start(directory: &Path, webhook: &str) -> Self {
        Self::start_with(directory, webhook, &[]).await
    }

    /// As [`Solo::start`], with variables in its environment.
    pub(crate) async fn start_with(
        directory: &Path,
        webhook: &str,
        environment: &[(String, String)],
    ) -> Self {
        let config = configure(directory, "", webhook);
        let store = directory.join("store");
        let bus = format!("local:{}", store.display());
        let listen = SocketAddr::from(([127, 0, 0, 1], unused_port()));
        let arguments = ["up", "--config", &config, "--bus", &bus, "--listen", &listen.to_string()];
        let process = Process::start_with("saker", directory.join("saker.log"), &arguments, environment);
        let urls = vec![format!("http://{listen}/k8s_audit")];
        let solo = Self { process, urls, store: store.join("store.redb"), listen };
        solo.takes_events().await;
        solo
    }

    /// Waits until it takes events.
    pub(crate) async fn takes_events(&self) {
        takes_events(self.listen).await;
    }

    /// Whether it takes events now.
    pub(crate) fn is_taking_events(&self) -> bool {
        is_taking_events(self.listen)
    }

    /// Fails where it has ended by itself, or has panicked.
    pub(crate) fn check(&mut self) {
        assert!(self.process.is_running(), "it ended by itself:\n{}", self.process.log());
        assert!(!self.process.log().contains("panicked at"), "it panicked:\n{}", self.process.log());
    }
}
