//! Webhooks: Falco's JSON, as falcosidekick takes it, and CloudEvents; signed.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json};

use crate::double::{Double, Reply, Seen, Service, Step};
use crate::scenario::{Scenario, comes_through, refuses_one};
use crate::support::publish;

fn id(seen: &Seen) -> Result<String, String> {
    Some(seen.header("idempotency-key").to_owned()).filter(|id| !id.is_empty()).ok_or("no id".to_owned())
}

/// What falcosidekick wants of an event; all else it answers with a 400.
fn falcosidekick(seen: &Seen) -> Result<Reply, String> {
    let event = seen.json()?;
    let text = |key: &str| event[key].as_str().filter(|text| !text.is_empty()).ok_or(format!("no {key}"));
    let priorities =
        ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];
    if seen.method != "POST" || seen.uri.path() != "/" || seen.header("content-type") != "application/json" {
        return Err(format!("{} {}", seen.method, seen.uri));
    }
    if !priorities.contains(&text("priority")?.to_lowercase().as_str()) {
        return Err(format!("priority {}", event["priority"]));
    }
    text("rule")?;
    text("output")?;
    text("source")?;
    text("hostname")?;
    text("time")?.parse::<Timestamp>().map_err(|error| error.to_string())?;
    if event["output_fields"].as_object().is_none_or(serde_json::Map::is_empty) {
        return Err("no output_fields".to_owned());
    }
    if !event["tags"].is_array() || text("uuid")? != id(seen)? {
        return Err("tags or uuid".to_owned());
    }
    Ok(Reply::took(200, "", [id(seen)?]))
}

/// What a consumer of CloudEvents 1.0 wants of one in structured mode.
fn cloud_events(seen: &Seen) -> Result<Reply, String> {
    let event = seen.json()?;
    let text = |key: &str| event[key].as_str().filter(|text| !text.is_empty()).ok_or(format!("no {key}"));
    let has_type = seen.header("content-type") == "application/cloudevents+json";
    if !has_type || text("specversion")? != "1.0" || text("id")? != id(seen)? {
        return Err(format!("{:?} {event}", seen.headers));
    }
    text("source")?;
    text("type")?;
    text("subject")?;
    text("time")?.parse::<Timestamp>().map_err(|error| error.to_string())?;
    match text("datacontenttype")? == "application/json" && event["data"]["rule"].is_string() {
        true => Ok(Reply::took(202, "", [id(seen)?])),
        false => Err(format!("data {event}")),
    }
}

/// As a receiver of Standard Webhooks does.
fn verified(seen: &Seen) -> Result<Reply, String> {
    let (id, time) = (seen.header("webhook-id"), seen.header("webhook-timestamp"));
    let sent: i64 = time.parse().map_err(|_| format!("timestamp {time}"))?;
    if (Timestamp::now().as_second() - sent).abs() > 300 {
        return Err("too old".to_owned());
    }
    let signature = seen.header("webhook-signature").strip_prefix("v1,").ok_or("no signature")?;
    let signature = STANDARD.decode(signature).map_err(|error| error.to_string())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"a secret of some length");
    let signed = [format!("{id}.{time}.").as_bytes(), &seen.body].concat();
    hmac::verify(&key, &signed, &signature).map_err(|_| "a forgery".to_owned())?;
    Ok(Reply::took(204, "", [id.to_owned()]))
}

fn service(judge: fn(&Seen) -> Result<Reply, String>) -> Service {
    Arc::new(judge)
}

#[tokio::test(flavor = "multi_thread")]
async fn falcosidekick_takes_it() {
    let sink = |address| json!({"type": "webhook", "url": format!("http://{address}/")});
    let double = comes_through(sink, 1, service(falcosidekick)).await;
    let keys: Vec<String> =
        double.seen()[0].json().unwrap().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let expected =
        ["hostname", "output", "output_fields", "priority", "rule", "source", "tags", "time", "uuid"];
    assert_eq!(keys, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn cloud_events_are_events() {
    let sink =
        |address| json!({"type": "webhook", "url": format!("http://{address}/"), "format": "cloudevents"});
    comes_through(sink, 1, service(cloud_events)).await;
    let reason = refuses_one(sink, Step::Say(422, "not  mine"), service(cloud_events)).await;
    assert_eq!(reason, "it answered 422 Unprocessable Entity: not mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_and_carry_what_is_set() {
    let double = Double::start(service(verified)).await;
    let scenario = Scenario::of(json!({
        "type": "webhook", "url": format!("http://{}/hook?a=b", double.address()), "method": "put",
        "signing_secret": format!("whsec_{}", STANDARD.encode("a secret of some length")),
        "auth": {"username": "saker", "password": "geheim"}, "headers": {"X-Team": "blue"},
    }))
    .await;
    publish(&scenario.bus, 0..5).await;
    double.takes(5).await;
    scenario.running.stop().await;
    for seen in double.seen() {
        assert_eq!((seen.method.as_str(), seen.uri.to_string().as_str()), ("PUT", "/hook?a=b"));
        assert_eq!((seen.header("x-team"), seen.header("authorization")), ("blue", "Basic c2FrZXI6Z2VoZWlt"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_until_a_date_is_kept() {
    let until = Timestamp::now() + jiff::SignedDuration::from_secs(2);
    let date = until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let address = crate::double::nobody();
    let double = Double::at(address, vec![Step::RetryAfter(503, date)], service(falcosidekick)).await;
    let scenario = Scenario::of(json!({"type": "webhook", "url": format!("http://{address}/")})).await;
    publish(&scenario.bus, 0..1).await;
    double.takes(1).await;
    let whole: Timestamp = Timestamp::from_second(until.as_second()).unwrap();
    assert!(Timestamp::now() >= whole, "it came again before {whole}");
    scenario.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_revoked_loses_nothing() {
    let wrong = [401, 403, 404, 407].map(|status| Step::Say(status, "who are you?")).to_vec();
    let address = crate::double::nobody();
    let double = Double::at(address, wrong, service(falcosidekick)).await;
    let scenario = Scenario::of(json!({"type": "webhook", "url": format!("http://{address}/")})).await;
    publish(&scenario.bus, 0..5).await;
    double.takes(5).await;
    assert_eq!(scenario.dead().await, Vec::<String>::new());
    scenario.running.stop().await;
    let _: Value = double.seen()[0].json().unwrap();
}
