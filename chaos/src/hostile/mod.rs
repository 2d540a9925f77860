//! A client that means no good: it posts what nobody should, and writes down what of it was taken.

mod connections;
mod event;
mod large;
mod many;
mod odd;
mod protocol;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;

pub(crate) use connections::{Idle, flood, slow_bodies, slow_heads};
pub(crate) use event::ODD;

use crate::posting::Posted;

/// Where hostile clients come from: an address has a bound of its own on its connections.
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// How long it waits for an answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// The client, and its book.
pub(crate) struct Attacker {
    /// Where ingest listens.
    pub(crate) target: SocketAddr,
    http: reqwest::Client,
    /// Events that `saker eval` reads too, each once, and whether they are stored.
    booked: Vec<(String, bool)>,
    /// The auditIDs of events that are stored, and that only ingest takes for events, and what is odd about them.
    pub(crate) odd: Vec<(String, &'static str)>,
    /// Answers that are not as they must be.
    wrong: Vec<String>,
    made: usize,
}

/// What a body was answered.
#[derive(Debug, Clone, Copy)]
struct Answer {
    status: Option<u16>,
    counts: Counts,
}

/// What a 200 says of a body.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Counts {
    stored: usize,
    duplicates: usize,
    quarantined: usize,
}

impl Attacker {
    pub(crate) fn new(target: SocketAddr) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).local_address(HOME).build();
        let http = http.expect("an HTTP client");
        Self { target, http, booked: Vec::new(), odd: Vec::new(), wrong: Vec::new(), made: 0 }
    }

    /// Adds what it booked to the events of a file, and to what was answered for them.
    pub(crate) fn close(self, events: &Path, posted: &mut Vec<Posted>) {
        assert!(self.wrong.is_empty(), "answers that are not as they must be:\n{}", self.wrong.join("\n"));
        let mut text = std::fs::read_to_string(events).expect("the events are there");
        let first = text.lines().count();
        for (line, (event, is_stored)) in (first..).zip(self.booked) {
            text.push_str(&event);
            text.push('\n');
            let answers = vec![is_stored.then_some(200)];
            posted.push(Posted { lines: line..line + 1, answers, longest: Duration::ZERO });
        }
        std::fs::write(events, text).expect("a file can be written");
    }

    /// How many events it booked as stored.
    pub(crate) fn stored(&self) -> usize {
        self.booked.iter().filter(|(_, is_stored)| *is_stored).count()
    }

    /// A number that was not given before.
    fn number(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    fn book(&mut self, event: String, is_stored: bool) {
        self.booked.push((event, is_stored));
    }

    fn expect(&mut self, what: &str, status: Option<u16>, allowed: &[Option<u16>]) {
        if !allowed.contains(&status) {
            self.wrong.push(format!("{what}: {status:?}, and not one of {allowed:?}"));
        }
    }

    fn expect_that(&mut self, what: &str, holds: bool, seen: impl std::fmt::Debug) {
        if !holds {
            self.wrong.push(format!("{what}: {seen:?}"));
        }
    }

    async fn post(&self, body: impl Into<Bytes>) -> Answer {
        post(&self.http, self.target, body.into()).await
    }
}

async fn post(http: &reqwest::Client, target: SocketAddr, body: Bytes) -> Answer {
    let url = format!("http://{target}/k8s_audit");
    let answer = http.post(url).header(CONTENT_TYPE, "application/json").body(body).send().await;
    let Ok(answer) = answer else { return Answer { status: None, counts: Counts::default() } };
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap_or_default();
    Answer { status: Some(status), counts: serde_json::from_str(&text).unwrap_or_default() }
}

impl Answer {
    fn is_stored(&self) -> bool {
        self.status == Some(200)
    }
}
