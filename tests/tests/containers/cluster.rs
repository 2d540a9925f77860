//! Three NATS servers: one of them dies while events are being posted and stays away, and nothing is lost.

use std::process::{Command, Stdio};
use std::time::Duration;

use tests::alerts::{expected, judge};
use tests::docker::{Containers, assert_documented, docker, gateway};
use tests::ledger::Ledger;
use tests::process::binary;
use tests::{fresh, wait};

const EVENTS: usize = 4_000;

#[tokio::test(flavor = "multi_thread")]
async fn one_of_three_servers_may_die() {
    let files = ["docker-compose.yml", "docker-compose.cluster.yml"];
    let Some(mut line) = Containers::of("saker-cluster", &files) else { return };
    line.named_as_this_machine();
    let events = line.path("events.jsonl");
    fresh::write(&events, EVENTS);
    let expected = expected(&events);
    let alerts: usize = expected.values().sum();

    let ledger = Ledger::start_on((gateway(), 0).into(), "/").await;
    line.set("WEBHOOK_URL", ledger.url());
    // The names of the files stand in the command already.
    assert_documented("-f docker-compose.yml -f docker-compose.cluster.yml up -d");
    line.compose(&["up", "--detach"]);
    line.healthy(&["nats", "nats-2", "nats-3", "ingest"]).await;
    let mut sender = Command::new(binary("saker"))
        .args(["send", "--to", &line.url(), "--retry-delay", "1s", "--attempts", "12", "--rate", "200"])
        .arg(&events)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait::until("alerts arrive", Duration::from_secs(120), || ledger.len() >= alerts / 3).await;
    assert!(sender.try_wait().unwrap().is_none(), "the server must die while events are being posted");
    // As an operator's wish, so that it stays away.
    docker(&["kill", &line.names("nats")[0]]);
    wait::until("all alerts arrive", Duration::from_secs(180), || ledger.len() >= alerts).await;
    assert!(sender.wait().unwrap().success(), "every event was accepted in the end");
    wait::until_quiet("the ledger", Duration::from_secs(2), Duration::from_secs(60), || ledger.len()).await;
    let entries = ledger.entries();
    let verdict = judge(&expected, entries.values().map(|entry| entry.body.as_str()), ledger.repeated());
    println!("with one server of three: {verdict:?}");
    assert_eq!((verdict.lost, verdict.doubled), (0, 0), "{verdict:?}");
}
