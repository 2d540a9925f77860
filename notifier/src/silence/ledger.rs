//! Counts what silences keep back, for all to see.

use std::collections::BTreeMap;

use bus::{Bucket, Bus, BusError};
use prost::Message;
use proto::alerts::v1::Alert;
use proto::notifier::v1::Tally as Wire;

use super::store::LEDGER;
use crate::settings::SinkName;
use crate::tally::Tally;

/// How often an entry is tried again that others change at the same time.
const TRIES: usize = 50;

/// What silences keep from one sink.
pub(crate) struct Ledger {
    bucket: Bucket,
    sink: SinkName,
}

impl Ledger {
    pub(crate) fn new(bus: &Bus, sink: SinkName) -> Self {
        Self { bucket: bus.bucket(LEDGER), sink }
    }

    /// Counts alerts by the silence that keeps them back; each once, however often it comes.
    pub(crate) async fn count(&self, kept_back: &BTreeMap<String, Vec<&Alert>>) -> Result<(), BusError> {
        for (silence, alerts) in kept_back {
            self.count_for(silence, alerts).await?;
        }
        Ok(())
    }

    async fn count_for(&self, silence: &str, alerts: &[&Alert]) -> Result<(), BusError> {
        let key = format!("{silence}.{}", self.sink);
        for _ in 0..TRIES {
            let entry = self.bucket.get(&key).await?;
            let revision = entry.as_ref().map_or(0, |entry| entry.revision);
            let stored = entry.and_then(|entry| Wire::decode(entry.value?).ok()).unwrap_or_default();
            let mut tally = Tally::of_wire(stored);
            let new = alerts.iter().filter(|alert| tally.count(alert)).count();
            if new == 0
                || self.bucket.put_if(&key, tally.to_wire().encode_to_vec(), revision).await?.is_some()
            {
                return Ok(());
            }
        }
        Err(BusError::Unavailable(format!("the count of silence {silence} changes too often")))
    }
}
