//! Ends the windows of groups when they are due, and sends what they have come to. Any notifier may do it; of several that
//! try, one succeeds.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use bus::{Bucket, Bus, BusError, Content, Entry};
use tokio::time::sleep;

use super::state::{Ended, Group};
use super::{BUCKET, Open};
use crate::clock;
use crate::settings::SinkName;

/// How long to wait with a bus that does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// Longer is not slept at a time: clocks are set.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// Ends the windows of groups.
pub(crate) struct Closer {
    bus: Bus,
    bucket: Bucket,
    open: Open,
    /// When each group is due, by its key in the bucket.
    due: BTreeMap<String, u64>,
}

impl Closer {
    pub(crate) fn new(bus: Bus, open: Open) -> Self {
        Self { bucket: bus.bucket(BUCKET), bus, open, due: BTreeMap::new() }
    }

    /// Ends windows until it is dropped. Outages of the bus are waited out.
    pub(crate) async fn run(mut self) -> Infallible {
        loop {
            match self.follow().await {
                Ok(()) | Err(BusError::Closed) => std::future::pending().await,
                Err(error) => {
                    tracing::warn!(%error, "open groups cannot be followed; trying again");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn follow(&mut self) -> Result<(), BusError> {
        let mut changes = self.bucket.watch().await?;
        self.due.clear();
        loop {
            let next = self.due.iter().min_by_key(|(_, due)| **due).map(|(key, due)| (key.clone(), *due));
            let wait = next.as_ref().map_or(LONGEST_SLEEP, |(_, due)| clock::until(*due).min(LONGEST_SLEEP));
            tokio::select! {
                biased;
                entry = changes.next() => match entry? {
                    Some(entry) => self.learn(entry),
                    None => return Ok(()),
                },
                () = sleep(wait) => if let Some((key, due)) = next && clock::until(due).is_zero() {
                    self.end(&key).await;
                },
            }
        }
    }

    fn learn(&mut self, entry: Entry) {
        // What a newer notifier stored, it ends itself.
        match entry.value.and_then(|value| Group::decode(&value).ok()) {
            Some(group) => self.due.insert(entry.key, group.due()),
            None => self.due.remove(&entry.key),
        };
        self.open.set(self.due.len());
    }

    async fn end(&mut self, key: &str) {
        if let Err(error) = self.try_to_end(key).await {
            tracing::warn!(key, %error, "the window of a group could not be ended; trying again");
        }
        // The watch tells what has become of it; where it does not, it is looked at again.
        let later = u64::try_from(PAUSE.as_nanos()).unwrap_or(u64::MAX).saturating_add(clock::unix_nanos());
        self.due.entry(key.to_owned()).and_modify(|due| *due = later);
    }

    async fn try_to_end(&self, key: &str) -> Result<(), BusError> {
        while let Some(Entry { value: Some(value), revision, .. }) = self.bucket.get(key).await? {
            let now = clock::unix_nanos();
            let Ok(mut group) = Group::decode(&value) else { return Ok(()) };
            if group.due() > now {
                return Ok(());
            }
            if let Some(alert) = group.closing() {
                if let Ok(sink) = SinkName::try_from(group.sink().to_owned()) {
                    self.bus.publish_to(&sink.consumer(), alert.id(), alert).await?;
                }
                group.sent();
            } else if group.end_window(now) == Ended::Group {
                if self.bucket.delete_if(key, revision).await? {
                    return Ok(());
                }
                continue;
            }
            // Where another was quicker, the next look shows what is left to do.
            self.bucket.put_if(key, group.encode(), revision).await?;
        }
        Ok(())
    }
}
