//! The delivery of alerts to one sink: a durable consumer's alerts are sorted, gathered, sent and, once they have arrived,
//! settled. A sink that fails is left alone for a while, and what it could not take comes again.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, ConsumerSpec, Delivery, Reason};
use futures::FutureExt;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use prost::Message;
use proto::alerts::v1::Alert;
use service::Shutdown;
use tokio::time::{Instant, interval, sleep_until, timeout};

use crate::attempt::{self, Attempt};
use crate::circuit::Circuit;
use crate::monitor::{Monitor, Outcome, SinkMonitor};
use crate::policy::{Policies, Sorted, Sorter};
use crate::rate::Rate;
use crate::sent::{self, Sent};
use crate::settings::{DeliverySettings, SinkName};
use crate::shown::Renderer;
use crate::sink::{Failure, Sink, Untaken};
use crate::source::Source;
use crate::spans;
use crate::stack::Stack;

/// How much is gathered while a sending is under way.
const GATHERED_BYTES: usize = 8 << 20;

/// How many settlements may be under way at a time.
const SETTLING: usize = 64;

/// How long what could not be sorted rests.
const UNSORTED: Duration = Duration::from_secs(1);

/// A sink that can be sent to.
pub(crate) struct Connected {
    pub(crate) sink: Arc<dyn Sink>,
    /// What it takes, where settings do not say.
    pub(crate) rate: Option<Rate>,
}

/// One sink at work.
pub(crate) struct Lane {
    name: SinkName,
    batch: usize,
    settings: DeliverySettings,
    source: Source,
    sorter: Arc<Sorter>,
    renderer: Renderer,
    stack: Stack,
    circuit: Circuit,
    sent: Sent,
    told: SinkMonitor,
    /// As they came from the bus.
    arrived: Vec<Delivery<Alert>>,
    sorting: Option<BoxFuture<'static, Sorted>>,
    /// To be sent.
    gathered: Vec<Delivery<Alert>>,
    /// How much has arrived since the last sending.
    held_bytes: usize,
    /// Those that were refused together with others: each is sent by itself, so that one does not condemn the others.
    alone: VecDeque<Delivery<Alert>>,
    attempts: FuturesUnordered<BoxFuture<'static, Attempt>>,
    settling: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Lane {
    pub(crate) fn new(
        bus: Bus,
        name: SinkName,
        connected: Connected,
        settings: DeliverySettings,
        policies: Policies,
    ) -> Self {
        let Connected { sink, rate } = connected;
        let batch = sink.batch();
        // What is written in batches is written one batch after the other: batches are what makes it fast.
        let concurrency = if batch > 1 { 1 } else { settings.concurrency.max(1) };
        let spec = ConsumerSpec {
            ack_wait: settings.timeout.get() * 3 + Duration::from_secs(30),
            max_unsettled: 4 * batch.max(64),
            prefetch: batch.max(concurrency),
            ..ConsumerSpec::named(name.consumer())
        };
        Self {
            batch,
            sorter: Arc::new(Sorter::new(&bus, name.clone(), &settings, policies)),
            source: Source::new(bus, spec),
            renderer: Renderer::new(Arc::clone(&sink), &settings),
            stack: Stack::new(sink, rate, &settings),
            circuit: Circuit::new(settings.retry.clone(), concurrency),
            told: Monitor::unobserved().sink(&name),
            name,
            settings,
            sent: Sent::default(),
            arrived: Vec::new(),
            sorting: None,
            gathered: Vec::new(),
            held_bytes: 0,
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
        self.arrived.clear();
        self.gathered.clear();
        self.alone.clear();
        let finish = async {
            // What it counted is on the bus: settled, it is not counted twice.
            if self.sorting.is_some() {
                let sorted = sorted(&mut self.sorting).await;
                self.settle_sorted(sorted);
                self.gathered.clear();
            }
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
        let extend_every = self.extend_every();
        let mut ticks = interval(extend_every);
        loop {
            let resting = self.circuit.rests_until(Instant::now());
            // What the bus handed out ahead would only grow stale here.
            if resting.is_some_and(|until| until > Instant::now() + extend_every) {
                self.source.leave();
            }
            self.begin_sorting();
            let (may_send, may_take) =
                (resting.is_none() && self.may_send(), resting.is_none() && self.has_room());
            tokio::select! {
                biased;
                () = shutdown.requested() => return Ok(()),
                Some(attempt) = self.attempts.next() => self.conclude(attempt),
                Some(()) = self.settling.next() => {}
                sorted = sorted(&mut self.sorting) => self.settle_sorted(sorted),
                () = until(resting), if resting.is_some() => {}
                _ = ticks.tick() => self.extend().await,
                _ = poll_fn(|cx| self.stack.poll_ready(cx)), if may_send => self.send(),
                delivery = self.source.next(), if may_take => self.arrive(delivery?),
            }
        }
    }

    fn extend_every(&self) -> Duration {
        self.source.ack_wait() / 4
    }

    async fn extend(&mut self) {
        let waiting = self.arrived.iter_mut().chain(&mut self.gathered).chain(&mut self.alone);
        attempt::extend(waiting).await;
    }

    fn may_send(&self) -> bool {
        let waiting = !self.gathered.is_empty() || !self.alone.is_empty();
        waiting && self.attempts.len() < self.circuit.width()
    }

    /// Batches are gathered while one is being sent; what is sent singly is taken when it can be sent.
    fn has_room(&self) -> bool {
        let may_gather = self.batch > 1 || self.attempts.len() < self.circuit.width();
        may_gather
            && self.alone.is_empty()
            && self.gathered.len() + self.arrived.len() < self.batch
            && self.sorting.is_none()
            && self.settling.len() < SETTLING
            && self.held_bytes < GATHERED_BYTES
    }

    fn arrive(&mut self, delivery: Delivery<Alert>) {
        if self.sent.contains(sent::key(&delivery)) {
            self.done(Outcome::Known, vec![delivery]);
        } else {
            self.held_bytes += delivery.message().encoded_len();
            self.arrived.push(delivery);
        }
    }

    fn begin_sorting(&mut self) {
        if !self.arrived.is_empty() && self.sorting.is_none() {
            let arrived = std::mem::take(&mut self.arrived);
            self.sorting = Some(Arc::clone(&self.sorter).sort(arrived).boxed());
        }
    }

    fn settle_sorted(&mut self, sorted: Sorted) {
        self.sorting = None;
        let Sorted { send, done, again } = sorted;
        self.gathered.extend(send);
        let mut by_outcome: BTreeMap<Outcome, Vec<Delivery<Alert>>> = BTreeMap::new();
        for (outcome, delivery) in done {
            by_outcome.entry(outcome).or_default().push(delivery);
        }
        for (outcome, deliveries) in by_outcome {
            self.done(outcome, deliveries);
        }
        self.give_back(again.into_iter().map(|delivery| (delivery, UNSORTED)).collect());
    }

    fn send(&mut self) {
        let deliveries = match self.alone.pop_front() {
            Some(delivery) => vec![delivery],
            None => std::mem::take(&mut self.gathered),
        };
        self.held_bytes = 0;
        let rendered = deliveries.iter().map(|delivery| self.renderer.render(delivery.message())).collect();
        let spans = deliveries.iter().map(|delivery| spans::delivering(&self.name, delivery)).collect();
        let sending = self.stack.send(rendered);
        self.attempts.push(Box::pin(attempt::make(sending, deliveries, spans, self.extend_every())));
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
        self.told.refused(&reason, deliveries.len());
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

    /// Gives back what it did not take; where the sink is left alone, what waits for it, too.
    fn failed(&mut self, deliveries: Vec<Delivery<Alert>>, begun: Instant, why: (String, Option<Duration>)) {
        let (reason, asked) = why;
        let mut rng = rand::rng();
        let rest = self.circuit.failed(begun, Instant::now(), asked, &mut rng);
        let (sink, failures) = (&self.name, self.circuit.failures());
        tracing::warn!(%sink, failures, rests_for = ?rest, "the sink did not take an alert: {reason}");
        if rest.is_zero() {
            self.told.stumbled(&reason);
        } else {
            self.told.rests(failures, &reason);
        }
        let retry = &self.settings.retry;
        let (spent, left): (Vec<_>, Vec<_>) =
            deliveries.into_iter().partition(|delivery| retry.is_spent(delivery.attempt()));
        self.told.became(Outcome::Failed, left.len());
        self.told.became(Outcome::GaveUp, spent.len());
        let waits = left.into_iter().map(|delivery| {
            let own = retry.delay(delivery.attempt(), asked, &mut rng);
            (delivery, own.max(rest))
        });
        let mut again: Vec<_> = waits.collect();
        if !rest.is_zero() {
            let waiting = self.gathered.drain(..).chain(self.alone.drain(..));
            again.extend(waiting.map(|delivery| (delivery, rest)));
        }
        self.give_back(again);
        if !spent.is_empty() {
            let reason =
                Reason::new("gave-up", format!("tried as often as the settings say; at last: {reason}"));
            self.settling.push(Box::pin(attempt::reject(self.name.clone(), spent, reason)));
        }
    }

    fn done(&mut self, outcome: Outcome, deliveries: Vec<Delivery<Alert>>) {
        self.told.became(outcome, deliveries.len());
        self.settling.push(Box::pin(attempt::ack(self.name.clone(), deliveries)));
    }

    fn give_back(&mut self, again: Vec<(Delivery<Alert>, Duration)>) {
        if !again.is_empty() {
            self.settling.push(Box::pin(attempt::retry(self.name.clone(), again)));
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// What is being sorted, once it is.
async fn sorted(sorting: &mut Option<BoxFuture<'static, Sorted>>) -> Sorted {
    match sorting {
        Some(sorting) => sorting.await,
        None => std::future::pending().await,
    }
}
