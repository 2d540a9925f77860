//! Slack: incoming webhooks and bots.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::double::{Reply, Seen, Service, Step};
use crate::scenario::{comes_through, refuses_one};

/// What `chat.postMessage` wants; what is wrong with a message it says in an answer of 200.
fn post_message(seen: &Seen) -> Result<Reply, String> {
    let message = seen.json()?;
    if seen.uri.path() != "/api/chat.postMessage"
        || seen.header("content-type") != "application/json; charset=utf-8"
        || seen.header("authorization") != "Bearer xoxb-geheim"
        || message["channel"] != "#ops"
    {
        return Err(format!("invalid_arguments {seen:?}"));
    }
    blocks(&message)?;
    Ok(Reply::took(200, r#"{"ok": true, "ts": "1.2"}"#, [seen.header("idempotency-key").to_owned()]))
}

/// Block Kit and its limits.
fn blocks(message: &Value) -> Result<(), String> {
    let blocks =
        message["blocks"].as_array().filter(|blocks| (1..=50).contains(&blocks.len())).ok_or("blocks")?;
    let text = |text: &Value, most: usize| {
        let is_good = text["text"].as_str().is_some_and(|text| (1..=most).contains(&text.chars().count()));
        let is_typed = text["type"] == "mrkdwn" || text["type"] == "plain_text";
        if is_good && is_typed { Ok(()) } else { Err(format!("invalid_blocks: {text}")) }
    };
    message["text"].as_str().ok_or("no text for notifications")?;
    for block in blocks {
        match block["type"].as_str() {
            Some("header") => text(&block["text"], 150)?,
            Some("section") if block["fields"].is_array() => {
                let fields = block["fields"].as_array().unwrap();
                assert!((1..=10).contains(&fields.len()));
                fields.iter().try_for_each(|field| text(field, 2_000))?;
            }
            Some("section") => text(&block["text"], 3_000)?,
            Some("context") => {
                block["elements"].as_array().unwrap().iter().try_for_each(|part| text(part, 3_000))?
            }
            other => return Err(format!("invalid_blocks: {other:?}")),
        }
    }
    Ok(())
}

fn service() -> Service {
    Arc::new(post_message)
}

fn bot(address: std::net::SocketAddr) -> Value {
    json!({
        "type": "slack", "token": "xoxb-geheim", "channel": "#ops", "layout": "blocks",
        "api_url": format!("http://{address}/api/chat.postMessage"),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_posts_blocks() {
    comes_through(bot, 1, service()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bot_is_told_in_an_answer_of_200_counts() {
    let answer = Step::Say(200, r#"{"ok": false, "error": "msg_too_long"}"#);
    assert_eq!(refuses_one(bot, answer, service()).await, "it answered msg_too_long");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_pass_lose_nothing() {
    let errors = [
        r#"{"ok": false, "error": "ratelimited"}"#,
        r#"{"ok": false, "error": "not_in_channel"}"#,
        r#"{"ok": false, "error": "token_revoked"}"#,
        "<html>a proxy speaks</html>",
        "",
    ];
    let address = crate::double::nobody();
    let script = errors.map(|error| Step::Say(200, error)).to_vec();
    let double = crate::double::Double::at(address, script, service()).await;
    let scenario = crate::scenario::Scenario::of(bot(address)).await;
    crate::support::publish(&scenario.bus, 0..10).await;
    double.takes(10).await;
    assert_eq!(scenario.dead().await, Vec::<String>::new());
    scenario.running.stop().await;
}
