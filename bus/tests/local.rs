//! What only a local store does: its directory, its socket, and how long it remembers ids.
#![expect(clippy::unwrap_used, reason = "tests: whatever fails fails the test")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use bus::{Address, Bus, BusError, ConsumerSpec, Settings, Stream};
use proto::events::v1::EventChunk;

const DEADLINE: Duration = Duration::from_secs(30);

async fn open(directory: &Path, settings: &Settings) -> Bus {
    Bus::open(&Address::Local(directory.to_owned()), settings).await.unwrap()
}

/// Has a consumer settle the next message.
async fn settle_one(bus: &Bus) {
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    consumer.next().await.unwrap().ack().await.unwrap();
}

async fn operator(directory: &Path) -> Bus {
    Bus::open_for_operator(&Address::Local(directory.to_owned()), &Settings::default()).await.unwrap()
}

fn chunk() -> EventChunk {
    EventChunk { events: vec!["{}".into()], ..EventChunk::default() }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_gets_in() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("deep/store");
    let bus = open(&store, &Settings::default()).await;
    assert_eq!(mode(&store), 0o700);
    for name in ["store.redb", "lock", "saker.sock"] {
        assert_eq!(mode(&store.join(name)), 0o600, "{name}");
    }
    bus.close().await.unwrap();
    assert!(!store.join("saker.sock").exists());
}

#[tokio::test]
async fn a_stale_socket_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(directory.path().join("saker.sock")).unwrap());
    std::fs::create_dir(directory.path().join("socket.new")).unwrap();
    std::fs::write(directory.path().join("socket.new/saker.sock"), "").unwrap();
    let bus = open(directory.path(), &Settings::default()).await;
    assert_eq!(operator(directory.path()).await.status(Stream::Events).await.unwrap().messages, 0);
    bus.close().await.unwrap();
}

#[tokio::test]
async fn a_long_path_is_no_hindrance() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("d".repeat(120));
    let bus = open(&store, &Settings::default()).await;
    bus.publish(&chunk()).await.unwrap();
    assert_eq!(operator(&store).await.status(Stream::Events).await.unwrap().messages, 1);
    bus.close().await.unwrap();
    assert!(!store.join("saker.sock").exists());
}

#[tokio::test]
async fn a_closed_bus_says_so_to_all() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path(), &Settings::default()).await;
    let remote = operator(directory.path()).await;
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    let mut follower = remote.follow::<EventChunk>(bus::Start::Latest).await.unwrap();
    let mut watch = bus.bucket("keys").watch().await.unwrap();
    let waiting = tokio::spawn(async move { consumer.next().await.map(drop) });
    tokio::time::timeout(DEADLINE, bus.close()).await.unwrap().unwrap();
    assert!(matches!(waiting.await.unwrap(), Err(BusError::Closed)));
    assert!(matches!(follower.next().await, Ok(None) | Err(BusError::Unavailable(_))));
    assert_eq!(watch.next().await.unwrap(), None);
    assert!(matches!(bus.publish(&chunk()).await, Err(BusError::Closed)));
    assert!(matches!(bus.status(Stream::Events).await, Err(BusError::Closed)));
    // The directory is free again, although handles are still about.
    open(directory.path(), &Settings::default()).await.close().await.unwrap();
}

#[tokio::test]
async fn ids_are_forgotten_after_the_window_and_not_before() {
    let window = Duration::from_secs(1);
    let settings = Settings { duplicate_window: window, ..Settings::default() };
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path(), &settings).await;
    let since = Instant::now();
    bus.publish(&chunk()).await.unwrap();
    settle_one(&bus).await;
    assert_eq!(bus.trim(Stream::Events, Duration::ZERO).await.unwrap(), 1);
    bus.close().await.unwrap();
    let bus = open(directory.path(), &settings).await;
    while bus.publish(&chunk()).await.unwrap().duplicate {
        assert!(since.elapsed() < DEADLINE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(since.elapsed() >= window, "forgotten after {:?}", since.elapsed());
    // While a message is held, its id is known however old it is.
    let stored = Instant::now();
    while stored.elapsed() < window {
        tokio::time::sleep(window / 10).await;
        assert!(bus.publish(&chunk()).await.unwrap().duplicate);
    }
    assert!(bus.publish(&chunk()).await.unwrap().duplicate);
    assert_eq!(bus.status(Stream::Events).await.unwrap().messages, 1);
    bus.close().await.unwrap();
}

#[tokio::test]
async fn workers_agree_on_their_terms() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path(), &Settings::default()).await;
    let spec = ConsumerSpec::named("worker");
    let consumer = bus.consume::<EventChunk>(spec.clone()).await.unwrap();
    let other = ConsumerSpec { max_unsettled: 1, ..spec };
    let Err(error) = bus.consume::<EventChunk>(other.clone()).await else { panic!("joined on other terms") };
    assert!(matches!(error, BusError::Setup(_)), "{error}");
    drop(consumer);
    bus.consume::<EventChunk>(other).await.unwrap();
    bus.close().await.unwrap();
}
