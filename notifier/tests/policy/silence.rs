//! Silences keep alerts back and count them.

use std::sync::atomic::{AtomicUsize, Ordering};

use notifier::{Moment, Silence, Silences};
use proto::alerts::v1::Priority;
use serde_json::json;

use crate::helper::{file, messages, of_rule, settled};
use crate::support::{Running, open, until};

fn silence(condition: &str) -> Silence {
    Silence {
        when: condition.parse().unwrap(),
        owner: "alice".into(),
        reason: "a test".into(),
        until: "2100-01-01T00:00:00Z".parse().unwrap(),
        from: None,
        sinks: Vec::new(),
    }
}

async fn kept_back(silences: &Silences, id: &str, sink: &str) -> u64 {
    let listed = silences.list().await.unwrap();
    listed.get(id).and_then(|listed| listed.kept_back.get(sink)).map_or(0, |summary| summary.count)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_silence_keeps_back_is_counted_and_what_comes_after_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let silences = Silences::on(&bus);
    let now = Moment::from_unix_nanos(0).unix_nanos();
    let id = silences.add(&silence("alert.rule = Quiet"), now).await.unwrap();
    let settings = json!({
        "sinks": {"log": file(directory.path(), "log", json!({}))},
        "silences": {"planned": {"match": "ka.user.name = user-150", "owner": "bob", "reason": "known", "until": "2100-01-01T00:00:00Z"}},
    });
    let running = Running::start(&bus, settings);
    for number in 1..=10 {
        bus.publish(&of_rule("Quiet", number, Priority::Warning)).await.unwrap();
        bus.publish(&of_rule("Loud", 100 + number, Priority::Warning)).await.unwrap();
    }
    bus.publish(&of_rule("Loud", 150, Priority::Critical)).await.unwrap();
    settled(&bus, "log").await;
    assert_eq!(messages(directory.path(), "log").len(), 10);
    assert!(messages(directory.path(), "log").iter().all(|message| message.starts_with("Loud 1")));
    assert_eq!(kept_back(&silences, &id, "log").await, 10);

    silences.end(&id, Moment::from_unix_nanos(1).unix_nanos()).await.unwrap();
    // The notifier hears of it in its own time: alerts that it still keeps back are counted.
    let published = AtomicUsize::new(0);
    until("an alert is told again", async || {
        let number = published.fetch_add(1, Ordering::Relaxed);
        bus.publish(&of_rule("Quiet", 200 + number, Priority::Warning)).await.unwrap();
        settled(&bus, "log").await;
        messages(directory.path(), "log").iter().any(|message| message.starts_with("Quiet")).then_some(())
    })
    .await;
    let told =
        messages(directory.path(), "log").iter().filter(|message| message.starts_with("Quiet")).count();
    let published = 10 + published.into_inner();
    let kept = usize::try_from(kept_back(&silences, &id, "log").await).unwrap();
    assert_eq!(kept + told, published, "nothing disappears without a number");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_that_has_ended_or_is_not_there_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let silences = Silences::on(&bus);
    let late = "2200-01-01T00:00:00Z".parse::<Moment>().unwrap().unix_nanos();
    let error = silences.add(&silence("alert.rule = R"), late).await.unwrap_err().to_string();
    assert_eq!(error, "it would have ended already, at 2100-01-01T00:00:00Z");
    for id in ["0123abcd", "no id", ""] {
        let error = silences.end(id, 0).await.unwrap_err().to_string();
        assert!(error.contains("there is no silence"), "{error}");
    }
    assert!(silences.list().await.unwrap().is_empty());
}
