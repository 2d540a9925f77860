//! Every recorded body, posted with the stock settings, gives the alerts that `saker eval` gives: over both backends,
//! none lost, none twice.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tests::alerts::{Verdict, expected, judge};
use tests::fresh::bodies;
use tests::ledger::Ledger;
use tests::line::{Line, takes_events};
use tests::nats_server::NatsServer;
use tests::nats_server::unused_port;
use tests::process::{Process, run};
use tests::wait;

/// All events of the bodies as one file, for `saker eval`.
fn all_events(directory: &Path) -> PathBuf {
    let path = directory.join("all.jsonl");
    let bodies: Vec<Vec<u8>> = bodies().iter().map(|body| std::fs::read(body).unwrap()).collect();
    std::fs::write(&path, bodies.concat()).unwrap();
    path
}

fn send(url: &str) {
    let bodies = bodies();
    let mut arguments = vec!["send", "--to", url];
    arguments.extend(bodies.iter().map(|body| body.to_str().unwrap()));
    let (code, out, err) = run("saker", &arguments);
    assert_eq!(code, Some(0), "saker send failed:\n{out}\n{err}");
}

async fn all_arrive(ledger: &Ledger, directory: &Path) {
    let expected = expected(&all_events(directory));
    let count = expected.values().sum::<usize>();
    assert!(count > 100, "only {count} alerts are expected: the story would prove nothing");
    wait::until("all alerts arrive", Duration::from_secs(60), || ledger.len() >= count).await;
    wait::until_quiet("the ledger", Duration::from_secs(1), Duration::from_secs(30), || ledger.len()).await;
    let entries = ledger.entries();
    let verdict =
        judge(&expected, entries.values().map(|delivered| delivered.body.as_str()), ledger.repeated());
    assert_eq!(verdict, Verdict { expected: count, lost: 0, doubled: 0, repeated: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_local_store() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::start().await;
    let listen = SocketAddr::from(([127, 0, 0, 1], unused_port()));
    let bus = format!("local:{}", directory.path().join("data").display());
    let (listening, webhook) = (listen.to_string(), ledger.url());
    let arguments = ["up", "--bus", &bus, "--listen", &listening, "--webhook", &webhook];
    let mut saker = Process::start("saker", "saker", directory.path(), &arguments);
    takes_events(listen).await;
    send(&format!("http://{listen}/k8s_audit"));
    all_arrive(&ledger, directory.path()).await;

    // A body that is sent again, as API servers do, raises nothing.
    send(&format!("http://{listen}/k8s_audit"));
    all_arrive(&ledger, directory.path()).await;

    let printed = saker.output().lines().filter(|line| line.get(2..3) == Some(":")).count();
    assert_eq!(printed, ledger.len(), "stdout shows each alert once");
    assert!(saker.terminate().success(), "SIGTERM ends it cleanly:\n{}", saker.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn over_nats() {
    let directory = tempfile::tempdir().unwrap();
    let nats = NatsServer::start().await;
    let ledger = Ledger::start().await;
    let mut line = Line::start(&nats.url(), &ledger.url(), 2, directory.path()).await;
    send(&line.url);
    all_arrive(&ledger, directory.path()).await;
    send(&line.url);
    all_arrive(&ledger, directory.path()).await;
    for process in &mut line.processes {
        assert!(process.terminate().success(), "SIGTERM ends it cleanly:\n{}", process.log());
    }
}
