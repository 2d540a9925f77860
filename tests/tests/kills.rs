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

/// Places among the processes of the line.
const INGEST: usize = 0;
const NOTIFIER: usize = 1;
const EVALUATOR: usize = 2;

/// Which process dies at each tenth of the alerts: each three times, ingest while events are still being posted.
const VICTIMS: [usize; 9] =
    [INGEST, NOTIFIER, INGEST, EVALUATOR, INGEST, NOTIFIER, EVALUATOR, NOTIFIER, EVALUATOR];

/// What a notifier may hold unsettled when it is killed: the bound of its consumer.
const IN_FLIGHT: usize = 256;

#[tokio::test(flavor = "multi_thread")]
async fn each_service_may_die() {
    let directory = tempfile::tempdir().unwrap();
    let events = directory.path().join("events.jsonl");
    fresh::write(&events, EVENTS);
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

    // Another process each time another tenth of the alerts has arrived.
    for (tenth, index) in (1..).zip(VICTIMS) {
        let mark = alerts * tenth / 10;
        wait::until("alerts arrive", Duration::from_secs(120), || ledger.len() >= mark).await;
        if index == INGEST {
            assert!(sender.try_wait().unwrap().is_none(), "ingest must die while events are being posted");
        }
        let victim = &mut line.processes[index];
        victim.kill_9();
        victim.start_again();
    }

    wait::until("all alerts arrive", Duration::from_secs(180), || ledger.len() >= alerts).await;
    assert!(sender.wait().unwrap().success(), "every event was accepted in the end");
    wait::until_quiet("the ledger", Duration::from_secs(2), Duration::from_secs(60), || ledger.len()).await;
    let entries = ledger.entries();
    let verdict =
        judge(&expected, entries.values().map(|delivered| delivered.body.as_str()), ledger.repeated());
    println!("{EVENTS} events acknowledged, {} kills: {verdict:?}", VICTIMS.len());
    assert_eq!((verdict.lost, verdict.doubled), (0, 0), "{verdict:?}");
    let notifier_kills = VICTIMS.iter().filter(|&&index| index == NOTIFIER).count();
    assert!(verdict.repeated <= notifier_kills * IN_FLIGHT, "{verdict:?}");
}
