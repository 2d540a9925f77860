//! [`Reload`]: the wish to look at everything that may have changed, as a value that is handed down.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::SignalError;

/// Says when to look anew. Cheap to clone; each request is heard by one of those who wait, or by the next who does.
/// Whoever has something of its own to look at takes [another](Self::another), and hears each request too.
#[derive(Debug, Clone)]
pub struct Reload {
    asked: Arc<Notify>,
    all: Arc<Mutex<Vec<Arc<Notify>>>>,
}

impl Reload {
    /// One that only [`request`](Self::request) sets off.
    pub fn new() -> Self {
        let asked = Arc::new(Notify::new());
        Self { all: Arc::new(Mutex::new(vec![Arc::clone(&asked)])), asked }
    }

    /// One that hears each request as well.
    #[must_use]
    pub fn another(&self) -> Self {
        let asked = Arc::new(Notify::new());
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&asked));
        Self { asked, all: Arc::clone(&self.all) }
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
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().for_each(|asked| asked.notify_one());
    }
}

impl Default for Reload {
    fn default() -> Self {
        Self::new()
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

    #[tokio::test]
    async fn another_one_hears_each_request_too() {
        let reload = Reload::new();
        let other = reload.another();
        reload.request();
        tokio::join!(reload.requested(), other.requested());
        other.clone().request();
        tokio::join!(reload.requested(), other.requested());
    }
}
