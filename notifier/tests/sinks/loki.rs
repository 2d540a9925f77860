//! Loki's push API and its limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::double::{Double, Reply, Seen, Service, nobody};
use crate::scenario::{Scenario, comes_through};
use crate::support::publish;

/// Takes what it can of a push, and answers with a 400 where there was something that it could not take.
fn push(seen: &Seen, too_old: &str) -> Result<Reply, String> {
    if seen.uri.path() != "/loki/api/v1/push" || seen.header("content-type") != "application/json" {
        return Err(format!("{} {:?}", seen.uri, seen.headers));
    }
    if seen.header("x-scope-orgid") != "blue" {
        return Err("no org id".to_owned());
    }
    let push = seen.json()?;
    let mut reply = Reply { status: 204, ..Reply::default() };
    for stream in push["streams"].as_array().filter(|streams| !streams.is_empty()).ok_or("no streams")? {
        let labels: BTreeMap<String, String> =
            serde_json::from_value(stream["stream"].clone()).map_err(|error| error.to_string())?;
        if !(1..=15).contains(&labels.len()) || labels.values().any(|value| value.len() > 2_048) {
            return Err(format!("labels {labels:?}"));
        }
        for value in stream["values"].as_array().ok_or("no values")? {
            let [time, line, metadata] = value.as_array().ok_or("no value")?.as_slice() else {
                return Err("three parts are wanted".to_owned());
            };
            let (Some(time), Some(line)) = (time.as_str(), line.as_str()) else {
                return Err("no texts".to_owned());
            };
            time.parse::<u64>().map_err(|error| error.to_string())?;
            let metadata: BTreeMap<String, String> =
                serde_json::from_value(metadata.clone()).map_err(|error| error.to_string())?;
            if line.len() > 256 * 1024 || metadata.len() > 128 {
                return Err("too much".to_owned());
            }
            if line.contains(too_old) {
                reply.status = 400;
                reply.body = "entry for stream '{}' has timestamp too old".to_owned();
            } else {
                reply.taken.push(metadata["id"].clone());
            }
        }
    }
    Ok(reply)
}

fn service(too_old: &'static str) -> Service {
    Arc::new(move |seen| push(seen, too_old))
}

fn sink(address: std::net::SocketAddr) -> Value {
    json!({"type": "loki", "url": format!("http://{address}"), "tenant": "blue"})
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_pushed_in_batches() {
    let double = comes_through(sink, 256, service("never")).await;
    let most =
        double.seen().iter().map(|seen| seen.json().unwrap()["streams"].as_array().unwrap().len()).max();
    assert!(most > Some(1));
}

/// Loki keeps one of what it is pushed twice: the same time and line of the same stream.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_too_old_holds_up_no_other() {
    let address = nobody();
    let scenario = Scenario::of(sink(address)).await;
    publish(&scenario.bus, 0..20).await;
    let double = Double::at(address, Vec::new(), service("alert 13")).await;
    double.takes(19).await;
    scenario.settles().await;
    let dead = scenario.dead().await;
    assert_eq!(dead, ["it answered 400 Bad Request: entry for stream '{}' has timestamp too old"]);
    scenario.running.stop().await;
}
