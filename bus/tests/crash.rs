//! A process that holds a local store is killed at random moments: nothing that was answered is lost.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::as_conversions,
    reason = "a test; the child tells by printing"
)]

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bus::{Address, Bus, BusError, ConsumerSpec, Settings, Start, Stream};
use proto::events::v1::EventChunk;

const THIS_TEST: &str = "nothing_that_was_answered_is_lost";
const STORE: &str = "SAKER_TEST_CRASH_STORE";
const ROUND: &str = "SAKER_TEST_CRASH_ROUND";
const ROUNDS: u32 = 10;
const PUBLISHERS: u32 = 8;

/// What the child was answered, over all rounds.
#[derive(Default)]
struct Told {
    published: BTreeSet<u64>,
    settled: BTreeSet<u64>,
    revision: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_answered_is_lost() {
    if let Ok(store) = std::env::var(STORE) {
        return live_until_killed(
            &address(Path::new(&store)),
            std::env::var(ROUND).unwrap().parse().unwrap(),
        )
        .await;
    }
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store");
    let mut told = Told::default();
    for round in 0..ROUNDS {
        let child = spawn_child(&store, round);
        let told_before = told.published.len();
        told = tokio::task::spawn_blocking(move || watch_and_kill(child, told)).await.unwrap();
        assert!(told.published.len() > told_before, "round {round} did nothing");
        check(&store, &told).await;
    }
    finish(&store, &told).await;
}

fn address(store: &Path) -> Address {
    Address::Local(store.to_owned())
}

fn spawn_child(store: &Path, round: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", THIS_TEST, "--nocapture", "--test-threads=1"])
        .env(STORE, store)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The child: publishes, settles and writes a key as fast as it can, and prints what it is answered.
async fn live_until_killed(address: &Address, round: u32) {
    let bus = Bus::open(address, &Settings::default()).await.unwrap();
    for publisher in 0..PUBLISHERS {
        let bus = bus.clone();
        tokio::spawn(async move {
            for number in 0_u32.. {
                let events = vec![format!("{round} {publisher} {number}").repeat(50).into()];
                let chunk = EventChunk { events, ..EventChunk::default() };
                println!("published {}", bus.publish(&chunk).await.unwrap().sequence);
            }
        });
    }
    let keys = bus.bucket("state");
    tokio::spawn(async move {
        loop {
            println!("revision {}", keys.put("key", "value").await.unwrap());
        }
    });
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    let mut put_off = Vec::new();
    loop {
        let delivery = consumer.next().await.unwrap();
        let sequence = delivery.sequence();
        println!("given {sequence}");
        if sequence % 7 == 0 && put_off.len() < 50 {
            put_off.push(delivery);
        } else {
            delivery.ack().await.unwrap();
            println!("settled {sequence}");
        }
    }
}

/// Reads what the child is answered, for a random while, and then all it was answered up to its death.
fn watch_and_kill(mut child: Child, mut told: Told) -> Told {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (begun, has_begun) = std::sync::mpsc::sync_channel(1);
    let killer = std::thread::spawn(move || {
        has_begun.recv().unwrap_or_else(|_| panic!("the child said nothing"));
        let moment = RandomState::new().hash_one(child.id()) % 400_000;
        std::thread::sleep(Duration::from_micros(moment));
        child.kill().unwrap();
        child.wait().unwrap();
    });
    for line in lines {
        if told.hear(&line.unwrap()) {
            begun.try_send(()).ok();
        }
    }
    drop(begun);
    killer.join().unwrap();
    told
}

impl Told {
    /// Takes down what the child was answered; false for what it did not say itself.
    fn hear(&mut self, line: &str) -> bool {
        let Some((what, number)) = line.split_once(' ') else { return false };
        let Ok(number) = number.parse() else { return false };
        match what {
            "published" => drop(self.published.insert(number)),
            "settled" => drop(self.settled.insert(number)),
            "revision" => self.revision = self.revision.max(number),
            "given" => assert!(!self.settled.contains(&number), "settled message {number} came again"),
            _ => return false,
        }
        true
    }
}

async fn check(store: &Path, told: &Told) {
    let bus = Bus::open(&address(store), &Settings::default()).await.unwrap();
    let mut reader = bus.read::<EventChunk>(Start::Earliest).await.unwrap();
    let mut held = BTreeSet::new();
    while let Some(stored) = reader.next().await.unwrap() {
        held.insert(stored.sequence);
    }
    let lost: Vec<_> = told.published.difference(&held).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let status = bus.status(Stream::Events).await.unwrap();
    assert_eq!((status.messages, Some(&status.last_sequence)), (held.len() as u64, held.last()));
    assert!(bus.bucket("state").get("key").await.unwrap().map_or(0, |entry| entry.revision) >= told.revision);
    bus.close().await.unwrap();
}

/// What was never settled still comes, and nothing that was.
async fn finish(store: &Path, told: &Told) {
    let bus = Bus::open(&address(store), &Settings::default()).await.unwrap();
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    let last = bus.status(Stream::Events).await.unwrap().last_sequence;
    let mut given = BTreeSet::new();
    let mut settling = tokio::task::JoinSet::new();
    loop {
        if let Ok(delivery) = tokio::time::timeout(Duration::from_millis(100), consumer.next()).await {
            let delivery = delivery.unwrap();
            assert!(!told.settled.contains(&delivery.sequence()), "{} came again", delivery.sequence());
            given.insert(delivery.sequence());
            settling.spawn(delivery.ack());
            continue;
        }
        let status = bus.status(Stream::Events).await.unwrap();
        let worker = status.consumers.first().unwrap();
        if (worker.pending, worker.unsettled) == (0, 0) {
            break;
        }
    }
    settling.join_all().await.into_iter().collect::<Result<(), _>>().unwrap();
    let unsettled: BTreeSet<_> = told.published.difference(&told.settled).copied().collect();
    // The child may have settled more than it could tell before it died: at most what was in its hands.
    let untold = unsettled.difference(&given).count();
    assert!(untold <= ROUNDS as usize, "{untold} messages of {last} were neither settled nor given again");
}

#[tokio::test]
async fn a_store_in_use_is_busy() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store");
    let mut child = spawn_child(&store, 0);
    let mut line = String::new();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    while !line.starts_with("published") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "the child has gone");
    }
    let reading = std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    let Err(error) = Bus::open(&address(&store), &Settings::default()).await else { panic!("opened twice") };
    assert!(matches!(error, BusError::Busy(_)), "{error}");
    // An operator's command gets through, and notices when the process has gone.
    let operator = Bus::open_for_operator(&address(&store), &Settings::default()).await.unwrap();
    assert!(operator.status(Stream::Events).await.unwrap().messages > 0);
    let Err(error) = operator.consume::<EventChunk>(ConsumerSpec::named("worker")).await else {
        panic!("consumed")
    };
    assert!(matches!(error, BusError::Busy(_)), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    reading.join().unwrap().unwrap();
    assert!(operator.status(Stream::Events).await.unwrap_err().is_transient());
    // Dead, it holds nothing any more; its socket is stale.
    let bus = Bus::open(&address(&store), &Settings::default()).await.unwrap();
    let operator = Bus::open_for_operator(&address(&store), &Settings::default()).await.unwrap();
    assert!(operator.status(Stream::Events).await.unwrap().messages > 0);
    bus.close().await.unwrap();
}
