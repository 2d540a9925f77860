//! Alerts that are told as one: gathered by a key, over windows, in a bucket of the bus that all notifiers share.

mod closer;
mod key;
mod settings;
mod state;
mod summary;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bus::{Bucket, Bus, BusError, Delivery};
use proto::alerts::v1::Alert;

pub(crate) use closer::Closer;
pub use key::KeyField;
pub use settings::{First, GroupSettings};

use crate::clock;
use crate::settings::SinkName;
use key::Key;
use state::{Group, Standing};

/// The bucket of open groups.
const BUCKET: &str = "groups";

/// How many groups may be open; alerts of further keys are one group for each sink and cluster.
const MOST_OPEN: usize = 10_000;

/// How often a group is tried again that others change at the same time.
const TRIES: usize = 50;

/// How many groups are open, as far as is known. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open(Arc<AtomicUsize>);

impl Open {
    pub(crate) fn set(&self, count: usize) {
        self.0.store(count, Ordering::Relaxed);
    }

    fn has_room(&self) -> bool {
        self.0.load(Ordering::Relaxed) < MOST_OPEN
    }
}

/// The groups of one sink.
pub(crate) struct Groups {
    bucket: Bucket,
    sink: SinkName,
    settings: GroupSettings,
    open: Open,
}

/// What became of the alerts of a batch.
#[derive(Default)]
pub(crate) struct Taken {
    /// They are to be sent.
    pub(crate) send: Vec<Delivery<Alert>>,
    /// They are in a group, and told with it.
    pub(crate) counted: Vec<Delivery<Alert>>,
    /// The bus could not be asked; they are to come again.
    pub(crate) again: Vec<Delivery<Alert>>,
}

impl Groups {
    pub(crate) fn new(bus: &Bus, sink: SinkName, settings: GroupSettings, open: Open) -> Self {
        Self { bucket: bus.bucket(BUCKET), sink, settings, open }
    }

    /// Counts the alerts in their groups.
    pub(crate) async fn take(&self, deliveries: Vec<Delivery<Alert>>) -> Taken {
        let mut by_key: BTreeMap<String, (Key, Vec<Delivery<Alert>>)> = BTreeMap::new();
        for delivery in deliveries {
            let key = Key::of(self.sink.as_str(), &self.settings.by, delivery.message());
            by_key.entry(key.name.clone()).or_insert_with(|| (key, Vec::new())).1.push(delivery);
        }
        let mut taken = Taken::default();
        for (key, deliveries) in by_key.into_values() {
            let alerts: Vec<&Alert> = deliveries.iter().map(Delivery::message).collect();
            match self.count(key, &alerts).await {
                Ok(standings) => {
                    for (delivery, standing) in deliveries.into_iter().zip(standings) {
                        match standing {
                            Standing::Leads => taken.send.push(delivery),
                            Standing::Counted | Standing::New => taken.counted.push(delivery),
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(sink = %self.sink, %error, "alerts could not be grouped; they come again");
                    taken.again.extend(deliveries);
                }
            }
        }
        taken
    }

    /// Counts alerts of one key; says of each what is to be done with it.
    async fn count(&self, mut key: Key, alerts: &[&Alert]) -> Result<Vec<Standing>, BusError> {
        let [first, ..] = alerts else { return Ok(Vec::new()) };
        for _ in 0..TRIES {
            let (now, entry) = (clock::unix_nanos(), self.bucket.get(&key.name).await?);
            let revision = entry.as_ref().map_or(0, |entry| entry.revision);
            let (mut group, mut is_changed) = match entry.and_then(|entry| entry.value) {
                None if !self.open.has_room() && !key.parts.is_empty() => {
                    key = Key::of_the_rest(self.sink.as_str(), first);
                    continue;
                }
                None => {
                    (Group::open(self.sink.as_str(), key.parts.clone(), first, &self.settings, now), true)
                }
                Some(stored) => match Group::decode(&stored) {
                    Ok(group) => (group, false),
                    Err(error) => {
                        tracing::warn!(sink = %self.sink, "{error}; its alerts are sent one by one");
                        return Ok(vec![Standing::Leads; alerts.len()]);
                    }
                },
            };
            let standings: Vec<Standing> = alerts.iter().map(|alert| group.standing(alert)).collect();
            for (alert, _) in
                alerts.iter().zip(&standings).filter(|(_, standing)| **standing == Standing::New)
            {
                group.count(alert, now);
                is_changed = true;
            }
            if !is_changed || self.bucket.put_if(&key.name, group.encode(), revision).await?.is_some() {
                return Ok(standings);
            }
        }
        Err(BusError::Unavailable(format!("group {} changes too often", key.name)))
    }
}
