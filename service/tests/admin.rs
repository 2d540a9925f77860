//! The admin listener as a probe and a scraper see it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop and say why")]

use std::net::SocketAddr;

use prometheus_client::metrics::counter::Counter;
use service::admin::{Admin, State, probe};
use service::{AdminSettings, Shutdown};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn until_closed(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

fn settings() -> AdminSettings {
    AdminSettings { listen: Some(([127, 0, 0, 1], 0).into()) }
}

#[tokio::test]
async fn it_says_what_the_parts_say() {
    let mut admin = Admin::new();
    let (rules, sinks) = (admin.health().part("rules"), admin.health().part("sinks"));
    let seen = Counter::<u64>::default();
    admin.section("evaluator").register("events", "How many events were seen", seen.clone());
    let bound = Admin::bind(&settings()).await.unwrap().unwrap();
    let (address, shutdown) = (bound.address(), Shutdown::new());
    let serving = admin.serve(Some(bound), shutdown.clone());

    assert_eq!(get(address, "/livez").await, (200, "ok\n".to_owned()));
    let (code, text) = get(address, "/readyz").await;
    assert_eq!(code, 503);
    insta::assert_snapshot!(text, @r#"{"status":"not ready","parts":{"rules":{"state":"waiting","detail":"starting"},"sinks":{"state":"waiting","detail":"starting"}}}"#);

    rules.set(State::Ready("42 rules".to_owned()));
    sinks.set(State::Degraded("slack does not answer".to_owned()));
    assert_eq!(get(address, "/readyz").await, (200, r#"{"status":"ready","parts":{}}"#.to_owned()));
    let (code, text) = get(address, "/healthz").await;
    assert_eq!(code, 200, "somebody should look, but nothing is gained by a restart");
    insta::assert_snapshot!(text, @r#"{"status":"degraded","parts":{"rules":{"state":"ready","detail":"42 rules"},"sinks":{"state":"degraded","detail":"slack does not answer"}}}"#);

    seen.inc_by(3);
    let (code, text) = get(address, "/metrics").await;
    assert_eq!(code, 200);
    assert!(text.contains("saker_evaluator_events_total 3\n") && text.ends_with("# EOF\n"), "{text}");
    assert_eq!(get(address, "/").await.0, 404);

    shutdown.request();
    let (code, text) = get(address, "/readyz").await;
    assert_eq!((code, text.contains("stopping")), (503, true), "{text}");
    assert_eq!(get(address, "/livez").await.0, 200, "what is draining is alive");
    drop(serving);
    until_closed(address).await;
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_wait() {
    let bound = Admin::bind(&settings()).await.unwrap().unwrap();
    let address = bound.address();
    let _serving = Admin::new().serve(Some(bound), Shutdown::new());
    let mut silent = Vec::new();
    for _ in 0..32 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /livez").await.unwrap();
        silent.push(stream);
    }
    let waiting = tokio::spawn(async move { get(address, "/livez").await });
    drop(silent);
    assert_eq!(waiting.await.unwrap().0, 200);
}

#[tokio::test]
async fn whoever_does_not_take_the_answer_holds_nobody_up_for_long() {
    let mut admin = Admin::new();
    // More than the system keeps for a connection.
    admin.section("test").register("large", "x".repeat(32 << 20), Counter::<u64>::default());
    let bound = Admin::bind(&settings()).await.unwrap().unwrap();
    let address = bound.address();
    let _serving = admin.serve(Some(bound), Shutdown::new());
    let mut greedy = Vec::new();
    for _ in 0..32 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // The answer begins, and is left there.
        stream.read_exact(&mut [0]).await.unwrap();
        greedy.push(stream);
    }
    tokio::time::pause();
    assert_eq!(get(address, "/livez").await.0, 200);
}

#[tokio::test]
async fn it_can_be_asked_only() {
    let bound = Admin::bind(&settings()).await.unwrap().unwrap();
    let address = bound.address();
    let _serving = Admin::new().serve(Some(bound), Shutdown::new());
    for (method, answer) in [("HEAD", "HTTP/1.1 200"), ("POST", "HTTP/1.1 405"), ("DELETE", "HTTP/1.1 405")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Only one of the two is answered.
        let request = format!("{method} /livez HTTP/1.1\r\nhost: x\r\n\r\n").repeat(2);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with(answer) && text.matches("HTTP/1.1").count() == 1, "{text}");
    }
}

#[tokio::test]
async fn it_listens_only_where_it_is_told_to() {
    assert!(Admin::bind(&AdminSettings::default()).await.unwrap().is_none());
    let taken = Admin::bind(&settings()).await.unwrap().unwrap();
    let again = AdminSettings { listen: Some(taken.address()) };
    let error = Admin::bind(&again).await.unwrap_err().to_string();
    assert!(error.contains(&taken.address().to_string()) && error.contains("--admin"), "{error}");
}

/// What a probe of the process at this address says.
async fn probed(address: Option<SocketAddr>) -> String {
    let settings = AdminSettings { listen: address };
    let probed = tokio::task::spawn_blocking(move || probe(&settings)).await.unwrap();
    probed.map_or_else(|unready| unready.to_string(), |()| "ready".to_owned())
}

#[tokio::test]
async fn a_probe_says_whether_it_is_ready_and_why_not() {
    let admin = Admin::new();
    let (bus, rules) = (admin.health().part("bus"), admin.health().part("rules"));
    let everywhere = AdminSettings { listen: Some(([0, 0, 0, 0], 0).into()) };
    let bound = Admin::bind(&everywhere).await.unwrap().unwrap();
    let (address, shutdown) = (bound.address(), Shutdown::new());
    let serving = admin.serve(Some(bound), shutdown.clone());

    rules.set(State::Ready("42 rules".to_owned()));
    assert_eq!(probed(Some(address)).await, "not ready: bus: starting");
    bus.set(State::Degraded("slow".to_owned()));
    assert_eq!(probed(Some(address)).await, "ready");
    shutdown.request();
    assert_eq!(probed(Some(address)).await, "not ready: process: stopping");

    drop(serving);
    until_closed(address).await;
    let silent = probed(Some(address)).await;
    assert!(silent.starts_with(&format!("127.0.0.1:{} does not answer: ", address.port())), "{silent}");
    assert!(probed(None).await.contains("set admin.listen"));
}

#[tokio::test]
async fn a_probe_is_not_taken_in_by_another_server() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let strangers =
        ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 503 x\r\n\r\nbusy"];
    tokio::spawn(async move {
        for answer in strangers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    for _ in strangers {
        assert!(probed(Some(address)).await.ends_with("not as a process of Saker does"));
    }
}
