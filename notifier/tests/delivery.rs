//! Alerts on a local bus, delivered to files and to webhooks that behave, misbehave, or are not there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop and say why")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use bus::{Start, Stream};
use proto::alerts::v1::Priority;
use serde_json::json;
use support::{Answer, Running, Webhook, alert, falco, open, publish, slack, until};

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

async fn file_has(path: &Path, count: usize) {
    until("all alerts are in the file", async || (lines(path).len() >= count).then_some(())).await;
    let distinct: BTreeSet<String> = lines(path).into_iter().collect();
    assert_eq!((lines(path).len(), distinct.len()), (count, count), "each alert once");
}

/// All alerts are settled at the sink.
async fn settled(bus: &bus::Bus, sink: &str) {
    until("all alerts are settled", async || {
        let status = bus.status(Stream::Alerts).await.unwrap();
        let consumer =
            status.consumers.into_iter().find(|consumer| consumer.name == format!("sink-{sink}"))?;
        (consumer.pending == 0 && consumer.unsettled == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_each_alert_once() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook = Webhook::start(falco, []).await;
    let sink = json!({"type": "webhook", "url": webhook.url(), "headers": {"X-Team": "blue"}});
    let running = Running::start(&bus, json!({"sinks": {"hook": sink}}));
    publish(&bus, 0..200).await;
    webhook.accepts(200).await;
    let request = webhook.requests().into_iter().next().unwrap();
    assert_eq!(request.body["uuid"], request.id.as_str());
    assert_eq!(request.body["output_fields"]["saker.cluster"], "prod");
    assert_eq!(request.headers["x-team"], "blue");
    assert!(request.headers["user-agent"].to_str().unwrap().starts_with("saker/"));
    settled(&bus, "hook").await;
    running.stop().await;

    // What was settled does not come again.
    let running = Running::start(&bus, json!({"sinks": {"hook": {"type": "webhook", "url": webhook.url()}}}));
    publish(&bus, 200..210).await;
    webhook.accepts(210).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_is_told_in_its_shape() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook = Webhook::start(slack, []).await;
    let sink = json!({"type": "slack", "webhook_url": webhook.url(), "channel": "#ops", "footer": "prod"});
    let running = Running::start(&bus, json!({"sinks": {"ops": sink}}));
    publish(&bus, 0..20).await;
    webhook.accepts(20).await;
    assert_eq!(webhook.requests()[0].body["channel"], "#ops");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_misbehaves_gets_all_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let script = [500, 502, 503, 408, 425, 302].map(Answer::Status);
    let script = script.into_iter().chain([Answer::Hang, Answer::RetryAfter(429, 1), Answer::Status(429)]);
    let webhook = Webhook::at("127.0.0.1:0".parse().unwrap(), falco, script, 3).await;
    let sink = json!({
        "type": "webhook", "url": webhook.url(), "timeout": "300ms", "retry": {"initial": "10ms", "max": "50ms"},
    });
    let running = Running::start(&bus, json!({"sinks": {"hook": sink}}));
    publish(&bus, 0..50).await;
    webhook.accepts(50).await;
    let requests = webhook.requests();
    assert_eq!(requests.iter().filter(|request| !request.accepted).count(), 9);
    let limited = &requests[7];
    let next = &requests[8];
    assert!(
        next.at - limited.at >= Duration::from_secs(1),
        "Retry-After was not kept: {:?}",
        next.at - limited.at
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_refuses_goes_to_the_dead_letters() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook =
        Webhook::start(falco, [Answer::Status(400), Answer::Status(200), Answer::Status(413)]).await;
    let sink = json!({"type": "webhook", "url": webhook.url(), "concurrency": 1});
    let running = Running::start(&bus, json!({"sinks": {"hook": sink}}));
    publish(&bus, 0..10).await;
    webhook.accepts(8).await;
    settled(&bus, "hook").await;
    let mut letters = bus.dead_letters().list(Start::Earliest).await.unwrap();
    let mut found = Vec::new();
    while let Some(letter) = letters.next().await.unwrap() {
        found.push(letter.message);
    }
    let reasons: Vec<&str> = found.iter().map(|letter| letter.reason.as_str()).collect();
    let refusals =
        ["it answered 400 Bad Request: answer 400", "it answered 413 Payload Too Large: answer 413"];
    assert_eq!(reasons, refusals);
    assert!(found.iter().all(|letter| letter.code == "refused" && letter.consumer == "sink-hook"));

    // Put back, it is delivered.
    for letter in found {
        bus.dead_letters().replay(letter.id.parse().unwrap()).await.unwrap().unwrap();
    }
    webhook.accepts(10).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_given_up_after_the_attempts_that_are_set() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook = Webhook::start(falco, [500, 500, 500].map(Answer::Status)).await;
    let retry = json!({"initial": "10ms", "max": "20ms", "attempts": 3});
    let sink = json!({"type": "webhook", "url": webhook.url(), "retry": retry});
    let running = Running::start(&bus, json!({"sinks": {"hook": sink}}));
    publish(&bus, [1]).await;
    let letter = until("the alert is given up", async || {
        let mut letters = bus.dead_letters().list(Start::Earliest).await.unwrap();
        letters.next().await.unwrap()
    })
    .await;
    assert_eq!((letter.message.code.as_str(), webhook.count()), ("gave-up", 3));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_down_holds_up_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let log = directory.path().join("alerts.log");
    let failing = Webhook::start(falco, std::iter::repeat_n(Answer::Status(500), 10_000)).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = port.local_addr().unwrap();
    drop(port);
    let settings = json!({"sinks": {
        "log": {"type": "file", "path": log},
        "failing": {"type": "webhook", "url": failing.url(), "retry": {"initial": "10m", "max": "10m"}},
        "away": {"type": "webhook", "url": format!("http://{address}/hook"), "retry": {"initial": "20ms", "max": "100ms"}},
    }});
    let running = Running::start(&bus, settings);
    publish(&bus, 0..500).await;
    file_has(&log, 500).await;
    // As many as go side by side have to fail in a row, and others are under way then.
    assert!(failing.count() < 8, "{} requests to a sink that fails", failing.count());

    let webhook = Webhook::at(address, falco, [], 0).await;
    webhook.accepts(500).await;
    assert_eq!(failing.accepted().len(), 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_back_what_the_sink_has_not_taken() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook = Webhook::start(falco, [Answer::Hang; 4]).await;
    let settings = json!({"drain": "100ms", "sinks": {"hook": {"type": "webhook", "url": webhook.url()}}});
    let running = Running::start(&bus, settings.clone());
    publish(&bus, 0..20).await;
    until("four requests hang", async || (webhook.count() == 4).then_some(())).await;
    running.stop().await;
    assert_eq!(webhook.accepted().len(), 0);

    let running = Running::start(&bus, settings);
    webhook.accepts(20).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_each_alert_once_through_restarts_and_rotation() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let log = directory.path().join("alerts.log");
    let settings = json!({"sinks": {"log": {"type": "file", "path": log}}});
    for restart in 0..3 {
        let running = Running::start(&bus, settings.clone());
        publish(&bus, restart * 400..(restart + 1) * 400).await;
        file_has(&log, (restart + 1) * 400).await;
        running.stop().await;
    }
    let running = Running::start(&bus, settings);
    publish(&bus, 1200..1300).await;
    file_has(&log, 1300).await;
    let rotated = directory.path().join("alerts.log.1");
    std::fs::rename(&log, &rotated).unwrap();
    publish(&bus, 1300..1400).await;
    file_has(&log, 100).await;
    file_has(&rotated, 1300).await;
    running.stop().await;
    assert_eq!(lines(&log)[0].split(": ").nth(1).unwrap().split(' ').next(), Some("Warning"));
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_below_the_minimum_are_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let log = directory.path().join("alerts.log");
    let settings = json!({"sinks": {"log": {"type": "file", "path": log, "format": "json", "minimum_priority": "error"}}});
    let running = Running::start(&bus, settings);
    for (number, priority) in (1..=8).filter_map(|number| Some((number, Priority::try_from(number).ok()?))) {
        bus.publish(&alert(usize::try_from(number).unwrap(), priority)).await.unwrap();
    }
    settled(&bus, "log").await;
    let priorities: BTreeSet<String> = lines(&log)
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["priority"].to_string())
        .collect();
    assert_eq!(
        priorities.into_iter().collect::<Vec<_>>().join(" "),
        r#""Alert" "Critical" "Emergency" "Error""#
    );
    running.stop().await;
}

#[tokio::test]
async fn a_sink_that_is_off_has_no_consumer() {
    let settings: notifier::Settings =
        serde_json::from_value(json!({"sinks": {"off": {"type": "file", "path": "/x", "enabled": false}}}))
            .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let shutdown = service::Shutdown::new();
    shutdown.request();
    notifier::Notifier::new(bus.clone(), settings).run(shutdown).await.unwrap();
    let status = bus.status(Stream::Alerts).await.unwrap();
    assert_eq!(status.consumers, []);
}
