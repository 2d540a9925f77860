//! One worker: takes chunks of events, judges them, stores the alerts they raise, and only then settles them.

use std::time::Duration;

use bus::{Bus, BusError, Consumer, ConsumerSpec, Content, Delivery, Reason};
use futures::{StreamExt, TryStreamExt, future, stream};
use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;
use service::{Shutdown, trace};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::{Instant, interval_at, sleep};
use tracing::{Instrument, Span};

use crate::chunk::{self, Findings};
use crate::judge::Judge;
use crate::monitor::{Went, Work};
use crate::suspects::{Admission, DEATHS, Suspects};

/// The durable consumer that all evaluators share.
pub(crate) const CONSUMER: &str = "evaluator";

/// How many alerts of a chunk are on their way to the bus at a time.
const PUBLISHING: usize = 64;

/// Chunks above this many bytes are judged where they hold up no other task.
const LONG_WORK: usize = 1 << 20;

/// How often a chunk with an event that cannot be evaluated is tried before that event is set aside.
const ATTEMPTS: u64 = 4;

/// The terms of the durable consumer: the same for every evaluator, whatever its settings.
pub(crate) fn spec() -> ConsumerSpec {
    ConsumerSpec { ack_wait: Duration::from_secs(60), prefetch: 4, ..ConsumerSpec::named(CONSUMER) }
}

/// One worker.
pub(crate) struct Worker<J> {
    bus: Bus,
    judge: J,
    suspects: Suspects,
    told: Work,
    outages: u32,
}

impl<J: Judge> Worker<J> {
    /// `suspects` is one for all workers of the process.
    pub(crate) fn new(bus: Bus, judge: J, suspects: Suspects) -> Self {
        Self { bus, judge, suspects, told: Work::default(), outages: 0 }
    }

    /// Tells what becomes of its chunks.
    pub(crate) fn telling(self, told: Work) -> Self {
        Self { told, ..self }
    }

    /// Works until a stop is requested, then finishes the chunk in hand.
    ///
    /// # Errors
    /// Those of the bus that are final.
    pub(crate) async fn run(mut self, shutdown: Shutdown) -> Result<(), BusError> {
        let Some(mut consumer) = self.join(&shutdown).await? else { return Ok(()) };
        loop {
            let delivery = tokio::select! {
                biased;
                () = shutdown.requested() => return Ok(()),
                delivery = consumer.next() => delivery?,
            };
            let span = span(&delivery);
            if let Some(pause) = self.work(delivery).instrument(span).await? {
                tokio::select! {
                    () = shutdown.requested() => return Ok(()),
                    () = sleep(pause) => {}
                }
            }
        }
    }

    async fn join(&mut self, shutdown: &Shutdown) -> Result<Option<Consumer<EventChunk>>, BusError> {
        loop {
            match self.bus.consume(spec()).await {
                Ok(consumer) => return Ok(Some(consumer)),
                Err(error) if error.is_transient() => {
                    let wait = self.outage(&error);
                    tokio::select! {
                        () = shutdown.requested() => return Ok(None),
                        () = sleep(wait) => {}
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Deals with one chunk. Says how long to pause, where the bus is away.
    async fn work(&mut self, mut delivery: Delivery<EventChunk>) -> Result<Option<Duration>, BusError> {
        let (id, attempt) = (delivery.id(), delivery.attempt());
        let turn = match holding(&mut delivery, self.suspects.admit(id, attempt)).await {
            Ok(Admission::Judge(turn)) => turn,
            Ok(Admission::Suspect) => return self.take_apart(delivery).await,
            Err(error) => return self.not_stored(delivery, error).await,
        };
        let findings = self.judged(&delivery);
        let watched = turn.judged();
        let is_last_attempt = attempt >= ATTEMPTS;
        let retries = !findings.stumbled.is_empty() && !is_last_attempt;
        let stored = store((&self.bus, &self.told), &mut delivery, findings, is_last_attempt).await;
        if let Some(watched) = watched {
            self.suspects.survived(watched).await;
        }
        if let Err(error) = stored {
            return self.not_stored(delivery, error).await;
        }
        self.outages = 0;
        if retries {
            self.told.went(Went::Retried);
            let wait = backoff(Duration::from_secs(1), delivery.attempt());
            give_back(delivery, wait).await;
        } else {
            self.settle(delivery, Went::Settled).await;
        }
        Ok(None)
    }

    /// Deals with a chunk that has taken evaluators down: each of its events comes again as a chunk of its own, so that
    /// only the one that does it is set aside in the end.
    async fn take_apart(&mut self, mut delivery: Delivery<EventChunk>) -> Result<Option<Duration>, BusError> {
        let (id, sequence) = (delivery.id(), delivery.sequence());
        let chunk = delivery.message().clone();
        let events = chunk.events.len();
        tracing::error!(chunk = %id, events, "{DEATHS} evaluators in a row have ended over a chunk; it is not judged whole");
        let (bus, told) = (self.bus.clone(), self.told.clone());
        let apart = async {
            if events > 1 {
                let sending =
                    (0..events).map(|index| send_alone(&bus, chunk::alone(&chunk, index))).collect();
                match all(sending).await {
                    // A user who may add no events: all of it is set aside.
                    Err(BusError::Setup(why)) => {
                        tracing::error!(why, "its events cannot come again one by one")
                    }
                    sent => return sent.map(|()| Went::Split),
                }
            }
            let why =
                format!("{DEATHS} evaluators in a row ended while they judged it; see their logs for how");
            let reason = Reason::new("kills-the-evaluator", why);
            let (code, letter) = (reason.code(), chunk::dead_letter(&chunk, sequence, reason));
            set_aside(&bus, &told, code, &letter).await.map(|()| Went::Settled)
        };
        match holding(&mut delivery, apart).await {
            Ok(went) => {
                self.outages = 0;
                self.settle(delivery, went).await;
                self.suspects.forget(id).await;
                Ok(None)
            }
            Err(error) => self.not_stored(delivery, error).await,
        }
    }

    async fn settle(&mut self, delivery: Delivery<EventChunk>, went: Went) {
        if let Err(error) = delivery.ack().await {
            self.told.went(Went::Returned);
            tracing::warn!(%error, "a chunk could not be settled; it comes again, and raises nothing new");
        } else {
            self.told.went(went);
        }
    }

    /// Gives a chunk back for a while, where the bus is merely away.
    async fn not_stored(
        &mut self,
        delivery: Delivery<EventChunk>,
        error: BusError,
    ) -> Result<Option<Duration>, BusError> {
        if !error.is_transient() {
            return Err(error);
        }
        self.told.went(Went::Returned);
        trace::failed(&Span::current(), "not-stored");
        let pause = self.outage(&error);
        give_back(delivery, pause).await;
        Ok(Some(pause))
    }

    fn judged(&mut self, delivery: &Delivery<EventChunk>) -> Findings {
        let (chunk, begun) = (delivery.message(), std::time::Instant::now());
        let findings = self.judge(chunk);
        self.told.judged(chunk.events.len(), delivery.attempt(), begun.elapsed());
        if trace::is_active() {
            Span::current().record("saker.alerts", i64::try_from(findings.alerts.len()).unwrap_or(i64::MAX));
        }
        findings
    }

    fn judge(&mut self, chunk: &EventChunk) -> Findings {
        let size: usize = chunk.events.iter().map(bytes::Bytes::len).sum();
        let is_threaded = || Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        if size > LONG_WORK && is_threaded() {
            tokio::task::block_in_place(|| chunk::judge(&mut self.judge, chunk))
        } else {
            chunk::judge(&mut self.judge, chunk)
        }
    }

    /// Notes that the bus is away; returns how long to wait.
    fn outage(&mut self, error: &BusError) -> Duration {
        self.outages = self.outages.saturating_add(1);
        let wait = backoff(Duration::from_millis(100), self.outages.into());
        tracing::warn!(%error, retry_in = ?wait, "alerts cannot be stored");
        wait
    }
}

/// Stores what was found; returns once all of it is stored. Events that the judge stumbled over are set aside at
/// their last attempt only.
async fn store(
    (bus, told): (&Bus, &Work),
    delivery: &mut Delivery<EventChunk>,
    findings: Findings,
    is_last_attempt: bool,
) -> Result<(), BusError> {
    let Findings { alerts, unusable, stumbled } = findings;
    for (_, reason) in &stumbled {
        let (chunk, attempt) = (delivery.id(), delivery.attempt());
        tracing::error!(%chunk, attempt, of = ATTEMPTS, "{}", reason.text());
    }
    let aside = unusable.into_iter().chain(stumbled.into_iter().filter(|_| is_last_attempt));
    let sequence = delivery.sequence();
    let letters: Vec<(&'static str, DeadLetter)> = aside
        .map(|(alone, reason)| {
            let code = reason.code();
            tracing::warn!(code, "an event goes to the dead letters: {}", reason.text());
            (code, chunk::dead_letter(&alone, sequence, reason))
        })
        .collect();
    // Made here and polled there: a stream of borrowing closures would not be `Send`.
    let setting_aside = letters.iter().map(|(code, letter)| set_aside(bus, told, code, letter)).collect();
    let raising = alerts.iter().map(|alert| raise(bus, told, alert)).collect();
    let storing = async {
        all(setting_aside).await?;
        all(raising).await
    };
    holding(delivery, storing).await
}

/// Does `work`, and holds on to the chunk meanwhile.
async fn holding<T>(delivery: &mut Delivery<EventChunk>, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let every = spec().ack_wait / 4;
    let mut ticks = interval_at(Instant::now() + every, every);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = ticks.tick() => {
                if let Err(error) = delivery.extend().await {
                    tracing::debug!(%error, "a chunk could not be extended");
                }
            }
        }
    }
}

/// Waits for them all, some at a time.
async fn all<F: Future<Output = Result<(), BusError>>>(storing: Vec<F>) -> Result<(), BusError> {
    stream::iter(storing).buffered(PUBLISHING).try_for_each(|()| future::ready(Ok(()))).await
}

async fn raise(bus: &Bus, told: &Work, alert: &Alert) -> Result<(), BusError> {
    let receipt = bus.publish(alert).await?;
    told.stored(alert, receipt);
    Ok(())
}

/// Puts one event back as a chunk of its own, for evaluators only: whoever else reads events has it.
async fn send_alone(bus: &Bus, alone: EventChunk) -> Result<(), BusError> {
    bus.publish_to(CONSUMER, alone.id(), &alone).await.map(drop)
}

async fn set_aside(bus: &Bus, told: &Work, code: &'static str, letter: &DeadLetter) -> Result<(), BusError> {
    let receipt = bus.publish(letter).await?;
    told.letter(code, receipt);
    Ok(())
}

/// The span of the work on a chunk; none where it belongs to no trace.
fn span(delivery: &Delivery<EventChunk>) -> Span {
    let span = delivery.span();
    let events = delivery.message().events.len();
    span.record("messaging.batch.message_count", i64::try_from(events).unwrap_or(i64::MAX));
    span
}

/// Where even that fails, the bus notices by itself that the chunk is not settled.
async fn give_back(delivery: Delivery<EventChunk>, wait: Duration) {
    if let Err(error) = delivery.retry_after(wait).await {
        tracing::debug!(%error, "a chunk could not be given back");
    }
}

/// Doubles from attempt to attempt, up to ten seconds.
fn backoff(first: Duration, attempt: u64) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
    first.saturating_mul(2_u32.checked_pow(doublings).unwrap_or(u32::MAX)).min(Duration::from_secs(10))
}
