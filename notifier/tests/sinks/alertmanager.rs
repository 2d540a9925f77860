//! Alertmanager's API, version 2, as its schema has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::double::{Double, Reply, Seen, Service, nobody};
use crate::scenario::{Scenario, comes_through};
use crate::support::publish;

/// The fingerprint of an alert: its labels.
fn post_alerts(seen: &Seen) -> Result<Reply, String> {
    if seen.uri.path() != "/am/api/v2/alerts" || seen.method != "POST" {
        return Err(format!("{} {}", seen.method, seen.uri));
    }
    let alerts: Vec<BTreeMap<String, Value>> =
        serde_json::from_slice(&seen.body).map_err(|error| error.to_string())?;
    let mut taken = Vec::new();
    for alert in alerts {
        let keys: Vec<&str> = alert.keys().map(String::as_str).collect();
        if keys != ["annotations", "endsAt", "labels", "startsAt"] {
            return Err(format!("keys {keys:?}"));
        }
        let labels = texts(&alert["labels"])?;
        texts(&alert["annotations"])?;
        if !labels.contains_key("alertname") {
            return Err("no alertname".to_owned());
        }
        let time = |key: &str| alert[key].as_str().unwrap_or_default().parse::<Timestamp>();
        let (Ok(begin), Ok(end)) = (time("startsAt"), time("endsAt")) else { return Err("times".to_owned()) };
        if begin > end || end < Timestamp::now() {
            return Err(format!("from {begin} to {end}: nobody would be told"));
        }
        taken.push(serde_json::to_string(&labels).unwrap());
    }
    Ok(Reply::took(200, "", taken))
}

fn texts(set: &Value) -> Result<BTreeMap<String, String>, String> {
    let set: BTreeMap<String, String> =
        serde_json::from_value(set.clone()).map_err(|error| error.to_string())?;
    let is_name = |name: &str| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    match set.keys().find(|name| name.is_empty() || !is_name(name)) {
        Some(name) => Err(format!("the label {name}")),
        None => Ok(set),
    }
}

fn service() -> Service {
    Arc::new(post_alerts)
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_arrive_in_batches() {
    let sink = |address| json!({"type": "alertmanager", "urls": [format!("http://{address}/am/")], "labels": ["ka.user.name"]});
    let double = comes_through(sink, 64, service()).await;
    assert!(double.seen().iter().any(|seen| seen.json().unwrap().as_array().unwrap().len() > 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_a_cluster_gets_every_alert() {
    let (first, away) = (Double::start(service()).await, nobody());
    let scenario = Scenario::of(json!({
        "type": "alertmanager", "labels": ["ka.user.name"],
        "urls": [format!("http://{}/am", first.address()), format!("http://{away}/am")],
    }))
    .await;
    publish(&scenario.bus, 0..20).await;
    first.takes(20).await;
    let second = Double::at(away, Vec::new(), service()).await;
    second.takes(20).await;
    scenario.settles().await;
    assert_eq!((first.taken().len(), scenario.dead().await.len()), (20, 0));
    scenario.running.stop().await;
}
