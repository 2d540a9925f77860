//! The users of `deploy/nats/users.conf`: each can do the work of its service on a real server, and nothing else.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: whatever fails fails the test")]

mod nats_server;

use std::path::Path;
use std::time::Duration;

use async_nats::ConnectOptions;
use bus::{Bus, BusError, ConsumerSpec, Content, Id, Reason, Settings, Start, Stream};
use futures::StreamExt;
use nats_server::NatsServer;
use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

const USERS: [&str; 4] = ["ingest", "evaluator", "notifier", "operator"];

/// How long to wait for what must not come. The server's denial comes within a millisecond.
const NOTHING_COMES: Duration = Duration::from_millis(300);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A server with the users that we ship, each of which has its name for a password.
async fn server() -> NatsServer {
    let file = std::fs::read_to_string(root().join("deploy/nats/users.conf")).unwrap();
    let users = USERS.iter().fold(file, |users, name| {
        let variable = format!("$SAKER_{}_PASSWORD", name.to_uppercase());
        assert!(users.contains(&variable), "{variable}");
        users.replace(&variable, name)
    });
    NatsServer::start_with(&format!("jetstream {{ store_dir: \"{{store}}\" }}\n{users}")).await
}

fn url(server: &NatsServer, user: &str) -> String {
    server.url().replace("nats://", &format!("nats://saker-{user}:{user}@"))
}

async fn open(server: &NatsServer, user: &str) -> Bus {
    let settings =
        Settings { client: user.to_owned(), timeout: Duration::from_secs(5), ..Settings::default() };
    Bus::open(&url(server, user).parse().unwrap(), &settings).await.unwrap()
}

fn chunk(bytes: usize) -> EventChunk {
    let mut event = vec![0; bytes];
    blake3::Hasher::new().update(&bytes.to_le_bytes()).finalize_xof().fill(&mut event);
    EventChunk {
        cluster: "prod".into(),
        received_unix_nanos: 1,
        events: vec![event.into()],
        ..EventChunk::default()
    }
}

fn alert(message: String) -> Alert {
    Alert { id: Id::of([message.as_bytes()]).to_string(), message, ..Alert::default() }
}

/// What nobody compresses into one message.
fn long_text() -> String {
    let mut bytes = vec![0; 1 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn letter(bus_stream: Stream) -> DeadLetter {
    Reason::new("not-json", "a test").about_bytes(bus_stream, b"nothing").build()
}

/// Takes so many messages and settles them.
async fn consume<M: Content>(bus: &Bus, name: &str, expected: usize) {
    let mut consumer = bus.consume::<M>(ConsumerSpec::named(name)).await.unwrap();
    for _ in 0..expected {
        let delivery = tokio::time::timeout(Duration::from_secs(30), consumer.next()).await.unwrap().unwrap();
        delivery.ack().await.unwrap();
    }
}

fn denied<T>(result: Result<T, BusError>, subject: &str) {
    match result {
        Err(BusError::Setup(why)) => {
            assert!(why.contains("does not permit") && why.contains(subject), "{why}; wanted {subject}");
        }
        Err(other) => panic!("not denied {subject}, but: {other}"),
        Ok(_) => panic!("{subject} was permitted"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_another_than_the_address_says_is_told_so() {
    let server = server().await;
    drop(open(&server, "operator").await);
    for user in ["ingest", "evaluator", "notifier"] {
        let settings = Settings { client: "operator".to_owned(), ..Settings::default() };
        let opened = Bus::open(&url(&server, user).parse().unwrap(), &settings).await;
        denied(opened, "_INBOX.operator.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_can_do_its_work() {
    let server = server().await;
    // The first one there makes the streams.
    let ingest = open(&server, "ingest").await;
    ingest.publish(&chunk(100)).await.unwrap();
    ingest.publish(&chunk(3 << 20)).await.unwrap();
    ingest.publish(&letter(Stream::Events)).await.unwrap();

    let evaluator = open(&server, "evaluator").await;
    let operator = open(&server, "operator").await;
    operator.bucket("rules").put("rules", "some").await.unwrap();
    let mut rules = evaluator.bucket("rules").watch().await.unwrap();
    assert_eq!(rules.next().await.unwrap().unwrap().value.as_deref(), Some(b"some".as_slice()));
    operator.bucket("rules").put("rules", "others").await.unwrap();
    assert_eq!(rules.next().await.unwrap().unwrap().value.as_deref(), Some(b"others".as_slice()));
    assert!(evaluator.bucket("rules").get("rules").await.unwrap().is_some());
    consume::<EventChunk>(&evaluator, "evaluator", 2).await;
    let suspects = evaluator.bucket("suspects");
    suspects.put("0f9c1e6a", "1 2").await.unwrap();
    assert!(suspects.get("0f9c1e6a").await.unwrap().is_some());
    assert_eq!(suspects.entries().await.unwrap().into_keys().collect::<Vec<_>>(), ["0f9c1e6a"]);
    suspects.delete("0f9c1e6a").await.unwrap();
    for bytes in [101, 3 << 20] {
        evaluator.publish_to("evaluator", chunk(bytes).id(), &chunk(bytes)).await.unwrap();
    }
    consume::<EventChunk>(&evaluator, "evaluator", 2).await;
    evaluator.publish(&alert("short".into())).await.unwrap();
    evaluator.publish(&alert(long_text())).await.unwrap();
    assert_eq!(evaluator.trim(Stream::Events, Duration::ZERO).await.unwrap(), 4);
    assert_eq!(evaluator.trim(Stream::DeadLetters, Duration::ZERO).await.unwrap(), 1);
    assert_eq!(evaluator.status(Stream::Events).await.unwrap().consumers.len(), 1);

    let notifier = open(&server, "notifier").await;
    consume::<Alert>(&notifier, "sink-slack", 2).await;
    notifier.publish(&letter(Stream::Alerts)).await.unwrap();
    assert_eq!(notifier.trim(Stream::Alerts, Duration::ZERO).await.unwrap(), 2);
    assert_eq!(notifier.status(Stream::Alerts).await.unwrap().consumers.len(), 1);
    assert_eq!(notifier.status(Stream::DeadLetters).await.unwrap().messages, 1);
    assert!(first::<Alert>(&notifier).await.unwrap().is_none(), "all are trimmed");
    assert!(notifier.get::<Alert>(alert("short".into()).id()).await.unwrap().is_none());
    forgotten(&notifier, "sink-slack").await;
    for text in ["short summary".to_owned(), long_text()] {
        let summary = alert(text);
        notifier.publish_to("sink-slack", summary.id(), &summary).await.unwrap();
    }
    for bucket in ["groups", "silences", "silenced", "sinks"] {
        let bucket = notifier.bucket(bucket);
        let revision = bucket.put("a.b", "some").await.unwrap();
        assert_eq!(bucket.entries().await.unwrap().into_keys().collect::<Vec<_>>(), ["a.b"]);
        assert!(bucket.delete_if("a.b", revision).await.unwrap());
        assert!(!bucket.delete_if("a.b", revision).await.unwrap());
        assert!(bucket.entries().await.unwrap().is_empty());
    }
    operator.bucket("silences").put("0123abcd", "some").await.unwrap();

    assert!(first::<DeadLetter>(&operator).await.unwrap().is_some());
}

/// Removes a consumer, once the server knows that its last worker has gone.
async fn forgotten(bus: &Bus, consumer: &str) {
    let forgotten = async {
        loop {
            match bus.forget(Stream::Alerts, consumer).await {
                Err(BusError::Setup(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                other => return other,
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), forgotten).await.unwrap().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingest_reads_nothing_and_raises_no_alert() {
    let server = server().await;
    let ingest = open(&server, "ingest").await;
    ingest.publish(&chunk(100)).await.unwrap();
    ingest.publish(&letter(Stream::Events)).await.unwrap();
    denied(ingest.publish(&alert("forged".into())).await, "saker.alerts.all.");
    let consumed = ingest.consume::<EventChunk>(ConsumerSpec::named("evaluator")).await;
    let page = std::fs::read_to_string(root().join("docs/nats.md")).unwrap();
    assert!(consumed.as_ref().is_err_and(|error| page.contains(&error.to_string())));
    denied(consumed.map(drop), "CONSUMER.CREATE.saker-events.evaluator");
    denied(ingest.bucket("rules").get("rules").await, "STREAM.INFO.KV_saker-rules");
    denied(ingest.trim(Stream::Events, Duration::ZERO).await, "CONSUMER.LIST.saker-events");
    denied(first::<EventChunk>(&ingest).await, "DIRECT.GET.saker-events");
    denied(first::<DeadLetter>(&ingest).await, "DIRECT.GET.saker-dead-letters");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_evaluator_adds_no_events_and_changes_no_rules() {
    let server = server().await;
    let operator = open(&server, "operator").await;
    operator.bucket("rules").put("rules", "some").await.unwrap();
    let evaluator = open(&server, "evaluator").await;
    denied(evaluator.publish(&chunk(100)).await, "saker.events.all.");
    let other = evaluator.publish_to("another", chunk(100).id(), &chunk(100)).await;
    denied(other, "saker.events.to.another.");
    denied(evaluator.bucket("rules").put("rules", "none").await, "$KV.saker-rules.rules");
    let consumed = evaluator.consume::<Alert>(ConsumerSpec::named("sink-mine")).await;
    denied(consumed.map(drop), "CONSUMER.CREATE.saker-alerts.sink-mine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_notifier_reads_no_events() {
    let server = server().await;
    let ingest = open(&server, "ingest").await;
    ingest.publish(&chunk(3 << 20)).await.unwrap();
    ingest.publish(&letter(Stream::Events)).await.unwrap();
    let notifier = open(&server, "notifier").await;
    denied(notifier.publish(&alert("forged".into())).await, "saker.alerts.all.");
    denied(notifier.publish(&chunk(100)).await, "saker.events.all.");
    let consumed = notifier.consume::<EventChunk>(ConsumerSpec::named("evaluator")).await;
    denied(consumed.map(drop), "CONSUMER.CREATE.saker-events.evaluator");
    denied(first::<EventChunk>(&notifier).await, "DIRECT.GET.saker-events");
    denied(first::<DeadLetter>(&notifier).await, "DIRECT.GET.saker-dead-letters");
    denied(notifier.bucket("rules").get("rules").await, "STREAM.INFO.KV_saker-rules");
}

/// Around our own client, too: what is sent to others, and what others are answered, nobody overhears.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_overhears_another() {
    let server = server().await;
    let ingest = open(&server, "ingest").await;
    let evaluator = open(&server, "evaluator").await;
    for (user, hears) in [("ingest", false), ("notifier", false), ("evaluator", true)] {
        let spy = ConnectOptions::with_user_and_password(format!("saker-{user}"), user.to_owned());
        let spy = spy.connect(server.url()).await.unwrap();
        let mut overheard = Vec::new();
        for subject in ["saker.>", "_INBOX.>", "_INBOX.evaluator.>", "$JS.>", "$KV.>", ">"] {
            overheard.push(spy.subscribe(subject).await.unwrap());
        }
        spy.flush().await.unwrap();
        ingest.publish(&chunk(user.len())).await.unwrap();
        consume::<EventChunk>(&evaluator, "evaluator", 1).await;
        let mut overheard = futures::stream::select_all(overheard);
        let heard = tokio::time::timeout(NOTHING_COMES, overheard.next()).await;
        // The evaluator's own answers are the proof that there was something to hear.
        assert_eq!(matches!(heard, Ok(Some(_))), hears, "{user} hears {heard:?}");
    }
}

/// A stream that exists is as the operator made it: no service's settings change or remove it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_operator_changes_streams() {
    let server = server().await;
    drop(open(&server, "operator").await);
    let open_as = async |client: &str, settings: Settings| {
        let settings = Settings { client: client.to_owned(), ..settings };
        Bus::open(&url(&server, client).parse().unwrap(), &settings).await
    };
    let longer = Settings { duplicate_window: Duration::from_secs(60 * 60), ..Settings::default() };
    denied(open_as("ingest", longer.clone()).await.map(drop), "STREAM.UPDATE.saker-events");
    open_as("operator", longer.clone()).await.unwrap();
    open_as("ingest", longer.clone()).await.unwrap();
    // Its size is the operator's affair, and no reason not to work.
    let smaller = Settings { max_bytes: 64 << 20, ..longer };
    let ingest = open_as("ingest", smaller).await.unwrap();
    ingest.publish(&chunk(100)).await.unwrap();
}

/// Reads the first message of a stream without consuming it.
async fn first<M: Content>(bus: &Bus) -> Result<Option<M>, BusError> {
    let stored = bus.read::<M>(Start::Earliest).await?.next().await?;
    Ok(stored.map(|stored| stored.message))
}
