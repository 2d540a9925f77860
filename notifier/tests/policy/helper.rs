//! Alerts of several kinds, files that sinks write to, and what is in them.

use std::path::{Path, PathBuf};

use bus::{Bus, Stream};
use proto::alerts::v1::{Alert, Priority};
use serde_json::{Value, json};

use crate::support::{alert, until};

/// An alert of a rule.
pub fn of_rule(rule: &str, number: usize, priority: Priority) -> Alert {
    Alert { rule: rule.into(), message: format!("{rule} {number}"), ..alert(number, priority) }
}

/// A sink that writes JSON to a file of its name.
pub fn file(directory: &Path, name: &str, more: Value) -> Value {
    let mut sink = json!({"type": "file", "path": path(directory, name), "format": "json"});
    sink.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sink
}

fn path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.jsonl"))
}

/// What a file sink has written.
pub fn written(directory: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(path(directory, name)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The messages in the outputs that a file sink has written, without time and priority.
pub fn messages(directory: &Path, name: &str) -> Vec<String> {
    let output = |line: &Value| line["output"].as_str().unwrap().split_once(": ").unwrap().1.to_owned();
    let message = |line: &Value| output(line).split_once(' ').unwrap().1.to_owned();
    written(directory, name).iter().map(message).collect()
}

/// Waits until all alerts are settled at a sink.
pub async fn settled(bus: &Bus, sink: &str) {
    until("all alerts are settled", async || {
        let status = bus.status(Stream::Alerts).await.unwrap();
        let name = format!("sink-{sink}");
        let consumer = status.consumers.into_iter().find(|consumer| consumer.name == name)?;
        (consumer.pending == 0 && consumer.unsettled == 0).then_some(())
    })
    .await;
}

/// Waits until a file sink has written so many alerts.
pub async fn has_written(directory: &Path, name: &str, count: usize) {
    until("the alerts are written", async || (written(directory, name).len() >= count).then_some(())).await;
    assert_eq!(written(directory, name).len(), count);
}
