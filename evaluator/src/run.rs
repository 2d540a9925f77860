//! The workers side by side, and the events that are done with trimmed away.

use bus::{Bus, BusError, Stream};
use service::Shutdown;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use crate::judge::Judge;
use crate::lag;
use crate::monitor::Work;
use crate::settings::Settings;
use crate::suspects::Suspects;
use crate::worker::Worker;

/// Why the evaluator cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EvaluatorError {
    /// The bus is not usable any more.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// A defect of ours.
    #[error("a worker ended: {0}")]
    Worker(#[from] JoinError),
    /// Another.
    #[error("what looks after the rules ended: {0}")]
    Keeper(JoinError),
}

/// What alerts name as their host: `FALCO_HOSTNAME`, else the name of this machine.
pub fn hostname() -> String {
    let chosen = std::env::var("FALCO_HOSTNAME").ok().filter(|name| !name.is_empty());
    chosen.unwrap_or_else(|| hostname::get().unwrap_or_default().to_string_lossy().into_owned())
}

/// Runs a worker for each judge until a stop is requested; then they finish the chunk in hand, within
/// [`Settings::drain`], and what they have not finished goes back.
pub(crate) async fn run_judges<J: Judge + 'static>(
    bus: Bus,
    judges: Vec<J>,
    settings: &Settings,
    work: Work,
    shutdown: Shutdown,
) -> Result<(), EvaluatorError> {
    // Set off by the caller's, and by the first worker that cannot go on.
    let stop = Shutdown::new();
    let suspects = Suspects::of(&bus);
    let mut running = JoinSet::new();
    for judge in judges {
        running
            .spawn(Worker::new(bus.clone(), judge, suspects.clone()).telling(work.clone()).run(stop.clone()));
    }
    // Nobody consumes dead letters. They hold events, which the notifier has no business to read.
    let keeping = tokio::spawn(async move {
        futures::join!(
            bus.keep_trimmed(Stream::Events),
            bus.keep_trimmed(Stream::DeadLetters),
            lag::tell(bus.clone(), work),
            suspects.keep_swept(),
        )
    });
    let failed = tokio::select! {
        () = shutdown.requested() => None,
        ended = running.join_next() => ended.map(flat),
    };
    stop.request();
    let finish = async {
        let mut result = failed.unwrap_or(Ok(()));
        while let Some(ended) = running.join_next().await {
            result = result.and(flat(ended));
        }
        result
    };
    let result = timeout(settings.drain.get(), finish).await.unwrap_or_else(|_| {
        tracing::warn!("stopped before all chunks in hand were finished; they go to other workers");
        Ok(())
    });
    running.shutdown().await;
    keeping.abort();
    result
}

fn flat(ended: Result<Result<(), BusError>, JoinError>) -> Result<(), EvaluatorError> {
    Ok(ended??)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use bus::{Address, Start};
    use proto::alerts::v1::Alert;
    use proto::events::v1::EventChunk;

    use super::*;
    use crate::doubles::{Scripted, chunk};

    struct Line {
        _directory: tempfile::TempDir,
        bus: Bus,
    }

    impl Line {
        async fn start() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let address = Address::Local(directory.path().to_owned());
            let bus = Bus::open(&address, &bus::Settings::default()).await.unwrap();
            Self { _directory: directory, bus }
        }

        /// Runs workers until all events are settled.
        async fn settle(&self) {
            let shutdown = Shutdown::new();
            let judges = (0..3).map(|_| Scripted::default()).collect();
            let (bus, stop) = (self.bus.clone(), shutdown.clone());
            let running = tokio::spawn(async move {
                run_judges(bus, judges, &Settings::default(), Work::default(), stop).await
            });
            timeout(Duration::from_secs(60), async {
                while !self.is_settled().await {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
            .await
            .expect("all events are settled");
            shutdown.request();
            running.await.unwrap().unwrap();
        }

        async fn is_settled(&self) -> bool {
            let status = self.bus.status(Stream::Events).await.unwrap();
            let done = |consumer: &bus::ConsumerStatus| consumer.pending == 0 && consumer.unsettled == 0;
            status.consumers.iter().any(|consumer| consumer.name == "evaluator" && done(consumer))
        }

        /// How often each alert was stored.
        async fn alerts(&self) -> BTreeMap<String, usize> {
            let mut reader = self.bus.read::<Alert>(Start::Earliest).await.unwrap();
            let mut counts = BTreeMap::new();
            while let Some(stored) = reader.next().await.unwrap() {
                *counts.entry(stored.message.message).or_default() += 1;
            }
            counts
        }

        async fn letters(&self) -> Vec<(String, EventChunk)> {
            let mut letters = self.bus.dead_letters().list(Start::Earliest).await.unwrap();
            let mut found = Vec::new();
            while let Some(stored) = letters.next().await.unwrap() {
                let held = prost::Message::decode(stored.message.payload).unwrap();
                found.push((stored.message.code, held));
            }
            found
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_alert_is_stored_once() {
        let line = Line::start().await;
        let mut expected = BTreeMap::new();
        for number in 0..300 {
            let events: Vec<String> = (0..20)
                .map(
                    |event| {
                        if event % 3 == 0 { format!("alert {number}-{event}") } else { format!("{number}") }
                    },
                )
                .collect();
            line.bus.publish(&chunk(events.iter().map(String::as_str))).await.unwrap();
            expected.extend(
                events.into_iter().filter(|event| event.starts_with("alert")).map(|event| (event, 1)),
            );
        }
        line.settle().await;
        assert_eq!(line.alerts().await, expected);
        assert_eq!(line.letters().await, []);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_evaluated_twice_alerts_once() {
        let line = Line::start().await;
        line.bus.publish(&chunk(["alert a", "x"])).await.unwrap();
        line.bus.publish(&chunk(["alert a", "y"])).await.unwrap();
        line.settle().await;
        assert_eq!(line.alerts().await, BTreeMap::from([("alert a".to_owned(), 1)]));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_redacted_in_two_ways_alerts_once() {
        let line = Line::start().await;
        let digests = |digest: &'static str| vec![digest.into()];
        line.bus.publish(&EventChunk { digests: digests("1"), ..chunk(["alert a"]) }).await.unwrap();
        line.settle().await;
        // Another chunk, as of a replica that redacts other paths and packs another body.
        let other = EventChunk { digests: vec!["1".into(), "2".into()], ..chunk(["alert b", "alert c"]) };
        line.bus.publish(&other).await.unwrap();
        line.settle().await;
        assert_eq!(line.alerts().await, ["alert a", "alert c"].map(|alert| (alert.to_owned(), 1)).into());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_large_chunk_is_evaluated_too() {
        let line = Line::start().await;
        let large = format!("alert {}", "x".repeat(3 << 20));
        line.bus.publish(&chunk([large.as_str(), "alert small"])).await.unwrap();
        line.settle().await;
        assert_eq!(line.alerts().await.len(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_the_bad_event_goes_to_the_dead_letters() {
        let line = Line::start().await;
        line.bus.publish(&chunk(["alert 1", "not an event", "panic", "alert 2"])).await.unwrap();
        line.bus.publish(&chunk(["alert 3"])).await.unwrap();
        line.settle().await;
        let once = |name: &str| (name.to_owned(), 1);
        assert_eq!(line.alerts().await, ["alert 1", "alert 2", "alert 3"].map(once).into());
        let expected = [("not-an-event", "not an event"), ("evaluation-failed", "panic")]
            .map(|(code, event)| (code.to_owned(), chunk([event])));
        assert_eq!(line.letters().await, expected);
    }
}
