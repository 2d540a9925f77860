//! What is particular to a real nats-server: outages in the midst of work, several processes, settings, authentication.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: whatever fails fails the test")]

mod nats_server;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bus::{Bus, BusError, Consumer, ConsumerSpec, Content, Id, Settings, Start, Stream};
use nats_server::{NatsServer, unused_port};
use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

/// How long anything may take that should take a moment.
const DEADLINE: Duration = Duration::from_secs(60);

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("nothing for {DEADLINE:?}"))
}

async fn eventually(condition: impl AsyncFn() -> bool) {
    within(async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

fn settings() -> Settings {
    // Little enough that every test runs on a small disk, which the servers of a cluster share.
    Settings { timeout: Duration::from_secs(2), max_bytes: 1 << 30, ..Settings::default() }
}

async fn open(server: &NatsServer) -> Bus {
    Bus::open(&server.url().parse().unwrap(), &settings()).await.unwrap()
}

/// The error with which a bus does not open.
async fn refusal(url: &str, settings: &Settings) -> BusError {
    match Bus::open(&url.parse().unwrap(), settings).await {
        Ok(_) => panic!("{url} opened"),
        Err(error) => error,
    }
}

fn chunk(number: usize) -> EventChunk {
    let event = format!(r#"{{"auditID":"{number}"}}"#);
    EventChunk {
        cluster: "test".into(),
        received_unix_nanos: 1,
        events: vec![event.into()],
        ..EventChunk::default()
    }
}

/// Bytes that do not compress.
fn noise(length: usize, seed: u8) -> bytes::Bytes {
    let mut noise = vec![0; length];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut noise);
    noise.into()
}

fn large(megabytes: usize, seed: u8) -> EventChunk {
    EventChunk {
        cluster: "large".into(),
        received_unix_nanos: 1,
        events: vec![noise(megabytes << 20, seed)],
        ..EventChunk::default()
    }
}

/// Publishes for as long as it takes.
async fn publish_patiently<M: Content>(bus: &Bus, message: &M) {
    within(async {
        while let Err(error) = bus.publish(message).await {
            assert!(error.is_transient(), "{error}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Settles what comes, and counts how often each message came, until `done`.
async fn work(mut consumer: Consumer<EventChunk>, done: Arc<AtomicBool>) -> BTreeMap<Id, usize> {
    let mut seen = BTreeMap::new();
    while !done.load(Ordering::Relaxed) {
        let Ok(delivery) = tokio::time::timeout(Duration::from_millis(200), consumer.next()).await else {
            continue;
        };
        let delivery = delivery.unwrap();
        *seen.entry(delivery.id()).or_default() += 1;
        // The server may have died over it: then the message comes again, or not.
        drop(delivery.ack().await);
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_the_server_is_killed() {
    const MESSAGES: usize = 3000;
    let mut server = NatsServer::start().await;
    let (publisher, left, right) = (open(&server).await, open(&server).await, open(&server).await);
    let spec = ConsumerSpec { ack_wait: Duration::from_secs(2), ..ConsumerSpec::named("worker") };
    let done = Arc::new(AtomicBool::new(false));
    let mut workers = tokio::task::JoinSet::new();
    for bus in [&left, &right] {
        workers.spawn(work(bus.consume(spec.clone()).await.unwrap(), Arc::clone(&done)));
    }
    let publishing = tokio::spawn({
        let publisher = publisher.clone();
        async move {
            for number in 0..MESSAGES {
                publish_patiently(&publisher, &chunk(number)).await;
            }
        }
    });
    for third in 1..3 {
        let reached = u64::try_from(MESSAGES * third / 3).unwrap();
        eventually(async || {
            publisher.status(Stream::Events).await.is_ok_and(|status| status.messages >= reached)
        })
        .await;
        server.kill();
        server.restart().await;
    }
    within(publishing).await.unwrap();
    eventually(async || {
        let Ok(status) = publisher.status(Stream::Events).await else { return false };
        status.consumers.iter().all(|consumer| (consumer.pending, consumer.unsettled) == (0, 0))
    })
    .await;
    done.store(true, Ordering::Relaxed);
    let seen = within(workers.join_all()).await;
    let ids: std::collections::BTreeSet<_> = seen.iter().flat_map(BTreeMap::keys).collect();
    assert_eq!(ids.len(), MESSAGES);
    assert!(seen.iter().all(|worker| worker.len() > MESSAGES / 10), "one worker did it all");
    assert_eq!(publisher.status(Stream::Events).await.unwrap().messages, u64::try_from(MESSAGES).unwrap());
}

/// A message that was sent to a worker just as it left would come again only after `ack_wait`, which is long here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_leaves_takes_nothing_with_it() {
    const MESSAGES: usize = 600;
    let server = NatsServer::start().await;
    let bus = open(&server).await;
    let spec = ConsumerSpec { ack_wait: 2 * DEADLINE, ..ConsumerSpec::named("worker") };
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (bus, spec) = (bus.clone(), spec.clone());
        workers.spawn(async move {
            loop {
                let mut consumer = bus.consume::<EventChunk>(spec.clone()).await.unwrap();
                for _ in 0..5 {
                    consumer.next().await.unwrap().ack().await.unwrap();
                }
            }
        });
    }
    for number in 0..MESSAGES {
        bus.publish(&chunk(number)).await.unwrap();
    }
    eventually(async || {
        let status = bus.status(Stream::Events).await.unwrap();
        status.consumers.iter().all(|consumer| (consumer.pending, consumer.unsettled) == (0, 0))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_learns_soon_that_the_server_is_away() {
    let mut server = NatsServer::start().await;
    let bus = open(&server).await;
    bus.publish(&chunk(0)).await.unwrap();
    server.kill();
    let since = Instant::now();
    for number in 0..100 {
        let error = bus.publish(&chunk(number)).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
    }
    assert!(since.elapsed() < 2 * settings().timeout, "{:?}", since.elapsed());
    server.restart().await;
    publish_patiently(&bus, &chunk(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_message_survives_the_death_of_the_server_midway() {
    let mut server = NatsServer::start().await;
    let bus = open(&server).await;
    let message = large(64, 1);
    let publishing = tokio::spawn({
        let (bus, message) = (bus.clone(), message.clone());
        async move { publish_patiently(&bus, &message).await }
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    server.kill();
    server.restart().await;
    within(publishing).await.unwrap();
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    let delivery = within(consumer.next()).await.unwrap();
    assert!(delivery.message() == &message);
    delivery.ack().await.unwrap();
    assert_eq!(bus.status(Stream::Events).await.unwrap().messages, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_go_with_their_head() {
    let server = NatsServer::start().await;
    let bus = open(&server).await;
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let parts = async || raw.get_stream("saker-parts").await.unwrap().cached_info().state.messages;
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    bus.publish(&large(3, 1)).await.unwrap();
    let one = parts().await;
    assert!(one > 5, "{one}");
    // A second time the head is a duplicate, and its parts are not kept.
    assert!(bus.publish(&large(3, 1)).await.unwrap().duplicate);
    assert_eq!(parts().await, one);
    bus.publish(&large(3, 2)).await.unwrap();
    assert_eq!(parts().await, 2 * one);
    within(consumer.next()).await.unwrap().ack().await.unwrap();
    eventually(async || bus.trim(Stream::Events, Duration::ZERO).await.unwrap() == 1).await;
    assert_eq!(parts().await, one);
    let second = within(consumer.next()).await.unwrap();
    assert!(second.message() == &large(3, 2));
    // A part that is missing makes the message a dead letter, once.
    drop(second);
    raw.get_stream("saker-parts").await.unwrap().purge().await.unwrap();
    bus.publish(&chunk(1)).await.unwrap();
    let next = within(consumer.next()).await.unwrap();
    assert_eq!(next.message(), &chunk(1));
    next.ack().await.unwrap();
    let waiting = tokio::spawn(async move { consumer.next().await.map(drop) });
    let mut letters = bus.follow::<DeadLetter>(Start::Earliest).await.unwrap();
    let letter = within(letters.next()).await.unwrap().unwrap().message;
    waiting.abort();
    assert!(String::from_utf8_lossy(&letter.payload).contains("missing"), "{letter:?}");
    assert!(!letter.replayable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_max_payload_is_respected() {
    let server = NatsServer::start_with("max_payload: 65536\njetstream { store_dir: \"{store}\" }").await;
    let bus = open(&server).await;
    bus.publish(&large(1, 1)).await.unwrap();
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    assert!(within(consumer.next()).await.unwrap().message() == &large(1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_removed_is_made_again() {
    let server = NatsServer::start().await;
    let bus = open(&server).await;
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    bus.publish(&chunk(1)).await.unwrap();
    within(consumer.next()).await.unwrap().ack().await.unwrap();
    let waiting = tokio::spawn(async move {
        let delivery = consumer.next().await.unwrap();
        let message = delivery.message().clone();
        delivery.ack().await.unwrap();
        (message, consumer)
    });
    raw.get_stream("saker-events").await.unwrap().delete_consumer("worker").await.unwrap();
    // A new consumer begins at the beginning.
    let (again, mut consumer) = within(waiting).await.unwrap();
    assert_eq!(again, chunk(1));
    raw.delete_stream("saker-events").await.unwrap();
    publish_patiently(&bus, &chunk(2)).await;
    let delivery = within(consumer.next()).await.unwrap();
    assert_eq!((delivery.message(), delivery.sequence()), (&chunk(2), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_kept_as_they_must_be() {
    let server = NatsServer::start().await;
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let odd = async_nats::jetstream::stream::Config {
        name: "saker-alerts".into(),
        subjects: vec!["saker.alerts.>".into()],
        max_age: Duration::from_secs(1000),
        ..Default::default()
    };
    raw.create_stream(odd.clone()).await.unwrap();
    let bus = open(&server).await;
    let changed = raw.get_stream("saker-alerts").await.unwrap().cached_info().config.clone();
    assert_eq!(changed.max_age, Duration::ZERO);
    assert_eq!(changed.subjects, ["saker.alerts.all.*", "saker.alerts.to.*.*"]);
    bus.close().await.unwrap();
    // What cannot be changed is told.
    raw.delete_stream("saker-alerts").await.unwrap();
    let memory = async_nats::jetstream::stream::StorageType::Memory;
    raw.create_stream(async_nats::jetstream::stream::Config { storage: memory, ..odd }).await.unwrap();
    let error = refusal(&server.url(), &settings()).await;
    assert!(matches!(error, BusError::Setup(_)));
    assert!(error.to_string().contains("storage is Memory and must be File"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_takes_new_terms_and_keeps_its_progress() {
    let server = NatsServer::start().await;
    let bus = open(&server).await;
    bus.publish(&chunk(1)).await.unwrap();
    bus.publish(&chunk(2)).await.unwrap();
    let spec = ConsumerSpec::named("worker");
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec { prefetch: 1, ..spec.clone() }).await.unwrap();
    within(consumer.next()).await.unwrap().ack().await.unwrap();
    drop(consumer);
    let changed = ConsumerSpec { ack_wait: 2 * spec.ack_wait, max_unsettled: 7, ..spec };
    let mut consumer = bus.consume::<EventChunk>(changed.clone()).await.unwrap();
    assert_eq!(within(consumer.next()).await.unwrap().message(), &chunk(2));
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let info = raw.get_stream("saker-events").await.unwrap().consumer_info("worker").await.unwrap();
    assert_eq!((info.config.ack_wait, info.config.max_ack_pending), (changed.ack_wait, 7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_little_room_gets_smaller_streams() {
    let config = "jetstream { store_dir: \"{store}\", max_file_store: 200MB }";
    let server = NatsServer::start_with(config).await;
    let bus = open(&server).await;
    let raw = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let mut total = 0;
    for name in ["saker-events", "saker-alerts", "saker-dead-letters", "saker-parts"] {
        let max_bytes = raw.get_stream(name).await.unwrap().cached_info().config.max_bytes;
        assert!(max_bytes >= 8 << 20, "{name}: {max_bytes}");
        total += max_bytes;
    }
    assert!((100_000_000..=200 << 20).contains(&total), "{total}");
    bus.publish(&chunk(1)).await.unwrap();
    // Again, with streams that exist.
    bus.close().await.unwrap();
    open(&server).await.publish(&chunk(2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_will_not_do_are_refused() {
    let server = NatsServer::start_with("").await;
    let error = refusal(&server.url(), &settings()).await;
    assert!(matches!(error, BusError::Setup(_)) && error.to_string().contains("JetStream"), "{error}");
    let server = NatsServer::start().await;
    let error = refusal(&server.url(), &Settings { replicas: 3, ..settings() }).await;
    assert!(matches!(error, BusError::Setup(_)) && error.to_string().contains("cluster"), "{error}");
    let error = refusal("nats://127.0.0.1:1", &settings()).await;
    assert!(matches!(error, BusError::Unavailable(_)), "{error}");
}

/// As when all services start at once: whoever comes second finds streams of another size than it would make.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_it_at_once_where_there_is_little_room() {
    let little = "jetstream { store_dir: \"{store}\", max_file_store: 300MB }";
    for _ in 0..5 {
        let server = NatsServer::start_with(little).await;
        let opened = futures::future::join_all((0..6).map(|_| open(&server))).await;
        opened.first().unwrap().publish(&chunk(1)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_and_tokens_are_checked() {
    let jetstream = "jetstream { store_dir: \"{store}\" }\n";
    let server =
        NatsServer::start_with(&format!("{jetstream}authorization {{ user: saker, password: \"p@w\" }}"))
            .await;
    let host = server.url().strip_prefix("nats://").unwrap().to_owned();
    let error = refusal(&server.url(), &settings()).await;
    assert!(matches!(error, BusError::Setup(_)), "{error}");
    let address = format!("nats://saker:p%40w@{host}").parse().unwrap();
    Bus::open(&address, &settings()).await.unwrap().publish(&chunk(1)).await.unwrap();

    let server = NatsServer::start_with(&format!("{jetstream}authorization {{ token: secret }}")).await;
    let wrong = Settings { token: Some("other".into()), ..settings() };
    assert!(matches!(refusal(&server.url(), &wrong).await, BusError::Setup(_)));
    let right = Settings { token: Some("secret".into()), ..settings() };
    let bus = Bus::open(&server.url().parse().unwrap(), &right).await.unwrap();
    bus.publish(&chunk(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_nkey_of_a_file_is_used() {
    // A user made for this test: the public key, and the seed that goes with it.
    let public = "UBUIRB7XE2JDKXUZ4MEY3V6LXQGUZYPAXTHSSZWY5XDTABBCTISHSESV";
    let seed = "SUAHGYLLMVZCA5DFON2CA23FPEWCA3TPOQQGCIDTMVRXEZLUEAYTEM543E";
    let config = format!(
        "jetstream {{ store_dir: \"{{store}}\" }}\nauthorization {{ users: [ {{ nkey: {public} }} ] }}"
    );
    let server = NatsServer::start_with(&config).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("saker.nk");
    std::fs::write(&file, seed).unwrap();
    let with_key = Settings { credentials_file: Some(file.clone()), ..settings() };
    let bus = Bus::open(&server.url().parse().unwrap(), &with_key).await.unwrap();
    bus.publish(&chunk(1)).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let error = refusal(&server.url(), &with_key).await;
    assert!(error.to_string().contains("saker.nk"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_are_stored_once_however_late() {
    let server = NatsServer::start().await;
    // Nothing is remembered for longer than a moment, but what the stream holds.
    let forgetful = Settings { duplicate_window: Duration::from_millis(100), ..settings() };
    let bus = Bus::open(&server.url().parse().unwrap(), &forgetful).await.unwrap();
    let alert = Alert { id: Id::of([b"a".as_slice()]).to_string(), ..Alert::default() };
    assert!(!bus.publish(&alert).await.unwrap().duplicate);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(bus.publish(&alert).await.unwrap().duplicate);
    assert_eq!(bus.status(Stream::Alerts).await.unwrap().messages, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_survives_the_server() {
    let mut server = NatsServer::start().await;
    let bus = open(&server).await;
    let bucket = bus.bucket("rules");
    bucket.put("a", "1").await.unwrap();
    let mut watch = bucket.watch().await.unwrap();
    assert_eq!(within(watch.next()).await.unwrap().unwrap().key, "a");
    server.kill();
    server.restart().await;
    within(async {
        while bucket.put("b", "2").await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await
        }
    })
    .await;
    let entry = within(watch.next()).await.unwrap().unwrap();
    assert_eq!((entry.key.as_str(), entry.value.as_deref()), ("b", Some(b"2".as_slice())));
}

/// Three servers of one cluster.
async fn cluster() -> Vec<NatsServer> {
    let ports = [(); 3].map(|()| unused_port());
    let routes: Vec<String> = ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
    let routes = routes.join(", ");
    let mut servers = Vec::new();
    for port in ports {
        let config = format!(
            "server_name: node-{port}\njetstream {{ store_dir: \"{{store}}\" }}\n\
             cluster {{ name: test, listen: \"127.0.0.1:{port}\", routes: [{routes}] }}"
        );
        servers.push(NatsServer::start_with(&config).await);
    }
    servers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_may_lose_any_of_its_nodes() {
    const MESSAGES: usize = 900;
    let mut servers = cluster().await;
    let urls: Vec<String> = servers.iter().map(NatsServer::url).collect();
    let address = urls.join(",").parse().unwrap();
    let settings = Settings { replicas: 3, ..settings() };
    let deadline = Instant::now() + DEADLINE;
    let bus = loop {
        match Bus::open(&address, &settings).await {
            Ok(bus) => break bus,
            // No leader yet.
            Err(error) if error.is_transient() && Instant::now() < deadline => {}
            Err(error) => {
                let logs: Vec<_> = servers.iter().map(NatsServer::log).collect();
                panic!("no cluster: {error}\n{}", logs.join("\n----\n"));
            }
        }
    };
    let done = Arc::new(AtomicBool::new(false));
    let spec = ConsumerSpec { ack_wait: Duration::from_secs(2), ..ConsumerSpec::named("worker") };
    let worker = tokio::spawn(work(bus.consume(spec).await.unwrap(), Arc::clone(&done)));
    let publishing = tokio::spawn({
        let bus = bus.clone();
        async move {
            for number in 0..MESSAGES {
                publish_patiently(&bus, &chunk(number)).await;
            }
            publish_patiently(&bus, &large(2, 1)).await;
        }
    });
    for (server, quarter) in servers.iter_mut().zip(1..) {
        let reached = u64::try_from(MESSAGES * quarter / 4).unwrap();
        eventually(async || bus.status(Stream::Events).await.is_ok_and(|status| status.messages >= reached))
            .await;
        server.kill();
        server.restart().await;
    }
    within(publishing).await.unwrap();
    eventually(async || {
        let Ok(status) = bus.status(Stream::Events).await else { return false };
        status.consumers.iter().all(|consumer| (consumer.pending, consumer.unsettled) == (0, 0))
    })
    .await;
    done.store(true, Ordering::Relaxed);
    assert_eq!(within(worker).await.unwrap().len(), MESSAGES + 1);
}
