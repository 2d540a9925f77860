//! Alerts of one key are told as one, whichever notifiers are at work and however often they stop.

use std::collections::BTreeSet;

use proto::alerts::v1::Priority;
use serde_json::{Value, json};

use crate::helper::{file, has_written, messages, of_rule, settled, written};
use crate::support::{Running, open};

fn grouped(directory: &std::path::Path, group: Value) -> Value {
    json!({"sinks": {"log": file(directory, "log", json!({"group": group}))}})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_is_told_at_once_and_the_others_when_the_window_ends() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let settings = grouped(directory.path(), json!({"by": ["alert.rule"], "window": "2s"}));
    let running = Running::start(&bus, settings);
    for number in 1..=37 {
        bus.publish(&of_rule("R", number, Priority::Warning)).await.unwrap();
    }
    bus.publish(&of_rule("Other", 100, Priority::Warning)).await.unwrap();
    has_written(directory.path(), "log", 3).await;
    let lines = written(directory.path(), "log");
    let summary = lines.iter().find(|line| line["output"].as_str().unwrap().contains('×')).unwrap();
    assert_eq!(summary["output_fields"]["saker.count"], 37);
    assert!(summary["output"].as_str().unwrap().contains("R ×37 in 2s"), "{summary}");
    assert_eq!(summary["rule"], "R");
    let singly: BTreeSet<String> =
        messages(directory.path(), "log").into_iter().filter(|message| !message.contains('×')).collect();
    assert!(singly.contains("Other 100") && singly.len() == 2, "{singly:?}");
    settled(&bus, "log").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_counted_once_over_restarts_and_several_notifiers() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let settings = grouped(directory.path(), json!({"by": ["alert.rule"], "window": "3s", "first": "held"}));
    let (mut published, mut running) = (0, Vec::new());
    for _ in 0..4 {
        running.push(Running::start(&bus, settings.clone()));
        running.push(Running::start(&bus, settings.clone()));
        for _ in 0..50 {
            published += 1;
            bus.publish(&of_rule("R", published, Priority::Warning)).await.unwrap();
        }
        // Stopped in the middle of it, and gone for good.
        for stopped in running.drain(..) {
            stopped.stop().await;
        }
    }
    let last = Running::start(&bus, settings.clone());
    settled(&bus, "log").await;
    let told = |line: &Value| line["output_fields"]["saker.count"].as_u64().unwrap_or(1);
    crate::support::until("all are told of", async || {
        let sum: u64 = written(directory.path(), "log").iter().map(told).sum();
        (sum >= 200).then_some(())
    })
    .await;
    let lines = written(directory.path(), "log");
    assert_eq!(lines.iter().map(told).sum::<u64>(), 200, "{:?}", messages(directory.path(), "log"));
    assert!(lines.len() < 20, "{} lines", lines.len());
    last.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_ended_while_nobody_was_there_is_told_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let settings = grouped(directory.path(), json!({"by": ["alert.rule"], "window": "1s", "first": "held"}));
    let running = Running::start(&bus, settings.clone());
    for number in 0..3 {
        bus.publish(&of_rule("R", number, Priority::Warning)).await.unwrap();
    }
    settled(&bus, "log").await;
    running.stop().await;
    let before = written(directory.path(), "log").len();
    let running = Running::start(&bus, settings);
    if before == 0 {
        has_written(directory.path(), "log", 1).await;
    }
    assert!(messages(directory.path(), "log")[0].contains("R ×3"), "{:?}", messages(directory.path(), "log"));
    running.stop().await;
}
