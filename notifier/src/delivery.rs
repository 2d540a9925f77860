//! The delivery of alerts to one sink: a durable consumer's alerts are gathered, sent and, once they have arrived,
//! settled. A sink that fails is left alone for a while, and what it could not take comes again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Consumer, ConsumerSpec, Delivery, Reason};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use prost::Message;
use proto::alerts::v1::Alert;
use service::Shutdown;
use tokio::time::{Instant, interval, sleep, sleep_until, timeout};

use crate::attempt::{self, Attempt, Pace};
use crate::circuit::Circuit;
use crate::monitor::{Monitor, Outcome, SinkMonitor};
use crate::sent::{self, Sent};
use crate::settings::{DeliverySettings, SinkName};
use crate::sink::{Failure, Sink, Untaken};
use crate::spans;

/// How much is gathered while a sending is under way.
const GATHERED_BYTES: usize = 8 << 20;

/// How long to wait for a bus that is away.
const REJOIN: Duration = Duration::from_secs(1);

/// How many settlements may be under way at a time.
const SETTLING: usize = 64;

/// One sink at work.
pub(crate) struct Lane {
    name: SinkName,
    sink: Arc<dyn Sink>,
    settings: DeliverySettings,
    source: Source,
    circuit: Circuit,
    sent: Sent,
    told: SinkMonitor,
    gathered: Vec<Delivery<Alert>>,
    gathered_bytes: usize,
    /// Those that were refused together with others: each is sent by itself, so that one does not condemn the others.
    alone: VecDeque<Delivery<Alert>>,
    attempts: FuturesUnordered<BoxFuture<'static, Attempt>>,
    settling: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Lane {
    pub(crate) fn new(bus: Bus, name: SinkName, sink: Arc<dyn Sink>, settings: DeliverySettings) -> Self {
        // What is written in batches is written one batch after the other: batches are what makes it fast.
        let concurrency = if sink.batch() > 1 { 1 } else { settings.concurrency.max(1) };
        let spec = ConsumerSpec {
            ack_wait: settings.timeout.get() * 3 + Duration::from_secs(30),
            max_unsettled: 4 * sink.batch().max(64),
            prefetch: sink.batch().max(concurrency),
            ..ConsumerSpec::named(name.consumer())
        };
        Self {
            source: Source { bus, spec, consumer: None },
            circuit: Circuit::new(settings.retry.clone(), concurrency),
            told: Monitor::unobserved().sink(&name),
            name,
            sink,
            settings,
            sent: Sent::default(),
            gathered: Vec::new(),
            gathered_bytes: 0,
            alone: VecDeque::new(),
            attempts: FuturesUnordered::new(),
            settling: FuturesUnordered::new(),
        }
    }

    /// Tells how the sink is.
    pub(crate) fn telling(self, told: SinkMonitor) -> Self {
        Self { told, ..self }
    }

    /// Delivers until a stop is requested, and then for up to `drain` what is under way; the rest goes back.
    ///
    /// # Errors
    /// Those of the bus that are final.
    pub(crate) async fn run(mut self, shutdown: Shutdown, drain: Duration) -> Result<(), BusError> {
        let result = self.deliver(&shutdown).await;
        self.gathered.clear();
        self.alone.clear();
        let finish = async {
            while let Some(attempt) = self.attempts.next().await {
                self.conclude(attempt);
            }
            while self.settling.next().await.is_some() {}
        };
        if timeout(drain, finish).await.is_err() {
            tracing::warn!(sink = %self.name, "stopped while the sink was still busy; what it had not taken comes again");
        }
        result
    }

    async fn deliver(&mut self, shutdown: &Shutdown) -> Result<(), BusError> {
        let extend_every = self.pace().extend_every;
        let mut ticks = interval(extend_every);
        loop {
            let resting = self.circuit.rests_until(Instant::now());
            match resting {
                None => self.send(),
                // What the bus handed out ahead would only grow stale here.
                Some(until) if until > Instant::now() + extend_every => self.source.leave(),
                Some(_) => {}
            }
            tokio::select! {
                biased;
                () = shutdown.requested() => return Ok(()),
                Some(attempt) = self.attempts.next() => self.conclude(attempt),
                Some(()) = self.settling.next() => {}
                () = until(resting), if resting.is_some() => {}
                _ = ticks.tick() => attempt::extend(self.gathered.iter_mut().chain(&mut self.alone)).await,
                delivery = self.source.next(), if resting.is_none() && self.has_room() => self.gather(delivery?),
            }
        }
    }

    fn pace(&self) -> Pace {
        Pace { timeout: self.settings.timeout.get(), extend_every: self.source.spec.ack_wait / 4 }
    }

    /// Batches are gathered while one is being sent; what is sent singly is taken when it can be sent.
    fn has_room(&self) -> bool {
        let batch = self.sink.batch();
        let may_gather = batch > 1 || self.attempts.len() < self.circuit.width();
        may_gather
            && self.alone.is_empty()
            && self.gathered.len() < batch
            && self.gathered_bytes < GATHERED_BYTES
            && self.settling.len() < SETTLING
    }

    fn gather(&mut self, delivery: Delivery<Alert>) {
        let skipped = if self.sent.contains(sent::key(&delivery)) {
            Some(Outcome::Known)
        } else if !self.settings.minimum_priority.admits(delivery.message()) {
            Some(Outcome::Withheld)
        } else {
            None
        };
        if let Some(outcome) = skipped {
            self.told.became(outcome, 1);
            self.settling.push(Box::pin(attempt::ack(self.name.clone(), vec![delivery])));
        } else {
            self.gathered_bytes += delivery.message().encoded_len();
            self.gathered.push(delivery);
        }
    }

    fn send(&mut self) {
        if self.attempts.len() >= self.circuit.width() {
            return;
        }
        let deliveries = match self.alone.pop_front() {
            Some(delivery) => vec![delivery],
            None => {
                self.gathered_bytes = 0;
                std::mem::take(&mut self.gathered)
            }
        };
        if deliveries.is_empty() {
            return;
        }
        let spans = deliveries.iter().map(|delivery| spans::delivering(&self.name, delivery));
        let spans = spans.collect();
        self.attempts.push(Box::pin(attempt::make(Arc::clone(&self.sink), deliveries, spans, self.pace())));
    }

    fn conclude(&mut self, attempt: Attempt) {
        let Attempt { deliveries, begun, result } = attempt;
        self.told.took(begun.elapsed());
        match result {
            Ok(()) => self.took(deliveries),
            Err(Failure::Away { reason, retry_after }) => {
                self.failed(deliveries, begun, (reason, retry_after));
            }
            Err(Failure::Refused(_)) if deliveries.len() > 1 => {
                self.answered();
                self.alone.extend(deliveries);
            }
            Err(Failure::Refused(reason)) => {
                self.answered();
                self.refused(deliveries, reason);
            }
            Err(Failure::Partly(untaken)) => self.took_some(deliveries, untaken, begun),
        }
    }

    fn took(&mut self, deliveries: Vec<Delivery<Alert>>) {
        if deliveries.is_empty() {
            return;
        }
        self.answered();
        for delivery in &deliveries {
            self.told.delivered(delivery.message());
            self.sent.remember(sent::key(delivery));
        }
        self.settling.push(Box::pin(attempt::ack(self.name.clone(), deliveries)));
    }

    fn refused(&mut self, deliveries: Vec<Delivery<Alert>>, reason: String) {
        self.told.became(Outcome::Refused, deliveries.len());
        let reason = Reason::new("refused", reason);
        self.settling.push(Box::pin(attempt::reject(self.name.clone(), deliveries, reason)));
    }

    /// What it did not take of several goes each its own way.
    fn took_some(
        &mut self,
        deliveries: Vec<Delivery<Alert>>,
        untaken: Vec<(usize, Untaken)>,
        begun: Instant,
    ) {
        let mut untaken: BTreeMap<usize, Untaken> = untaken.into_iter().collect();
        let (mut taken, mut later, mut why) = (Vec::new(), Vec::new(), String::new());
        for (place, delivery) in deliveries.into_iter().enumerate() {
            match untaken.remove(&place) {
                None => taken.push(delivery),
                Some(Untaken::Never(reason)) => self.refused(vec![delivery], reason),
                Some(Untaken::Later(reason)) => {
                    later.push(delivery);
                    why = reason;
                }
            }
        }
        self.took(taken);
        if !later.is_empty() {
            self.failed(later, begun, (why, None));
        }
    }

    fn answered(&mut self) {
        if self.circuit.answered() {
            self.told.answers();
            tracing::info!(sink = %self.name, "the sink is back");
        }
    }

    /// Leaves the sink alone for a while, and gives back what it did not take and what waits for it.
    fn failed(&mut self, deliveries: Vec<Delivery<Alert>>, begun: Instant, why: (String, Option<Duration>)) {
        let (reason, asked) = why;
        let mut rng = rand::rng();
        let rest = self.circuit.failed(begun, Instant::now(), asked, &mut rng);
        let (sink, failures) = (&self.name, self.circuit.failures());
        tracing::warn!(%sink, failures, retry_in = ?rest, "the sink did not take an alert: {reason}");
        self.told.rests(failures, &reason);
        let retry = &self.settings.retry;
        let (spent, left): (Vec<_>, Vec<_>) =
            deliveries.into_iter().partition(|delivery| retry.is_spent(delivery.attempt()));
        self.told.became(Outcome::Failed, left.len());
        self.told.became(Outcome::GaveUp, spent.len());
        let waits = left.into_iter().map(|delivery| {
            let own = retry.delay(delivery.attempt(), asked, &mut rng);
            (delivery, own.max(rest))
        });
        let again = waits
            .chain(self.gathered.drain(..).chain(self.alone.drain(..)).map(|delivery| (delivery, rest)))
            .collect();
        self.gathered_bytes = 0;
        self.settling.push(Box::pin(attempt::retry(self.name.clone(), again)));
        if !spent.is_empty() {
            let reason =
                Reason::new("gave-up", format!("tried as often as the settings say; at last: {reason}"));
            self.settling.push(Box::pin(attempt::reject(self.name.clone(), spent, reason)));
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// The durable consumer of a sink, joined when it is needed.
struct Source {
    bus: Bus,
    spec: ConsumerSpec,
    consumer: Option<Consumer<Alert>>,
}

impl Source {
    /// The next alert. Outages of the bus are waited out. Safe to cancel.
    async fn next(&mut self) -> Result<Delivery<Alert>, BusError> {
        loop {
            if let Some(consumer) = self.consumer.as_mut() {
                return consumer.next().await;
            }
            match self.bus.consume(self.spec.clone()).await {
                Ok(consumer) => self.consumer = Some(consumer),
                Err(error) if error.is_transient() => {
                    tracing::warn!(consumer = self.spec.name, %error, "cannot reach the bus; trying again");
                    sleep(REJOIN).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn leave(&mut self) {
        self.consumer = None;
    }
}
