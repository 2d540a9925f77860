//! [`Reload`]: the wish to look at everything that may have changed, as a value that is handed down.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::SignalError;

/// Says when to look anew. Cheap to clone; each request is heard by one of those who wait, or by the next who does.
#[derive(Debug, Clone, Default)]
pub struct Reload {
    asked: Arc<Notify>,
}

impl Reload {
    /// One that only [`request`](Self::request) sets off.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that SIGHUP sets off too.
    ///
    /// # Errors
    /// Where the system refuses the handler. Needs to be called inside a tokio runtime.
    pub fn on_signals() -> Result<Self, SignalError> {
        let reload = Self::new();
        let mut hangups = signal(SignalKind::hangup())?;
        let asked = reload.clone();
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                tracing::info!(signal = "SIGHUP", "looking for changes");
                asked.request();
            }
        });
        Ok(reload)
    }

    /// Returns once it is asked for, at once where it was asked for since the last time.
    pub async fn requested(&self) {
        self.asked.notified().await;
    }

    /// Asks for it.
    pub fn request(&self) {
        self.asked.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_waits_for_whoever_asks_next() {
        let reload = Reload::new();
        reload.clone().request();
        reload.requested().await;
        let waiting = tokio::spawn({
            let reload = reload.clone();
            async move { reload.requested().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "each request is heard once");
        reload.request();
        waiting.await.unwrap();
    }
}
