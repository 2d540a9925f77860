//! Alerts on a real nats-server that is killed meanwhile: the sinks are told each once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop and say why")]

#[path = "../../bus/tests/nats_server.rs"]
mod nats_server;
#[expect(dead_code, reason = "the tool of several tests")]
mod support;

use std::collections::BTreeSet;

use bus::Bus;
use nats_server::NatsServer;
use serde_json::json;
use support::{Answer, Running, Webhook, falco, publish, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_and_doubles_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut nats = NatsServer::start().await;
    let bus = Bus::open(&nats.url().parse().unwrap(), &bus::Settings::default()).await.unwrap();
    let script = (0..300).map(|n| Answer::Status(if n % 10 == 3 { 503 } else { 200 }));
    let webhook = Webhook::start(falco, script).await;
    let log = directory.path().join("alerts.log");
    let settings = json!({"sinks": {
        "log": {"type": "file", "path": log},
        "hook": {"type": "webhook", "url": webhook.url(), "retry": {"initial": "10ms", "max": "50ms"}},
    }});
    let running = Running::start(&bus, settings);
    publish(&bus, 0..1000).await;
    until("some are delivered", async || (webhook.count() > 200).then_some(())).await;
    nats.kill();
    let before = webhook.count();
    nats.restart().await;
    publish(&bus, 1000..1500).await;
    webhook.accepts(1500).await;
    assert!(before < 1500, "the server was killed too late: {before}");
    let lines = || std::fs::read_to_string(&log).unwrap_or_default();
    until("all are in the file", async || (lines().lines().count() >= 1500).then_some(())).await;
    let distinct: BTreeSet<String> = lines().lines().map(str::to_owned).collect();
    assert_eq!((lines().lines().count(), distinct.len()), (1500, 1500));
    running.stop().await;
}
