//! Requests that are no requests, or not those that they say they are.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::{Attacker, HOME, event};

/// What a sound request begins with.
const HEAD: &str = "POST /k8s_audit HTTP/1.1\r\nHost: saker\r\nContent-Type: application/json\r\n";

/// How many requests follow one another without waiting for an answer.
const PIPELINED: usize = 50;

impl Attacker {
    /// Each of them; says how many there were.
    pub(crate) async fn broken_requests(&mut self) -> usize {
        let requests = requests();
        for request in &requests {
            let status = ask(self.target, request).await;
            self.expect(request.0, status, &request.2);
        }
        requests.len()
    }

    /// Many requests at once on one connection: each is answered, and in order.
    pub(crate) async fn pipelining(&mut self) {
        let mut all = Vec::new();
        let mut events = Vec::new();
        for turn in 0..PIPELINED {
            let number = self.number();
            let event = event::event(&event::plain_id(number), number, "");
            let close = if turn + 1 == PIPELINED { "Connection: close\r\n" } else { "" };
            all.extend(format!("{HEAD}{close}Content-Length: {}\r\n\r\n{event}", event.len()).into_bytes());
            events.push(event);
        }
        let mut stream = connect(self.target, HOME).await;
        // The answers must fit into the system's buffers until they are read.
        stream.write_all(&all).await.expect("pipelined requests can be sent");
        let mut answers = String::new();
        let read = timeout(Duration::from_secs(30), stream.read_to_string(&mut answers)).await;
        let count = answers.matches("HTTP/1.1 200 OK").count();
        self.expect_that("pipelined requests", read.is_ok() && count == PIPELINED, count);
        events.into_iter().enumerate().for_each(|(turn, event)| self.book(event, turn < count));
    }
}

/// What, how, and which answers will do; `None`: the connection may be closed without one.
type Request = (&'static str, Vec<u8>, Vec<Option<u16>>);

fn requests() -> Vec<Request> {
    let bytes = |text: &str| text.as_bytes().to_vec();
    let with = |headers: &str, body: &[u8]| {
        let length = body.len();
        [format!("{HEAD}{headers}Content-Length: {length}\r\n\r\n").as_bytes(), body].concat()
    };
    // 64 MiB of zeros, as gzip makes them: a head, and blocks that say little of much.
    let bomb = [
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03".as_slice(),
        &[0xed, 0xc1, 0x01, 0x0d, 0, 0, 0, 0xc2, 0xa0, 0xf7].repeat(4096),
    ]
    .concat();
    let plain = |line: &str, kind: &str| {
        format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 2\r\n\r\n[]")
            .into_bytes()
    };
    let chunked =
        |chunks: &str| [HEAD.as_bytes(), b"Transfer-Encoding: chunked\r\n\r\n", chunks.as_bytes()].concat();
    let bad = vec![Some(400), None];
    vec![
        ("a gzip bomb", with("Content-Encoding: gzip\r\n", &bomb), vec![Some(415)]),
        ("gzip that is none", with("Content-Encoding: gzip\r\n", b"[]"), vec![Some(415)]),
        (
            "deflate",
            with("Content-Encoding: deflate\r\n", b"x\x9c\x8b\x8e\x05\0\x01\x15\0\xb9"),
            vec![Some(415)],
        ),
        (
            "two encodings",
            with("Content-Encoding: identity\r\nContent-Encoding: br\r\n", b"[]"),
            vec![Some(415)],
        ),
        ("GET", plain("GET /k8s_audit", "application/json"), vec![Some(405)]),
        ("DELETE", plain("DELETE /k8s_audit/x", "application/json"), vec![Some(405)]),
        ("another path", plain("POST /audit", "application/json"), vec![Some(404)]),
        (
            "a path that climbs",
            plain("POST /k8s_audit/../../etc/passwd", "application/json"),
            vec![Some(404), Some(400)],
        ),
        ("a cluster that is none", plain("POST /k8s_audit/%00%ff", "application/json"), vec![Some(400)]),
        ("text", plain("POST /k8s_audit", "text/plain"), vec![Some(415)]),
        ("a form", plain("POST /k8s_audit", "multipart/form-data"), vec![Some(415)]),
        (
            "a length beyond the bound",
            bytes(&format!("{HEAD}Content-Length: 3000000000\r\n\r\n[]")),
            vec![Some(413)],
        ),
        (
            "a length beyond all numbers",
            bytes(&format!("{HEAD}Content-Length: 99999999999999999999\r\n\r\n[]")),
            bad.clone(),
        ),
        ("a length below zero", bytes(&format!("{HEAD}Content-Length: -1\r\n\r\n[]")), bad.clone()),
        (
            "two lengths",
            bytes(&format!("{HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]")),
            bad.clone(),
        ),
        ("more announced than sent", bytes(&format!("{HEAD}Content-Length: 100\r\n\r\n[]")), bad.clone()),
        ("a chunk that ends too soon", chunked("ff\r\n[]"), bad.clone()),
        ("a chunk that goes on", chunked("1\r\n[]\r\n0\r\n\r\n"), bad.clone()),
        ("a chunk without bounds", chunked("fffffffffffffffff\r\n[]"), bad.clone()),
        ("a chunk of another number", chunked("-2\r\n[]\r\n0\r\n\r\n"), bad.clone()),
        (
            "a header of 100 KB",
            with(&format!("X-Long: {}\r\n", "x".repeat(100_000)), b"[]"),
            vec![Some(200), Some(431), Some(400), None],
        ),
        (
            "a header of 1 MB",
            with(&format!("X-Long: {}\r\n", "x".repeat(1_000_000)), b"[]"),
            vec![Some(431), Some(400), None],
        ),
        ("1,000 headers", with(&"X: y\r\n".repeat(1_000), b"[]"), vec![Some(431), Some(400), None]),
        ("no HTTP", bytes("\0\x01\x02 what?\r\n\r\n"), bad.clone()),
        ("TLS", bytes("\x16\x03\x01\x02\0\x01\0\x01\u{fc}"), bad),
    ]
}

/// Sends it, and says what it is answered.
async fn ask(target: SocketAddr, (_, request, allowed): &Request) -> Option<u16> {
    let mut stream = connect(target, HOME).await;
    // It may be turned away before it has said all.
    let _ = stream.write_all(request).await;
    // Whoever waits for more must see that there is none. Whoever has it all may take this for a client that has gone.
    if allowed.contains(&None) {
        let _ = stream.shutdown().await;
    }
    let mut head = [0; 12];
    timeout(Duration::from_secs(30), stream.read_exact(&mut head)).await.ok()?.ok()?;
    std::str::from_utf8(&head).ok()?.strip_prefix("HTTP/1.1 ")?.parse().ok()
}

/// A connection from that address.
pub(super) async fn connect(target: SocketAddr, from: std::net::IpAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("an address of this machine");
    socket.connect(target).await.expect("ingest listens")
}
