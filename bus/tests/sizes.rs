//! How large the streams on a real server are, and that making one smaller loses nothing.
#![expect(clippy::unwrap_used, reason = "tests: whatever fails fails the test")]

mod nats_server;

use std::time::Duration;

use async_nats::jetstream::stream::{Config, State};
use bus::{Bus, ConsumerSpec, Settings, Start, Stream};
use nats_server::NatsServer;
use proto::events::v1::EventChunk;

const STREAMS: [&str; 4] = ["saker-events", "saker-alerts", "saker-dead-letters", "saker-parts"];

async fn open(server: &NatsServer, max_bytes: u64) -> Bus {
    let settings = Settings { max_bytes, ..Settings::default() };
    Bus::open(&server.url().parse().unwrap(), &settings).await.unwrap()
}

async fn stream(server: &NatsServer, name: &str) -> (Config, State) {
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let stream = raw.get_stream(name).await.unwrap();
    let info = stream.cached_info();
    (info.config.clone(), info.state.clone())
}

async fn sizes(server: &NatsServer) -> Vec<i64> {
    let mut sizes = Vec::new();
    for name in STREAMS {
        sizes.push(stream(server, name).await.0.max_bytes);
    }
    sizes
}

/// One that nobody compresses.
fn chunk(number: u64) -> EventChunk {
    let mut event = vec![0; 400 << 10];
    blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut event);
    EventChunk { cluster: "prod".into(), events: vec![event.into()], ..EventChunk::default() }
}

async fn held(bus: &Bus) -> usize {
    let mut reader = bus.read::<EventChunk>(Start::Earliest).await.unwrap();
    let mut held = 0;
    while reader.next().await.unwrap().is_some() {
        held += 1;
    }
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stream_has_its_share() {
    let server = NatsServer::start().await;
    open(&server, 64 << 20).await.close().await.unwrap();
    assert_eq!(sizes(&server).await, [64 << 20, 32 << 20, 16 << 20, 16 << 20]);
    // As streams of an earlier version, each of which had all.
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    for name in STREAMS {
        let (config, _) = stream(&server, name).await;
        raw.update_stream(Config { max_bytes: 64 << 20, ..config }).await.unwrap();
    }
    open(&server, 64 << 20).await.close().await.unwrap();
    assert_eq!(sizes(&server).await, [64 << 20, 32 << 20, 16 << 20, 16 << 20]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_not_made_smaller_than_what_it_holds() {
    const CHUNKS: u64 = 30;
    let server = NatsServer::start().await;
    let bus = open(&server, 64 << 20).await;
    for number in 0..CHUNKS {
        bus.publish(&chunk(number)).await.unwrap();
    }
    bus.close().await.unwrap();

    let bus = open(&server, 8 << 20).await;
    assert_eq!(sizes(&server).await, [64 << 20, 8 << 20, 8 << 20, 8 << 20]);
    assert_eq!(held(&bus).await, 30);
    bus.publish(&chunk(CHUNKS)).await.unwrap();

    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    for _ in 0..=CHUNKS {
        consumer.next().await.unwrap().ack().await.unwrap();
    }
    drop(consumer);
    while held(&bus).await > 0 {
        bus.trim(Stream::Events, Duration::ZERO).await.unwrap();
    }
    bus.close().await.unwrap();
    open(&server, 8 << 20).await.close().await.unwrap();
    assert_eq!(sizes(&server).await, [8 << 20; 4], "once it holds less it is made smaller");
}

/// What the server itself would do: with `discard: new` it drops nothing, and is full.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_told_to_make_one_smaller_drops_nothing() {
    let server = NatsServer::start().await;
    let bus = open(&server, 64 << 20).await;
    for number in 0..30 {
        bus.publish(&chunk(number)).await.unwrap();
    }
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let (config, before) = stream(&server, "saker-events").await;
    raw.update_stream(Config { max_bytes: 1 << 20, ..config }).await.unwrap();
    let (_, after) = stream(&server, "saker-events").await;
    assert_eq!((after.messages, after.bytes), (before.messages, before.bytes));
    assert!(matches!(bus.publish(&chunk(30)).await, Err(bus::BusError::Full(_))));
}
