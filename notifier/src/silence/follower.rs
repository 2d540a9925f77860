//! Knows which silences are on the bus, and removes those that ended long ago.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Entry};
use tokio::sync::watch;
use tokio::time::sleep;

use super::store::{BUCKET, LEDGER, of_wire};
use super::{Named, Silence};
use crate::clock;

/// How long to wait with a bus that does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a silence that has ended stays in the list, in nanoseconds: a month.
const KEPT: u64 = 30 * 24 * 60 * 60 * 1_000_000_000;

/// What is known of the silences on the bus; `None` while the bus has not said. Cheap to clone.
pub(crate) type Known = watch::Receiver<Option<Arc<Named>>>;

/// Follows the silences on the bus.
pub(crate) struct Follower {
    bus: Bus,
    known: watch::Sender<Option<Arc<Named>>>,
}

impl Follower {
    pub(crate) fn new(bus: Bus) -> (Self, Known) {
        let (known, receiver) = watch::channel(None);
        (Self { bus, known }, receiver)
    }

    /// Follows them until it is dropped. An outage is waited out: what was known stays.
    pub(crate) async fn run(self) -> Infallible {
        loop {
            match self.follow().await {
                Ok(()) | Err(BusError::Closed) => std::future::pending().await,
                Err(error) => {
                    tracing::warn!(%error, "the silences on the bus cannot be followed; trying again");
                    if !error.is_transient() {
                        self.go_on_without();
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Where the bus says that it never will, people are told rather than left without a word.
    fn go_on_without(&self) {
        self.known.send_if_modified(|known| {
            let is_new = known.is_none();
            if is_new {
                tracing::error!("alerts are sent as if there were no silences on the bus");
                *known = Some(Arc::default());
            }
            is_new
        });
    }

    async fn follow(&self) -> Result<(), BusError> {
        let bucket = self.bus.bucket(BUCKET);
        // A watch alone does not tell when all has been seen.
        let mut named = Named::new();
        for entry in bucket.entries().await?.into_values() {
            learn(&mut named, entry);
        }
        self.forget_old(&mut named).await?;
        self.known.send_replace(Some(Arc::new(named.clone())));
        let mut changes = bucket.watch().await?;
        while let Some(entry) = changes.next().await? {
            learn(&mut named, entry);
            self.known.send_replace(Some(Arc::new(named.clone())));
        }
        Ok(())
    }

    async fn forget_old(&self, named: &mut Named) -> Result<(), BusError> {
        let now = clock::unix_nanos();
        let is_old = |until: u64| until.saturating_add(KEPT) < now;
        let old = named.iter().filter(|(_, silence)| is_old(silence.until.unix_nanos()));
        let old: Vec<String> = old.map(|(id, _)| id.clone()).collect();
        if old.is_empty() {
            return Ok(());
        }
        let ledger = self.bus.bucket(LEDGER);
        for key in ledger.entries().await?.into_keys() {
            if key.split_once('.').is_some_and(|(id, _)| old.iter().any(|old| old == id)) {
                ledger.delete(&key).await?;
            }
        }
        for id in old {
            self.bus.bucket(BUCKET).delete(&id).await?;
            named.remove(&id);
        }
        Ok(())
    }
}

fn learn(named: &mut Named, entry: Entry) {
    match entry.value.as_deref().map(of_wire) {
        Some(Ok(silence)) => {
            let (id, Silence { owner, reason, until, .. }) = (&entry.key, &silence);
            if named.get(id) != Some(&silence) {
                tracing::info!(silence = id, owner, reason, %until, "a silence is known");
            }
            named.insert(entry.key, silence);
        }
        Some(Err(why)) => {
            tracing::warn!(
                silence = entry.key,
                "a silence on the bus cannot be read and keeps nothing back: {why}"
            );
            named.remove(&entry.key);
        }
        None => drop(named.remove(&entry.key)),
    }
}
