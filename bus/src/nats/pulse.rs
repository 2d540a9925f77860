//! [`Pulse`]: whether the server answers. A connection may stand while nothing comes over it, and is given up only after
//! half a minute. So after one message that nobody answered, the next are refused at once, until a probe is answered.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

/// What is known of the server; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
    standing: Arc<Mutex<Standing>>,
    up: watch::Sender<bool>,
    silent: watch::Sender<bool>,
}

#[derive(Debug)]
struct Standing {
    is_connected: bool,
    is_silent: bool,
    /// When it last answered.
    answered: Instant,
}

impl Pulse {
    /// Of a server that is about to be connected to.
    pub(super) fn new() -> Self {
        let standing = Standing { is_connected: true, is_silent: false, answered: Instant::now() };
        Self {
            standing: Arc::new(Mutex::new(standing)),
            up: watch::Sender::new(true),
            silent: watch::Sender::new(false),
        }
    }

    /// Whether it is connected and answers, now and from now on.
    pub(super) fn up(&self) -> watch::Receiver<bool> {
        self.up.subscribe()
    }

    pub(super) fn is_silent(&self) -> bool {
        *self.silent.borrow()
    }

    /// Waits until it is silent.
    pub(super) async fn silence(&self) {
        let mut silent = self.silent.subscribe();
        // Never an error: we hold the sender.
        if silent.wait_for(|is_silent| *is_silent).await.is_err() {
            std::future::pending().await
        }
    }

    /// There is a connection: to connect is to be answered.
    pub(super) fn connected(&self) {
        self.change(|standing| {
            (standing.is_connected, standing.is_silent, standing.answered) = (true, false, Instant::now());
        });
    }

    /// There is none any more.
    pub(super) fn lost(&self) {
        self.change(|standing| (standing.is_connected, standing.is_silent) = (false, false));
    }

    /// It has answered.
    pub(super) fn answered(&self) {
        self.change(|standing| (standing.is_silent, standing.answered) = (false, Instant::now()));
    }

    /// What was asked then was not answered in time. True where it is silent from now on: nobody else was answered since.
    pub(super) fn missed(&self, asked: Instant) -> bool {
        let mut is_news = false;
        self.change(|standing| {
            is_news = standing.is_connected && !standing.is_silent && standing.answered < asked;
            standing.is_silent |= is_news;
        });
        is_news
    }

    fn change(&self, change: impl FnOnce(&mut Standing)) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut standing);
        let (is_up, is_silent) = (standing.is_connected && !standing.is_silent, standing.is_silent);
        // Under the lock, so that the last change is the last that is told.
        self.silent.send_if_modified(|silent| std::mem::replace(silent, is_silent) != is_silent);
        self.up.send_if_modified(|up| std::mem::replace(up, is_up) != is_up);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_that_answered_nobody_is_silent_until_it_answers() {
        let pulse = Pulse::new();
        let up = pulse.up();
        tokio::time::advance(Duration::from_secs(1)).await;
        let asked = Instant::now();
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(pulse.missed(asked) && pulse.is_silent() && !*up.borrow());
        assert!(!pulse.missed(asked), "that is no news");
        pulse.silence().await;
        pulse.answered();
        assert!(!pulse.is_silent() && *up.borrow());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_slow_is_not_silent() {
        let pulse = Pulse::new();
        tokio::time::advance(Duration::from_secs(1)).await;
        let asked = Instant::now();
        tokio::time::advance(Duration::from_secs(4)).await;
        pulse.answered();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!pulse.missed(asked) && !pulse.is_silent());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_connection_is_no_silence() {
        let pulse = Pulse::new();
        tokio::time::advance(Duration::from_secs(1)).await;
        pulse.lost();
        assert!(!pulse.missed(Instant::now()) && !pulse.is_silent() && !*pulse.up().borrow());
        pulse.connected();
        assert!(*pulse.up().borrow());
    }
}
