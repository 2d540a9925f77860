//! Two hundred subscribers of a real process, a quarter of whom never read: the others get everything, and memory stays
//! bounded.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bus::Bus;
use proto::alerts::v1::alerts_client::AlertsClient;
use proto::alerts::v1::{Alert, SubscribeRequest};
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};

use crate::nats_server::NatsServer;
use crate::support::{Subscriber, alert, until};

const SUBSCRIBERS: usize = 200;
const STALLED: usize = 50;
const ALERTS: usize = 2_000;

/// What each alert is made as large as.
const BYTES: usize = 8 << 10;

/// What the process may take more than before: its buffer of 4 MiB, and 64 KiB to 256 KiB for each stream.
const MAY_GROW_KIB: u64 = 96 << 10;

struct Notifier(Child);

impl Drop for Notifier {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Notifier {
    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

async fn started(bus: &str, directory: &Path) -> (Notifier, Endpoint) {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let config = directory.join("saker.yaml");
    std::fs::write(
        &config,
        "notifier: {sinks: {stdout: {type: stdout, enabled: false}}, grpc: {buffer: 4MiB}}",
    )
    .unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_notifier"))
        .args(["--bus", bus, "--grpc", &format!("127.0.0.1:{port}"), "--config"])
        .arg(&config)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    (Notifier(child), Endpoint::from_shared(format!("http://127.0.0.1:{port}")).unwrap())
}

async fn subscribed(endpoint: &Endpoint) -> Subscriber {
    let channel: Channel = endpoint.connect().await.unwrap();
    let stream =
        AlertsClient::new(channel).subscribe(SubscribeRequest::default()).await.unwrap().into_inner();
    let mut subscriber = Subscriber { stream };
    subscriber.next().await.unwrap();
    subscriber
}

fn large(number: usize) -> Alert {
    // As hard to compress as what people log.
    let filler: String =
        (0..BYTES).map(|at| char::from(b'a' + u8::try_from((at * (number + 7)) % 26).unwrap())).collect();
    Alert { hostname: filler, ..alert(number) }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_do_not_read_hold_up_nobody_and_cost_little() {
    let directory = tempfile::tempdir().unwrap();
    let nats = NatsServer::start().await;
    let bus = Bus::open(&nats.url().parse().unwrap(), &bus::Settings::default()).await.unwrap();
    let (notifier, endpoint) = started(&nats.url(), directory.path()).await;
    until("alerts are served", async || endpoint.connect().await.ok()).await;
    let mut subscribers = Vec::new();
    for _ in 0..SUBSCRIBERS {
        subscribers.push(subscribed(&endpoint).await);
    }
    let before = notifier.resident_kib();
    let stalled: Vec<Subscriber> = subscribers.drain(..STALLED).collect();
    let readers: Vec<_> = subscribers
        .into_iter()
        .map(|mut subscriber| tokio::spawn(async move { subscriber.numbers(ALERTS).await.0 }))
        .collect();
    for first in (0..ALERTS).step_by(50) {
        let alerts: Vec<Alert> = (first..first + 50).map(large).collect();
        futures::future::try_join_all(alerts.iter().map(|alert| bus.publish(alert))).await.unwrap();
    }
    let mut in_order: Option<Vec<usize>> = None;
    for reader in readers {
        let mut numbers = tokio::time::timeout(Duration::from_secs(60), reader).await.unwrap().unwrap();
        let first = in_order.get_or_insert_with(|| numbers.clone());
        assert_eq!(&numbers, first, "all in the same order");
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..ALERTS), "all of them");
    }
    let grown = notifier.resident_kib().saturating_sub(before);
    println!("grown by {} MiB with {STALLED} of {SUBSCRIBERS} stalled", grown >> 10);
    assert!(grown < MAY_GROW_KIB, "grown by {grown} KiB");
    drop(stalled);
}
