//! Ready means that the bus is there; a sink that is away is something to look at, and no reason to be taken out.

use tests::nats_server::{NatsServer, unused_port};

use crate::support::{Observed, RULE, Services, event, post};

#[tokio::test(flavor = "multi_thread")]
async fn services_are_ready_while_the_bus_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut nats = NatsServer::start().await;
    nats.kill();
    let mut services = Services::start(&nats.url(), "", directory.path());
    for service in services.all() {
        let says = |code: u16, text: &str| {
            code == 503 && text.contains(r#""bus""#) && text.contains("not reached yet")
        };
        service.until("it says that it waits for the bus", "/readyz", says).await;
    }
    nats.restart().await;
    services.until_ready().await;
    for losses in [1.0, 2.0] {
        nats.kill();
        for service in services.all() {
            let says = |code: u16, text: &str| code == 503 && text.contains("it is away");
            service.until("it says that the bus is away", "/readyz", says).await;
            assert_eq!(service.scrape().value("saker_bus_up"), 0.0);
            assert_eq!(service.scrape().value("saker_bus_losses_total"), losses);
        }
        nats.restart().await;
        services.until_ready().await;
        for service in services.all() {
            assert_eq!(service.scrape().value("saker_bus_up"), 1.0);
        }
    }
    services.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_away_degrades_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let (rules, file) = (directory.path().join("rules.yaml"), directory.path().join("saker.yaml"));
    let (port, webhook) = (unused_port(), crate::support::free_address());
    std::fs::write(&rules, RULE).unwrap();
    let sink = format!(
        "{{type: webhook, url: 'http://127.0.0.1:{port}/geheim', retry: {{initial: 50ms, max: 100ms}}}}"
    );
    std::fs::write(&file, format!("notifier: {{sinks: {{away: {sink}}}}}")).unwrap();
    let bus = format!("local:{}", directory.path().join("data").display());
    let listen = webhook.to_string();
    let arguments = [
        "up",
        "--config",
        file.to_str().unwrap(),
        "--bus",
        &bus,
        "--listen",
        &listen,
        "--rules",
        rules.to_str().unwrap(),
    ];
    let saker = Observed::start("saker", directory.path(), &arguments);
    saker.until_ready().await;
    saker.until("all is well", "/healthz", |_, text| text.contains(r#""status":"ok""#)).await;
    assert_eq!(post(webhook, "/k8s_audit", "", event("1").as_bytes()).0, 200);
    let says = |code: u16, text: &str| {
        code == 200
            && text.contains("degraded")
            && text.contains("sink-away")
            && text.contains("failed")
            && !text.contains("geheim")
    };
    saker.until("the sink is told of", "/healthz", says).await;
    saker.until_ready().await;
    let open = r#"saker_notifier_circuit_open{sink="away"}"#;
    assert_eq!(saker.scrape().value(open), 1.0);
    let failed = r#"saker_notifier_deliveries_total{sink="away",result="failed"}"#;
    saker.until_metrics("failures are counted", |scrape| scrape.value(failed) >= 2.0).await;
    let waits = r#"saker_notifier_unsettled_alerts{sink="away"}"#;
    saker.until_metrics("the alert is seen to wait", |scrape| scrape.value(waits) == 1.0).await;

    let ledger = tests::ledger::Ledger::start_on(([127, 0, 0, 1], port).into(), "/geheim").await;
    saker.until("the sink is back", "/healthz", |_, text| text.contains(r#""status":"ok""#)).await;
    assert_eq!((ledger.len(), saker.scrape().value(open)), (1, 0.0));
}
