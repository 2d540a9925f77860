//! A probe: asks the process that serves the admin listener whether it is ready, as `--health` does for container
//! engines, whose images have no other tool that could.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use serde::Deserialize;

use super::State;
use crate::AdminSettings;

/// How long connecting may take, and how long the answer may let wait.
const PATIENCE: Duration = Duration::from_secs(2);
/// No report is longer.
const LONGEST: u64 = 64 << 10;

/// Why a process is not taken for ready.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    /// It was not said where to ask.
    #[error(
        "there is nowhere to ask: set admin.listen (--admin, SAKER_ADMIN_LISTEN) to the address where the process \
         serves its health"
    )]
    Nowhere,
    /// It does not answer.
    #[error("{address} does not answer: {error}; does the process run, with the same admin.listen?")]
    Silent {
        /// Where it was asked.
        address: SocketAddr,
        /// What went wrong.
        error: io::Error,
    },
    /// It answers, but as no process of ours does.
    #[error("{0} answers, but not as a process of Saker does")]
    Stranger(SocketAddr),
    /// Parts of it do not work yet.
    #[error("not ready: {0}")]
    Waiting(String),
}

/// The part of the report of `/readyz` that counts here.
#[derive(Deserialize)]
struct Report {
    parts: BTreeMap<String, State>,
}

/// Asks the process that serves at `settings.listen` of this machine.
///
/// # Errors
/// Why it is not ready, as far as it can be told.
pub fn probe(settings: &AdminSettings) -> Result<(), Unready> {
    let address = reachable(settings.listen.ok_or(Unready::Nowhere)?);
    let answer = ask(address).map_err(|error| Unready::Silent { address, error })?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(Unready::Stranger(address))?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(()),
        Some("503") => Err(Unready::Waiting(parts(body).ok_or(Unready::Stranger(address))?)),
        _ => Err(Unready::Stranger(address)),
    }
}

fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(LONGEST).read_to_string(&mut answer)?;
    Ok(answer)
}

/// The parts that wait, and for what.
fn parts(body: &str) -> Option<String> {
    let report: Report = serde_json::from_str(body).ok()?;
    let waiting = report.parts.into_iter().map(|(name, state)| match state {
        State::Waiting(why) | State::Ready(why) | State::Degraded(why) => format!("{name}: {why}"),
    });
    Some(waiting.collect::<Vec<_>>().join("; "))
}

/// An address to connect to, where the one to listen on means all.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
