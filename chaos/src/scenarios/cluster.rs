//! Three nats-servers that keep three replicas: each is killed, frozen as by a partition, and restarted in order, so that
//! whichever leads is among them each time.

use std::time::Duration;

use tests::ledger::Ledger;
use tests::nats_server::{NatsServer, unused_port};

use crate::account::Account;
use crate::posting::{Poster, refused};
use crate::stage::{Plan, Stage};
use crate::trial::{Outcome, Trial};

/// Streams small enough for three servers on one disk.
const SETTINGS: &str = "bus: {replicas: 3, max_bytes: 1GiB}\n";

pub(super) async fn run(trial: Trial) -> Outcome {
    let total = trial.form.pick(200_000, 8_000);
    let frozen = trial.form.pick(Duration::from_secs(20), Duration::from_secs(4));
    let events = trial.events(total);
    let mut servers = cluster().await;
    let bus = servers.iter().map(NatsServer::url).collect::<Vec<_>>().join(",");
    let ledger = Ledger::start().await;
    let plan = Plan { settings: SETTINGS, ..Plan::of(bus, ledger.url()) };
    let mut stage = Stage::start(trial.directory(), &plan).await;
    let posting = Poster::hasty(&stage.urls, trial.form.pick(1_000, 400)).start(&events);
    // As many waits as faults, and one share of the events to spare, so that each fault meets traffic.
    let share = total / 16;
    for server in &mut servers {
        posting.goes_on(share).await;
        server.kill();
        posting.goes_on(share).await;
        server.restart().await;
    }
    for server in &servers {
        server.pause();
        tokio::time::sleep(frozen).await;
        server.resume();
    }
    for server in &mut servers {
        server.restart().await;
    }
    assert!(!posting.is_done(), "faults must meet traffic");
    let posted = posting.finish().await;
    let outcome = Account::of(&events, &posted).settle(&ledger, Duration::from_secs(120)).await;
    stage.check();
    outcome
        .remark(format!("each of 3 servers killed, frozen for {} s, and restarted", frozen.as_secs()))
        .remark(refused(&posted))
}

async fn cluster() -> Vec<NatsServer> {
    let ports = [(); 3].map(|()| unused_port());
    let routes = ports.map(|port| format!("nats://127.0.0.1:{port}")).join(", ");
    let mut servers = Vec::new();
    for port in ports {
        let config = format!(
            "server_name: node-{port}\njetstream {{ store_dir: \"{{store}}\" }}\n\
             cluster {{ name: chaos, listen: \"127.0.0.1:{port}\", routes: [{routes}] }}"
        );
        servers.push(NatsServer::start_with(&config).await);
    }
    servers
}
