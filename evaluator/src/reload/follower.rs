//! [`Follower`]: knows what was pushed onto the bus last.

use std::time::Duration;

use bus::{Bus, BusError, Entry};
use tokio::sync::watch;
use tokio::task::{AbortHandle, spawn};
use tokio::time::sleep;

use crate::pushed::{BUCKET, KEY};

/// How long to wait with a bus that does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known of the rules on the bus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum News {
    /// The bus has not said anything yet.
    #[default]
    Unknown,
    /// No rules were ever pushed.
    Nothing,
    /// These were pushed last.
    Pushed(Entry),
}

/// Follows the rules on the bus while it lives. An outage is waited out: what was known stays.
#[derive(Debug)]
pub(crate) struct Follower {
    news: watch::Receiver<News>,
    following: AbortHandle,
}

impl Follower {
    pub(crate) fn start(bus: Bus) -> Self {
        let (sender, news) = watch::channel(News::default());
        Self { news, following: spawn(follow(bus, sender)).abort_handle() }
    }

    /// What is known now.
    pub(crate) fn news(&self) -> News {
        self.news.borrow().clone()
    }

    /// Returns once there is something new.
    pub(crate) async fn changed(&mut self) {
        if self.news.changed().await.is_err() {
            // The bus is closed: there will be nothing more.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.following.abort();
    }
}

async fn follow(bus: Bus, news: watch::Sender<News>) {
    loop {
        match read(&bus, &news).await {
            Ok(()) | Err(BusError::Closed) => return,
            Err(error) => {
                tracing::warn!(%error, "the rules on the bus cannot be followed; trying again");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Returns once the bus is closed.
async fn read(bus: &Bus, news: &watch::Sender<News>) -> Result<(), BusError> {
    let bucket = bus.bucket(BUCKET);
    // A watch alone does not tell whether there is nothing, or not yet.
    let entry = bucket.get(KEY).await?;
    news.send_replace(entry.map_or(News::Nothing, News::Pushed));
    let mut changes = bucket.watch().await?;
    while let Some(entry) = changes.next().await? {
        // Only a push changes the rules: where the key is deleted, those that were pushed stay.
        if entry.key == KEY && entry.value.is_some() {
            news.send_replace(News::Pushed(entry));
        }
    }
    Ok(())
}
