//! `kill -9` of each service during a run of fifty thousand different events over NATS: nothing is lost, nothing comes
//! under two ids, and what comes again under the same id is bounded by what was in flight.

use std::process::{Command, Stdio};
use std::time::Duration;

use tests::alerts::{expected, judge};
use tests::ledger::Ledger;
use tests::line::Line;
use tests::nats_server::NatsServer;
use tests::process::binary;
use tests::{fresh, wait};

const EVENTS: usize = 50_000;

/// What a notifier may hold unsettled when it is killed: the bound of its consumer.
const IN_FLIGHT: usize = 256;

#[tokio::test(flavor = "multi_thread")]
async fn each_service_may_die() {
    let directory = tempfile::tempdir().unwrap();
    let events = directory.path().join("events.jsonl");
    let count = fresh::write(&events, EVENTS);
    let expected = expected(&events);
    let alerts: usize = expected.values().sum();

    let nats = NatsServer::start().await;
    let ledger = Ledger::start().await;
    let mut line = Line::start(&nats.url(), &ledger.url(), 2, directory.path()).await;
    let mut sender = Command::new(binary("saker"))
        .args(["send", "--to", &line.url, "--retry-delay", "200ms", "--rate", "2500"])
        .arg(&events)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();

    // Ingest, the notifier and an evaluator in turn, each time another tenth of the alerts has arrived.
    let mut kills = 0;
    let mut notifier_kills = 0;
    for tenth in 1..=9 {
        let mark = alerts * tenth / 10;
        wait::until("alerts arrive", Duration::from_secs(120), || ledger.len() >= mark).await;
        let index = tenth % 3;
        if index == 0 && tenth < 9 {
            assert!(sender.try_wait().unwrap().is_none(), "ingest must die while events are being posted");
        }
        let victim = &mut line.processes[index];
        victim.kill_9();
        victim.start_again();
        kills += 1;
        notifier_kills += usize::from(index == 1);
    }

    wait::until("all alerts arrive", Duration::from_secs(180), || ledger.len() >= alerts).await;
    assert!(sender.wait().unwrap().success(), "every event was accepted in the end");
    wait::until_quiet("the ledger", Duration::from_secs(2), Duration::from_secs(60), || ledger.len()).await;
    let entries = ledger.entries();
    let verdict =
        judge(&expected, entries.values().map(|delivered| delivered.body.as_str()), ledger.repeated());
    println!("{count} events acknowledged, {kills} kills: {verdict:?}");
    assert_eq!((verdict.lost, verdict.doubled), (0, 0), "{verdict:?}");
    assert!(verdict.repeated <= notifier_kills * IN_FLIGHT, "{verdict:?}");
}
