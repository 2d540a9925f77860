//! Syslog to a strict receiver that hangs, resets and closes.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Running, alert, open, publish, until};
use crate::syslog_receiver::{Deed, Receiver};

fn sink(receiver: &Receiver, more: serde_json::Value) -> serde_json::Value {
    let mut sink = json!({
        "type": "syslog", "host": "127.0.0.1", "port": receiver.address.port(), "timeout": "300ms",
        "retry": {"initial": "10ms", "max": "50ms"},
    });
    sink.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"sinks": {"siem": sink}})
}

/// Waits until so many alerts are there, and says how many messages that took.
async fn received(receiver: &Receiver, count: usize) -> usize {
    until("all alerts are received", async || {
        let messages = receiver.messages();
        let ids: BTreeSet<&str> = messages.iter().map(|message| message.alert_id()).collect();
        (ids.len() >= count).then_some(messages.len())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_alert_is_one_message_by_the_rfc() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let receiver = Receiver::start([]).await;
    let running = Running::start(&bus, sink(&receiver, json!({"facility": "local3"})));
    publish(&bus, 0..200).await;
    assert_eq!(received(&receiver, 200).await, 200);
    let message = receiver.messages().into_iter().find(|message| message.text.ends_with("alert 7")).unwrap();
    assert_eq!(message.priority, 19 * 8 + 4);
    assert_eq!(
        (message.hostname.as_str(), message.app_name.as_str(), message.message_id.as_str()),
        ("vm", "saker", "R")
    );
    assert_eq!(message.alert_id(), alert(7, proto::alerts::v1::Priority::Warning).id);
    assert_eq!(message.data["saker@32473"]["cluster"], "prod");
    assert_eq!(message.data["fields@32473"]["ka.user.name"], "user-7");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_misbehaves_gets_all_in_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let script = [Deed::Hang, Deed::Reset, Deed::ReadAndReset, Deed::CloseAfterOne, Deed::Reset];
    let receiver = Receiver::start(script).await;
    let running = Running::start(&bus, sink(&receiver, json!({})));
    publish(&bus, 0..100).await;
    received(&receiver, 100).await;
    assert!(receiver.connections() > script.len());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_kept_until_the_receiver_closes_it() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let receiver = Receiver::start([Deed::CloseAfterOne]).await;
    let running = Running::start(&bus, sink(&receiver, json!({"arrival": "sent"})));
    for number in 0..20 {
        publish(&bus, [number]).await;
        received(&receiver, number + 1).await;
    }
    assert_eq!(receiver.connections(), 2);
    running.stop().await;
}
