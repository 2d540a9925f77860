//! How sinks are, for whoever asks the bus: each notifier writes what it knows of its sinks, and others read all of it.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bus::{Bucket, Bus, BusError};
use prost::Message;
use proto::notifier::v1::SinkStatus;
use rand::RngExt;
use tokio::time::{MissedTickBehavior, interval};

use crate::clock;
use crate::monitor::SinkMonitor;
use crate::settings::SinkName;

/// The bucket of what notifiers know of their sinks.
const BUCKET: &str = "sinks";

/// The version of [`SinkStatus`] that this is.
const FORMAT: u32 = 1;

/// How often it is written, where it has changed.
const EVERY: Duration = Duration::from_secs(5);

/// What a notifier wrote that has not been heard of for so long is removed, in nanoseconds: a week.
const KEPT: u64 = 7 * 24 * 60 * 60 * 1_000_000_000;

/// Whether a sink is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resting {
    Yes,
    No,
}

/// What was last seen of a sink; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted(Arc<Mutex<SinkStatus>>);

impl Noted {
    pub(crate) fn delivered(&self) {
        self.note(|status| status.delivered_unix_nanos = clock::unix_nanos());
    }

    pub(crate) fn failed(&self, why: &str) {
        self.note(|status| {
            status.failed_unix_nanos = clock::unix_nanos();
            why.clone_into(&mut status.failure);
        });
    }

    pub(crate) fn rests(&self, resting: Resting) {
        self.note(|status| status.resting = resting == Resting::Yes);
    }

    pub(crate) fn status(&self, results: HashMap<String, u64>) -> SinkStatus {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        SinkStatus { format: FORMAT, results, ..noted }
    }

    fn note(&self, change: impl FnOnce(&mut SinkStatus)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Writes how sinks are.
pub(crate) struct Writer {
    bucket: Bucket,
    /// Tells this notifier from others, and from those before it.
    instance: String,
    written: BTreeMap<String, SinkStatus>,
}

impl Writer {
    pub(crate) fn new(bus: &Bus) -> Self {
        let instance = format!("{:016x}", rand::rng().random::<u64>());
        Self { bucket: bus.bucket(BUCKET), instance, written: BTreeMap::new() }
    }

    /// Writes until it is dropped. What cannot be written is left out.
    pub(crate) async fn run(mut self, sinks: impl Fn() -> Vec<SinkMonitor>) -> Infallible {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        if let Err(error) = self.remove_old().await {
            tracing::debug!(%error, "what gone notifiers wrote cannot be removed");
        }
        loop {
            ticks.tick().await;
            if let Err(error) = self.write(&sinks()).await {
                tracing::debug!(%error, "how the sinks are cannot be written");
            }
        }
    }

    async fn write(&mut self, sinks: &[SinkMonitor]) -> Result<(), BusError> {
        for sink in sinks {
            let status = sink.status();
            if self.written.get(sink.name()) != Some(&status) {
                let written_unix_nanos = clock::unix_nanos();
                let value = SinkStatus { written_unix_nanos, ..status.clone() }.encode_to_vec();
                self.bucket.put(&format!("{}.{}", sink.name(), self.instance), value).await?;
                self.written.insert(sink.name().to_owned(), status);
            }
        }
        Ok(())
    }

    async fn remove_old(&self) -> Result<(), BusError> {
        for (key, entry) in self.bucket.entries().await? {
            let status = entry.value.and_then(|value| SinkStatus::decode(value).ok()).unwrap_or_default();
            if status.written_unix_nanos.saturating_add(KEPT) < clock::unix_nanos() {
                self.bucket.delete_if(&key, entry.revision).await?;
            }
        }
        Ok(())
    }
}

/// How all sinks are, as all notifiers know them.
///
/// # Errors
/// Where the bus fails.
pub async fn sink_status(bus: &Bus) -> Result<BTreeMap<String, SinkStatus>, BusError> {
    let mut all: BTreeMap<String, SinkStatus> = BTreeMap::new();
    for (key, entry) in bus.bucket(BUCKET).entries().await? {
        let status = entry.value.and_then(|value| SinkStatus::decode(value).ok());
        if let (Some(status), Some((sink, _))) =
            (status.filter(|status| status.format == FORMAT), key.split_once('.'))
        {
            add(all.entry(sink.to_owned()).or_default(), status);
        }
    }
    Ok(all)
}

/// Counts add up; of what was last seen the latest counts.
fn add(all: &mut SinkStatus, one: SinkStatus) {
    for (result, count) in one.results {
        let sum = all.results.entry(result).or_default();
        *sum = sum.saturating_add(count);
    }
    all.delivered_unix_nanos = all.delivered_unix_nanos.max(one.delivered_unix_nanos);
    if one.failed_unix_nanos > all.failed_unix_nanos {
        (all.failed_unix_nanos, all.failure) = (one.failed_unix_nanos, one.failure);
    }
    if one.written_unix_nanos > all.written_unix_nanos {
        (all.written_unix_nanos, all.resting) = (one.written_unix_nanos, one.resting);
    }
}

/// Removes what notifiers knew of a sink, when it is given up.
///
/// # Errors
/// Where the bus fails.
pub async fn forget_status(bus: &Bus, sink: &SinkName) -> Result<(), BusError> {
    let bucket = bus.bucket(BUCKET);
    for key in bucket.entries().await?.into_keys() {
        if key.split_once('.').is_some_and(|(name, _)| name == sink.as_str()) {
            bucket.delete(&key).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_notifiers_know_adds_up() {
        let status = |count, failed, failure: &str| SinkStatus {
            results: HashMap::from([("delivered".to_owned(), count)]),
            failed_unix_nanos: failed,
            failure: failure.to_owned(),
            written_unix_nanos: failed,
            resting: failed == 7,
            ..SinkStatus::default()
        };
        let mut all = SinkStatus::default();
        [status(3, 5, "old"), status(4, 7, "new"), status(5, 6, "older")]
            .into_iter()
            .for_each(|one| add(&mut all, one));
        assert_eq!((all.results["delivered"], all.failure.as_str()), (12, "new"));
        assert!(all.resting);
    }
}
