//! PagerDuty's Events API, version 2.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::double::{Double, Reply, Seen, Service, Step};
use crate::scenario::{Scenario, comes_through, refuses_one};
use crate::support::publish;

fn enqueue(seen: &Seen) -> Result<Reply, String> {
    let event = seen.json()?;
    let allowed =
        ["client", "client_url", "dedup_key", "event_action", "images", "links", "payload", "routing_key"];
    if let Some(key) =
        event.as_object().ok_or("no object")?.keys().find(|key| !allowed.contains(&key.as_str()))
    {
        return Err(format!("{key} is no part of an event"));
    }
    let payload = &event["payload"];
    let text = |value: &Value, most: usize| {
        value.as_str().is_some_and(|text| (1..=most).contains(&text.chars().count()))
    };
    let severities = ["critical", "error", "warning", "info"];
    let checks = [
        ("path", seen.uri.path() == "/v2/enqueue"),
        ("size", seen.body.len() <= 512 * 1024),
        ("routing_key", event["routing_key"] == "geheim"),
        ("event_action", event["event_action"] == "trigger"),
        ("dedup_key", text(&event["dedup_key"], 255)),
        ("summary", text(&payload["summary"], 1_024)),
        ("source", text(&payload["source"], 1_024)),
        ("severity", severities.contains(&payload["severity"].as_str().unwrap_or_default())),
        ("timestamp", payload["timestamp"].as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok())),
        ("custom_details", payload["custom_details"].is_object()),
    ];
    if let Some((what, _)) = checks.iter().find(|(_, is_good)| !is_good) {
        return Err(format!("{what} in {event}"));
    }
    let key = event["dedup_key"].as_str().unwrap().to_owned();
    let answer = json!({"status": "success", "message": "Event processed", "dedup_key": key});
    Ok(Reply::took(202, &answer.to_string(), [key]))
}

fn service() -> Service {
    Arc::new(enqueue)
}

fn sink(address: std::net::SocketAddr) -> Value {
    json!({"type": "pagerduty", "routing_key": "geheim", "url": format!("http://{address}/v2/enqueue")})
}

#[tokio::test(flavor = "multi_thread")]
async fn each_alert_is_an_incident() {
    comes_through(sink, 1, service()).await;
    let invalid = Step::Say(400, r#"{"status": "invalid event", "message": "Event object is invalid"}"#);
    let reason = refuses_one(sink, invalid, service()).await;
    assert!(reason.contains("Event object is invalid"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_with_the_same_facts_are_one_incident() {
    let double = Double::start(service()).await;
    let mut settings = sink(double.address());
    settings["dedup_by"] = json!(["rule", "cluster"]);
    let scenario = Scenario::of(settings).await;
    publish(&scenario.bus, 0..10).await;
    scenario.settles().await;
    scenario.running.stop().await;
    let keys: BTreeSet<String> = double.taken().into_keys().collect();
    assert_eq!((keys.len(), double.seen().len(), double.refusals().len()), (1, 10, 0));
}
