//! Containers die while events are being posted, and evaluators come and go: nothing is lost, nothing comes twice under
//! two ids, at a webhook and on the notifier's standard output alike.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::alerts::{expected, judge, plain};
use tests::docker::{Containers, crash, docker, gateway};
use tests::ledger::Ledger;
use tests::process::binary;
use tests::{fresh, wait};

const EVENTS: usize = 20_000;

/// What happens at each twelfth of the alerts.
const ACTS: [Act; 11] = [
    Act::Scale("4"),
    Act::Crash("evaluator"),
    Act::Crash("notifier"),
    Act::Crash("ingest"),
    Act::Crash("nats"),
    Act::Scale("1"),
    Act::Crash("evaluator"),
    Act::Crash("ingest"),
    Act::Crash("notifier"),
    Act::Scale("3"),
    Act::Crash("nats"),
];

enum Act {
    Crash(&'static str),
    Scale(&'static str),
}

impl Act {
    fn happen(&self, line: &Containers) {
        match self {
            Self::Crash(service) => crash(&line.names(service)[0]),
            Self::Scale("4") => drop(line.documented("up -d --scale evaluator=4")),
            Self::Scale(count) => {
                line.compose(&["up", "--detach", "--scale", &format!("evaluator={count}")]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_container_may_die_and_evaluators_come_and_go() {
    let Some(mut line) = Containers::of("saker-kills", &["docker-compose.yml"]) else { return };
    line.named_as_this_machine();
    let events = line.path("events.jsonl");
    fresh::write(&events, EVENTS);
    let expected = expected(&events);
    let alerts: usize = expected.values().sum();

    let ledger = Ledger::start_on((gateway(), 0).into(), "/").await;
    line.set("WEBHOOK_URL", ledger.url());
    line.set("ALERT_FORMAT", "json");
    line.documented("up -d");
    line.healthy(&["ingest"]).await;
    let mut sender = Command::new(binary("saker"))
        .args(["send", "--to", &line.url(), "--retry-delay", "1s", "--attempts", "12", "--rate", "400"])
        .arg(&events)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    for (part, act) in (1..).zip(&ACTS) {
        let mark = alerts * part / (ACTS.len() + 1);
        wait::until("alerts arrive", Duration::from_secs(120), || ledger.len() >= mark).await;
        assert!(sender.try_wait().unwrap().is_none(), "it must happen while events are being posted");
        act.happen(&line);
    }
    wait::until("all alerts arrive", Duration::from_secs(180), || ledger.len() >= alerts).await;
    assert!(sender.wait().unwrap().success(), "every event was accepted in the end");
    wait::until_quiet("the ledger", Duration::from_secs(2), Duration::from_secs(60), || ledger.len()).await;

    let entries = ledger.entries();
    let delivered = judge(&expected, entries.values().map(|entry| entry.body.as_str()), ledger.repeated());
    println!("{EVENTS} events, {} acts; the webhook: {delivered:?}", ACTS.len());
    assert_eq!((delivered.lost, delivered.doubled), (0, 0), "{delivered:?}");
    assert_eq!(printed(&line), entries.keys().cloned().collect(), "what is printed is what is posted");
    for service in ["ingest", "notifier", "nats"] {
        let restarts = docker(&["inspect", "--format", "{{.RestartCount}}", &line.names(service)[0]]);
        assert_eq!(restarts, "2", "{service} was brought back each time that it died");
    }
}

/// The ids of the alerts on the notifier's standard output.
fn printed(line: &Containers) -> BTreeSet<String> {
    // A line that a crash cut is printed again whole.
    let output = line.output("notifier");
    let whole = output.lines().filter(|line| line.starts_with('{') && line.ends_with('}'));
    whole.filter_map(|line| plain(line).1).collect()
}
