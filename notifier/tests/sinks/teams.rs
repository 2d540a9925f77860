//! Microsoft Teams: what a workflow takes, and what a connector says.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::double::{Double, Reply, Seen, Service, Step};
use crate::scenario::{Scenario, comes_through, refuses_one};
use crate::support::publish;

/// A workflow made of the template that posts cards to a channel.
fn workflow(seen: &Seen) -> Result<Reply, String> {
    let message = seen.json()?;
    let attachment = &message["attachments"][0];
    let card = &attachment["content"];
    let checks = [
        ("size", seen.body.len() <= 28 * 1024),
        ("type", message["type"] == "message"),
        ("contentType", attachment["contentType"] == "application/vnd.microsoft.card.adaptive"),
        ("card", card["type"] == "AdaptiveCard" && card["version"] == "1.4"),
        ("body", card["body"].as_array().is_some_and(|body| !body.is_empty() && body.iter().all(is_element))),
    ];
    match checks.iter().find(|(_, is_good)| !is_good) {
        Some((what, _)) => Err(format!("{what} in {message}")),
        None => Ok(Reply::took(202, "", [seen.header("idempotency-key").to_owned()])),
    }
}

fn is_element(element: &Value) -> bool {
    let items = |key: &str| element[key].as_array().filter(|items| !items.is_empty());
    match element["type"].as_str() {
        Some("RichTextBlock") => items("inlines")
            .is_some_and(|runs| runs.iter().all(|run| run["type"] == "TextRun" && run["text"].is_string())),
        Some("FactSet") => items("facts").is_some_and(|facts| {
            facts.iter().all(|fact| fact["title"].is_string() && fact["value"].is_string())
        }),
        _ => false,
    }
}

/// A connector, which answers `1`.
fn connector(seen: &Seen) -> Result<Reply, String> {
    let card = seen.json()?;
    let section = &card["sections"][0];
    let is_good =
        card["@type"] == "MessageCard" && card["summary"].is_string() && section["facts"].is_array();
    match is_good && section["text"].is_string() {
        true => Ok(Reply::took(200, "1", [seen.header("idempotency-key").to_owned()])),
        false => Err(format!("Summary or Text is required: {card}")),
    }
}

fn sink(address: SocketAddr) -> Value {
    json!({"type": "teams", "webhook_url": format!("http://{address}/workflows/geheim?sig=geheim")})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_given_cards() {
    let service: Service = Arc::new(workflow);
    comes_through(sink, 1, Arc::clone(&service)).await;
    let reason = refuses_one(sink, Step::Say(413, "too large"), service).await;
    assert_eq!(reason, "it answered 413 Payload Too Large: too large");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_connector_says_in_an_answer_of_200_counts() {
    let failed = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x";
    let double = Double::with(vec![Step::Say(200, failed)], Arc::new(connector));
    let mut settings = sink(double.address());
    settings["layout"] = "messagecard".into();
    let scenario = Scenario::of(settings).await;
    publish(&scenario.bus, 0..5).await;
    double.takes(5).await;
    assert_eq!((double.seen().len(), scenario.dead().await.len()), (6, 0));
    scenario.running.stop().await;
}
