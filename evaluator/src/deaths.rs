//! Tests with evaluators that really end: processes of their own whose judge aborts over an event. Only that event is set
//! aside in the end, and the alerts of all others are stored, each once.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use bus::{Address, Bus, Start, Stream};
use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;
use service::Shutdown;

use crate::doubles::{Scripted, chunk};
use crate::monitor::Work;
use crate::run::run_judges;
use crate::settings::Settings;

const THIS_TEST: &str = "deaths::only_the_event_that_kills_evaluators_is_set_aside";
const STORE: &str = "SAKER_TEST_DEATHS_STORE";

/// Three deliveries that nobody looks at, three that are noted; of the chunk, and then of its event.
const DEATHS: usize = 12;

async fn open(store: &Path) -> Bus {
    Bus::open(&Address::Local(store.to_owned()), &bus::Settings::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_event_that_kills_evaluators_is_set_aside() {
    if let Some(store) = std::env::var_os(STORE) {
        return evaluate(Path::new(&store)).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store");
    let bus = open(&store).await;
    // Beside the deadly one, before and behind it, are others in the same hands.
    bus.publish(&chunk(["alert 1"])).await.unwrap();
    bus.publish(&chunk(["alert 2", "abort", "alert 3"])).await.unwrap();
    bus.publish(&chunk(["alert 4", "panic"])).await.unwrap();
    bus.close().await.unwrap();

    let mut deaths = 0;
    while !evaluator(store.clone()).await.success() {
        deaths += 1;
        assert!(deaths <= DEATHS, "evaluators keep dying");
    }
    assert!(deaths > DEATHS / 2, "nothing killed them: {deaths}");

    let bus = open(&store).await;
    assert_eq!(alerts(&bus).await, [1, 2, 3, 4].map(|number| (format!("alert {number}"), 1)).into());
    let aside = [("evaluation-failed", "panic"), ("kills-the-evaluator", "abort")];
    assert_eq!(letters(&bus).await, aside.map(|(code, event)| (code.to_owned(), chunk([event]))).into());
    assert!(bus.bucket("suspects").entries().await.unwrap().is_empty(), "notes are left");
    bus.close().await.unwrap();
}

/// Runs an evaluator in a process of its own until all is settled, or it dies.
async fn evaluator(store: std::path::PathBuf) -> ExitStatus {
    let ended = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", THIS_TEST, "--nocapture", "--test-threads=1"])
            .env(STORE, store)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
    });
    let status = ended.await.unwrap();
    assert!(status.success() || status.signal().is_some(), "it did not die, it failed: {status}");
    status
}

/// The life of such a process.
async fn evaluate(store: &Path) {
    let (bus, shutdown) = (open(store).await, Shutdown::new());
    let judges = (0..3).map(|_| Scripted::default()).collect();
    let settings = Settings::default();
    let running = run_judges(bus.clone(), judges, &settings, Work::default(), shutdown.clone());
    let stopping = async {
        while !is_settled(&bus).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        shutdown.request();
    };
    let (ran, ()) = tokio::join!(running, stopping);
    ran.unwrap();
    bus.close().await.unwrap();
}

async fn is_settled(bus: &Bus) -> bool {
    let status = bus.status(Stream::Events).await.unwrap();
    status.consumers.iter().any(|consumer| consumer.pending == 0 && consumer.unsettled == 0)
}

/// How often each alert was stored.
async fn alerts(bus: &Bus) -> BTreeMap<String, usize> {
    let mut reader = bus.read::<Alert>(Start::Earliest).await.unwrap();
    let mut counts = BTreeMap::new();
    while let Some(stored) = reader.next().await.unwrap() {
        *counts.entry(stored.message.message).or_default() += 1;
    }
    counts
}

/// The dead letters by code; of each code there is one.
async fn letters(bus: &Bus) -> BTreeMap<String, EventChunk> {
    let mut letters = bus.dead_letters().list(Start::Earliest).await.unwrap();
    let mut found = BTreeMap::new();
    while let Some(stored) = letters.next().await.unwrap() {
        let held = prost::Message::decode(stored.message.payload).unwrap();
        assert_eq!(found.insert(stored.message.code, held), None);
    }
    found
}
