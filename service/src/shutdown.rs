//! [`Shutdown`]: the wish to stop, as a value that is handed down.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Says when to stop. Cheap to clone; every clone hears the same request.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
}

/// The process cannot listen for signals.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen for signals: {0}")]
pub struct SignalError(#[from] std::io::Error);

impl Shutdown {
    /// One that only [`request`](Self::request) sets off.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that SIGTERM and SIGINT set off too. A second signal ends the process at once, drained or not.
    ///
    /// # Errors
    /// Where the system refuses the handlers. Needs to be called inside a tokio runtime.
    pub fn on_signals() -> Result<Self, SignalError> {
        let shutdown = Self::new();
        let signals = Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        tokio::spawn(shutdown.clone().follow(signals));
        Ok(shutdown)
    }

    /// Returns once a stop is requested, at once where it was before.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Whether a stop is requested.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Requests a stop.
    pub fn request(&self) {
        self.token.cancel();
    }

    async fn follow(self, mut signals: Signals) {
        let name = signals.next().await;
        tracing::info!(signal = name, "stopping; a second signal ends the process at once");
        self.request();
        let name = signals.next().await;
        tracing::warn!(signal = name, "ended before everything was drained");
        std::process::exit(128 + if name == "SIGINT" { 2 } else { 15 });
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_hears_the_request() {
        let shutdown = Shutdown::new();
        let clone = shutdown.clone();
        let waiting = tokio::spawn(async move { clone.requested().await });
        assert!(!shutdown.is_requested());
        shutdown.request();
        waiting.await.unwrap();
        assert!(shutdown.is_requested());
        shutdown.requested().await;
    }
}
