//! What a client is answered while the bus is silent, away or full, on a real nats-server: 503 with `Retry-After`, soon,
//! and 200 again once it is back.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bus::{Bus, ConsumerSpec, Start, Stream};
use ingest::{Ingest, Monitor, Settings};
use proto::events::v1::EventChunk;
use reqwest::Client;
use service::Shutdown;
use service::admin::{Admin, State};
use tokio::time::{sleep, timeout};

use crate::harness::{DEADLINE, code, item, list, parts};
use crate::nats_server::NatsServer;

/// What a refusal at once may take on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A client of an ingest on a NATS server.
struct Line {
    server: NatsServer,
    bus: Bus,
    admin: Admin,
    address: SocketAddr,
    client: Client,
    shutdown: Shutdown,
}

impl Line {
    async fn start(settings: bus::Settings) -> Self {
        let server = NatsServer::start().await;
        let bus = Bus::open(&server.url().parse().unwrap(), &settings).await.unwrap();
        let mut admin = Admin::new();
        let monitor = Monitor::observed_by(&mut admin);
        let settings = Settings { listen: "127.0.0.1:0".parse().unwrap(), ..Settings::default() };
        let ingest = Ingest::bind(&settings, bus.clone()).await.unwrap().telling(monitor);
        let (address, shutdown) = (ingest.local_addr(), Shutdown::new());
        tokio::spawn(ingest.serve(shutdown.clone()));
        // Fails where another test of this process was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(DEADLINE).build().unwrap();
        Self { server, bus, admin, address, client, shutdown }
    }

    /// Posts an event; says what was answered and how long that took.
    async fn post(&self, event: String) -> (u16, Duration) {
        let (url, begun) = (format!("http://{}/k8s_audit/prod", self.address), Instant::now());
        let request = self.client.post(url).header("content-type", "application/json");
        let (status, retry_after, body) = parts(request.body(list(&[event])).send().await.unwrap()).await;
        let took = begun.elapsed();
        if status != 200 {
            assert_eq!(
                (status, retry_after.as_deref(), code(&body).as_str()),
                (503, Some("10"), "not-stored")
            );
        }
        (status, took)
    }

    /// Has many clients refused, and none of them waits.
    async fn refuses_at_once(&self) {
        let posts = futures::future::join_all((100..120).map(|number| self.post(item(number, 0)))).await;
        for (status, took) in posts {
            assert_eq!(status, 503);
            assert!(took < AT_ONCE, "refused after {took:?}");
        }
    }

    /// Waits until the bus is there, or is not, without any request.
    async fn is_reached(&self, is_up: bool) {
        let mut up = self.bus.reachable();
        timeout(2 * DEADLINE, up.wait_for(|up| *up == is_up)).await.unwrap().unwrap();
    }

    fn room(&self) -> State {
        self.admin.health().parts().remove("room").unwrap()
    }

    async fn stored(&self) -> usize {
        let mut reader = self.bus.read::<EventChunk>(Start::Earliest).await.unwrap();
        let mut events = 0;
        while let Some(stored) = reader.next().await.unwrap() {
            events += stored.message.events.len();
        }
        events
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_silent_is_waited_for_once() {
    let line = Line::start(bus::Settings::default()).await;
    assert_eq!(line.post(item(1, 0)).await.0, 200);
    line.server.signal("STOP");
    let (status, took) = line.post(item(2, 0)).await;
    println!("the first request was refused after {took:?}");
    assert_eq!(status, 503);
    assert!(took < Duration::from_secs(7), "{took:?}");
    line.refuses_at_once().await;
    line.is_reached(false).await;
    line.server.signal("CONT");
    line.is_reached(true).await;
    assert_eq!(line.post(item(2, 0)).await.0, 200);
    // Of those that were refused the first may have been stored late; sent again it is not stored again.
    assert_eq!(line.stored().await, 2);
    line.shutdown.request();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_away_is_not_waited_for() {
    let mut line = Line::start(bus::Settings::default()).await;
    assert_eq!(line.post(item(1, 0)).await.0, 200);
    line.server.kill();
    line.is_reached(false).await;
    line.refuses_at_once().await;
    line.server.restart().await;
    line.is_reached(true).await;
    assert_eq!(line.post(item(2, 0)).await.0, 200);
    assert_eq!(line.stored().await, 2);
    line.shutdown.request();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_full_makes_ingest_unready_until_there_is_room() {
    let line = Line::start(bus::Settings { max_bytes: 8 << 20, ..bus::Settings::default() }).await;
    assert!(line.room().is_ready());
    let mut stored: usize = 0;
    let refused = loop {
        let (status, took) = line.post(noise(stored)).await;
        if status == 503 {
            break took;
        }
        stored += 1;
        assert!(stored < 100, "it never fills up");
    };
    assert!(refused < AT_ONCE, "refused after {refused:?}");
    let State::Waiting(why) = line.room() else { panic!("ready: {:?}", line.room()) };
    assert!(why.contains("full") && why.contains("API servers hold"), "{why}");

    let mut consumer = line.bus.consume::<EventChunk>(ConsumerSpec::named("evaluator")).await.unwrap();
    for _ in 0..stored {
        timeout(DEADLINE, consumer.next()).await.unwrap().unwrap().ack().await.unwrap();
    }
    assert!(!line.room().is_ready(), "settled, they still take room");
    // Nobody posts: it finds out by itself.
    timeout(DEADLINE, async {
        while !line.room().is_ready() {
            line.bus.trim(Stream::Events, Duration::ZERO).await.unwrap();
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(line.post(noise(stored)).await.0, 200);
    line.shutdown.request();
}

/// An event of 300 kB that zstd makes half as large at the most.
fn noise(number: usize) -> String {
    let state = RandomState::new();
    let noise: String = (0..19_000).map(|word| format!("{:016x}", state.hash_one(word))).collect();
    item(number, 0).replace(r#""x":""#, &format!(r#""x":"{noise}"#))
}
