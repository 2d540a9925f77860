//! What becomes of an alert at a sink before it is sent: told, told with others, or not told and counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::{Bus, Delivery};
use proto::alerts::v1::Alert;
use tokio::sync::watch;

use crate::clock;
use crate::group::{Groups, Open};
use crate::monitor::Outcome;
use crate::priority::MinimumPriority;
use crate::routes::{self, Route};
use crate::settings::{DeliverySettings, Settings, SinkName};
use crate::silence::{self, Known, Ledger, Silence};

/// What settings say about all sinks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    routes: Vec<Route>,
    silences: BTreeMap<String, Silence>,
}

impl Policy {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { routes: settings.routes.clone(), silences: settings.silences.clone() }
    }
}

/// What all sinks go by, as it is now. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Policies {
    pub(crate) settings: watch::Receiver<Arc<Policy>>,
    pub(crate) silences: Known,
    pub(crate) open: Open,
}

/// Sorts the alerts of one sink.
pub(crate) struct Sorter {
    sink: SinkName,
    minimum: MinimumPriority,
    policies: Policies,
    groups: Option<Groups>,
    ledger: Ledger,
}

/// A batch of alerts, sorted.
#[derive(Default)]
pub(crate) struct Sorted {
    /// They are to be sent.
    pub(crate) send: Vec<Delivery<Alert>>,
    /// They are done with, and what became of them.
    pub(crate) done: Vec<(Outcome, Delivery<Alert>)>,
    /// The bus could not be asked about them; they are to come again.
    pub(crate) again: Vec<Delivery<Alert>>,
}

enum Verdict {
    Send,
    Not(Outcome),
    KeptBackBy(String),
}

impl Sorter {
    pub(crate) fn new(bus: &Bus, sink: SinkName, settings: &DeliverySettings, policies: Policies) -> Self {
        let groups = settings.group.clone();
        let groups = groups.map(|group| Groups::new(bus, sink.clone(), group, policies.open.clone()));
        let (minimum, ledger) = (settings.minimum_priority, Ledger::new(bus, sink.clone()));
        Self { sink, minimum, policies, groups, ledger }
    }

    /// Sorts alerts. Waits until the bus has said which silences there are.
    pub(crate) async fn sort(self: Arc<Self>, deliveries: Vec<Delivery<Alert>>) -> Sorted {
        let mut sorted = Sorted::default();
        let mut known = self.policies.silences.clone();
        let Ok(silences) = known.wait_for(Option::is_some).await.map(|known| known.clone()) else {
            return Sorted { again: deliveries, ..sorted };
        };
        let policy = Arc::clone(&self.policies.settings.borrow());
        let (mut to_tell, mut kept_back) = (Vec::new(), BTreeMap::<String, Vec<Delivery<Alert>>>::new());
        for delivery in deliveries {
            // It has been sorted before: it was put back, or is what a group has come to.
            if delivery.is_addressed() {
                sorted.send.push(delivery);
                continue;
            }
            let named = policy.silences.iter().chain(silences.iter().flat_map(|named| named.iter()));
            match self.judge(&policy, named, delivery.message()) {
                Verdict::Send => to_tell.push(delivery),
                Verdict::Not(outcome) => sorted.done.push((outcome, delivery)),
                Verdict::KeptBackBy(silence) => kept_back.entry(silence).or_default().push(delivery),
            }
        }
        self.keep_back(kept_back, &mut sorted).await;
        self.tell(to_tell, &mut sorted).await;
        sorted
    }

    fn judge<'a>(
        &self,
        policy: &Policy,
        silences: impl Iterator<Item = (&'a String, &'a Silence)>,
        alert: &Alert,
    ) -> Verdict {
        if !self.minimum.admits(alert) {
            return Verdict::Not(Outcome::Withheld);
        }
        if !routes::lead(&policy.routes, &self.sink, alert) {
            return Verdict::Not(Outcome::Unrouted);
        }
        match silence::that_keeps_back(silences, &self.sink, alert, clock::unix_nanos()) {
            Some(silence) => Verdict::KeptBackBy(silence.to_owned()),
            None => Verdict::Send,
        }
    }

    /// Done with only once it is counted.
    async fn keep_back(&self, kept_back: BTreeMap<String, Vec<Delivery<Alert>>>, sorted: &mut Sorted) {
        if kept_back.is_empty() {
            return;
        }
        let alerts = kept_back.iter().map(|(silence, deliveries)| {
            (silence.clone(), deliveries.iter().map(Delivery::message).collect::<Vec<_>>())
        });
        let counted = self.ledger.count(&alerts.collect()).await;
        let deliveries = kept_back.into_values().flatten();
        match counted {
            Ok(()) => sorted.done.extend(deliveries.map(|delivery| (Outcome::Silenced, delivery))),
            Err(error) => {
                tracing::warn!(sink = %self.sink, %error, "what silences keep back cannot be counted; it comes again");
                sorted.again.extend(deliveries);
            }
        }
    }

    async fn tell(&self, to_tell: Vec<Delivery<Alert>>, sorted: &mut Sorted) {
        let Some(groups) = self.groups.as_ref().filter(|_| !to_tell.is_empty()) else {
            sorted.send.extend(to_tell);
            return;
        };
        let taken = groups.take(to_tell).await;
        sorted.send.extend(taken.send);
        sorted.done.extend(taken.counted.into_iter().map(|delivery| (Outcome::Grouped, delivery)));
        sorted.again.extend(taken.again);
    }
}
