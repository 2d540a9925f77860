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
    tell(news, bucket.get(KEY).await?);
    let mut changes = bucket.watch().await?;
    while let Some(entry) = changes.next().await? {
        if entry.key == KEY {
            tell(news, Some(entry));
        }
    }
    Ok(())
}

/// Only a push changes the rules: where the key is deleted, during an outage too, those that were pushed stay.
fn tell(news: &watch::Sender<News>, entry: Option<Entry>) {
    let found = entry.filter(|entry| entry.value.is_some()).map_or(News::Nothing, News::Pushed);
    news.send_if_modified(|known| {
        let is_new = *known != found && (found != News::Nothing || *known == News::Unknown);
        if is_new {
            *known = found;
        }
        is_new
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_stays_until_something_else_is() {
        let (sender, mut news) = watch::channel(News::default());
        let entry = |revision, value: Option<&'static str>| {
            Some(Entry { key: KEY.to_owned(), value: value.map(Into::into), revision })
        };
        tell(&sender, entry(1, None));
        assert_eq!(*news.borrow_and_update(), News::Nothing);
        tell(&sender, entry(2, Some("a")));
        let pushed = news.borrow_and_update().clone();
        assert_eq!(pushed, News::Pushed(entry(2, Some("a")).unwrap()));
        for gone in [None, entry(3, None), entry(2, Some("a"))] {
            tell(&sender, gone);
            assert!(!news.has_changed().unwrap());
        }
        assert_eq!(*news.borrow(), pushed);
        tell(&sender, entry(4, Some("b")));
        assert!(news.has_changed().unwrap());
    }
}
