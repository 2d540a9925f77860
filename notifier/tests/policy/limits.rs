//! The operator's words in place of a sink's own, and how often a sink is sent to.

use std::time::Duration;

use serde_json::json;

use crate::support::{Running, Webhook, open, publish};

fn anything(_: &serde_json::Value) -> Result<(), String> {
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_the_operators_is_sent_in_place_of_the_sinks_own() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook = Webhook::start(anything, []).await;
    let body = json!({"title": "%alert.rule in %alert.cluster", "user": "%ka.user.name", "n": "%alert.count", "fixed": [1, true]});
    let sink = json!({"type": "webhook", "url": webhook.url(), "body": body});
    let running = Running::start(&bus, json!({"sinks": {"hook": sink}}));
    publish(&bus, [5]).await;
    webhook.accepts(1).await;
    let expected = json!({"title": "R in prod", "user": "user-5", "n": 1, "fixed": [1, true]});
    assert_eq!(webhook.requests()[0].body, expected);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_the_operators_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook = Webhook::start(crate::support::slack, []).await;
    let sink = json!({"type": "slack", "webhook_url": webhook.url(), "text": "%alert.priority: %ka.user.name did <that>"});
    let running = Running::start(&bus, json!({"sinks": {"ops": sink}}));
    publish(&bus, [5]).await;
    webhook.accepts(1).await;
    assert_eq!(webhook.requests()[0].body["attachments"][0]["text"], "Warning: user-5 did &lt;that&gt;");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let webhook = Webhook::start(crate::support::falco, []).await;
    let sink = json!({"type": "webhook", "url": webhook.url(), "rate": "5/500ms", "concurrency": 8});
    let running = Running::start(&bus, json!({"sinks": {"hook": sink}}));
    publish(&bus, 0..20).await;
    webhook.accepts(20).await;
    let requests = webhook.requests();
    let spans = requests.windows(6).map(|six| six[5].at - six[0].at);
    let shortest = spans.min().unwrap();
    // Requests that leave in time may arrive a little closer together.
    assert!(shortest >= Duration::from_millis(400), "six requests within {shortest:?}");
    running.stop().await;
}
