//! Connections that are slow, silent or too many, and the end of the service.

use std::time::{Duration, Instant};

use crate::harness::{DEADLINE, Harness, item, list, read_all};
use ingest::{Ingest, IngestError, Settings};
use service::units::{ByteSize, Span};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const HEAD: &str = "POST /k8s_audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

async fn connected(harness: &Harness, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(harness.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_body_that_pauses_is_answered_with_408() {
    let harness =
        Harness::start(Settings { body_timeout: Span::milliseconds(200), ..Settings::default() }).await;
    let mut stream = connected(&harness, &format!("{HEAD}Content-Length: 100\r\n\r\n{{")).await;
    let answer = read_all(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("too-slow"), "{answer}");
}

#[tokio::test]
async fn a_body_that_trickles_is_answered_with_503_in_the_end() {
    let harness =
        Harness::start(Settings { request_timeout: Span::milliseconds(300), ..Settings::default() }).await;
    let mut stream = connected(&harness, &format!("{HEAD}Content-Length: 1000000\r\n\r\n")).await;
    let (mut answers, mut trickle) = stream.split();
    let trickling = async {
        while trickle.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = [0; 12];
    tokio::select! {
        read = answers.read_exact(&mut answer) => drop(read.unwrap()),
        () = trickling => panic!("closed without an answer"),
    }
    assert_eq!(&answer, b"HTTP/1.1 503");
}

#[tokio::test]
async fn silent_connections_are_closed() {
    let settings = Settings {
        header_timeout: Span::milliseconds(200),
        idle_timeout: Span::milliseconds(200),
        ..Settings::default()
    };
    let harness = Harness::start(settings).await;
    let body = list(&[item(0, 0)]);
    let whole = format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len());
    for (bytes, answered) in
        [("", false), (HEAD, false), ("PRI * HTTP/2.0\r\n\r\nSM", false), (whole.as_str(), true)]
    {
        let mut stream = connected(&harness, bytes).await;
        assert_eq!(read_all(&mut stream).await.starts_with("HTTP/1.1 200 "), answered, "{bytes}");
    }
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_their_turn() {
    let settings =
        Settings { max_connections: 2, idle_timeout: Span::milliseconds(300), ..Settings::default() };
    let harness = Harness::start(Settings { header_timeout: Span::milliseconds(300), ..settings }).await;
    let silent = futures::future::join_all((0..2).map(|_| connected(&harness, ""))).await;
    let response = harness.post("/k8s_audit", list(&[item(0, 0)])).await;
    assert_eq!(response.status().as_u16(), 200, "served once a silent connection was closed");
    drop(silent);
}

#[tokio::test]
async fn five_hundred_silent_connections_hold_up_nobody() {
    let harness = Harness::start(Settings::default()).await;
    let silent = futures::future::join_all((0..400).map(|_| connected(&harness, HEAD))).await;
    let started = Instant::now();
    assert_eq!(harness.post("/k8s_audit", list(&[item(0, 0)])).await.status().as_u16(), 200);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    drop(silent);
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight_and_takes_nothing_new() {
    let harness = Harness::start(Settings::default()).await;
    let body = list(&[item(0, 100_000)]);
    let (head, rest) = body.split_at_checked(50_000).unwrap();
    let mut in_flight =
        connected(&harness, &format!("{HEAD}Content-Length: {}\r\n\r\n{head}", body.len())).await;
    let mut idle = connected(&harness, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    harness.shutdown.request();
    read_all(&mut idle).await;
    timeout(DEADLINE, async { while TcpStream::connect(harness.address).await.is_ok() {} }).await.unwrap();
    assert!(!harness.serving.is_finished());

    in_flight.write_all(rest.as_bytes()).await.unwrap();
    let answer = read_all(&mut in_flight).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(harness.events().await.len(), 1);
    timeout(DEADLINE, harness.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_it_may() {
    let harness = Harness::start(Settings { drain: Span::milliseconds(200), ..Settings::default() }).await;
    let _in_flight = connected(&harness, &format!("{HEAD}Content-Length: 100\r\n\r\n{{")).await;
    // Answered behind the request in flight: that one has been accepted.
    assert!(harness.client.get(harness.url("/healthz")).send().await.unwrap().status().is_success());
    harness.shutdown.request();
    timeout(Duration::from_secs(5), harness.serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let harness = Harness::start(Settings::default()).await;
    let taken = Settings { listen: harness.address, ..Settings::default() };
    let error = Ingest::bind(&taken, harness.bus.clone()).await.err().unwrap();
    assert!(matches!(error, IngestError::Listen { .. }));
    assert!(error.to_string().contains("--listen"), "{error}");
    let wrong = Settings { memory: ByteSize::kib(1), max_connections: 0, ..Settings::default() };
    let error = Ingest::bind(&wrong, harness.bus.clone()).await.err().unwrap().to_string();
    assert!(error.contains("ingest.memory: ") && error.contains("ingest.max_connections: "), "{error}");
}
