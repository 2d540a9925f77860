//! Connections that are there and do nothing, do it slowly, or are too many.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::protocol::connect;

/// How long nobody may be slow: longer than all bounds of ingest on a request together.
const OVER_WITHIN: Duration = Duration::from_secs(40);

/// Connections on which something was asked once.
pub(crate) struct Idle(Vec<TcpStream>);

impl Idle {
    /// So many, each answered once.
    pub(crate) async fn open(target: SocketAddr, count: usize) -> Self {
        let mut all = Vec::new();
        for _ in 0..count {
            let mut stream = connect(target, address(3)).await;
            ask(&mut stream).await.expect("an idle connection is answered once");
            all.push(stream);
        }
        Self(all)
    }

    /// How many are open still.
    pub(crate) async fn answered(&mut self) -> usize {
        let mut answered = 0;
        for stream in &mut self.0 {
            answered += usize::from(ask(stream).await.is_ok());
        }
        answered
    }
}

/// Bodies that come a byte at a time; says how long the slowest was borne.
pub(crate) async fn slow_bodies(target: SocketAddr, count: usize) -> Duration {
    let head = "POST /k8s_audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
    longest(target, count, head, " ").await
}

/// Heads that come a byte at a time.
pub(crate) async fn slow_heads(target: SocketAddr, count: usize) -> Duration {
    longest(target, count, "POST /k8s_audit HTTP/1.1\r\nX: ", "y").await
}

async fn longest(target: SocketAddr, count: usize, head: &'static str, drip: &'static str) -> Duration {
    let each = (0..count).map(|_| async move {
        let mut stream = connect(target, address(5)).await;
        let begun = Instant::now();
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = [0; 1024];
        while begun.elapsed() < OVER_WITHIN {
            match timeout(Duration::from_secs(1), stream.read(&mut answer)).await {
                // An answer, the end, or a reset: it is over.
                Ok(_) => return begun.elapsed(),
                Err(_) => drop(stream.write_all(drip.as_bytes()).await),
            }
        }
        panic!("a slow client is borne for more than {OVER_WITHIN:?}");
    });
    join_all(each).await.into_iter().max().unwrap_or_default()
}

/// Opens so many connections at once from one address, and asks something on each; says how many were answered.
pub(crate) async fn flood(target: SocketAddr, count: usize) -> usize {
    let each = (0..count).map(|_| async move {
        let mut stream = connect(target, address(4)).await;
        let is_answered = timeout(OVER_WITHIN, ask(&mut stream)).await.is_ok_and(|answer| answer.is_ok());
        // None makes room for another by going early.
        (is_answered, stream)
    });
    let all = join_all(each).await;
    all.iter().filter(|(is_answered, _)| *is_answered).count()
}

async fn ask(stream: &mut TcpStream) -> std::io::Result<()> {
    let request = "POST /k8s_audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = [0; 1024];
    let read = stream.read(&mut answer).await?;
    let is_taken = answer[..read].starts_with(b"HTTP/1.1 200");
    is_taken.then_some(()).ok_or_else(|| std::io::ErrorKind::ConnectionReset.into())
}

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}
