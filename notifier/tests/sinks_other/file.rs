//! A file whose directory is not there yet, and one on a disk that is full for a while.

use std::collections::BTreeSet;
use std::path::Path;

use bus::{Bus, Stream};
use serde_json::json;

use crate::support::{Running, open, publish, until};

/// The sink has given alerts back.
async fn was_tried(bus: &Bus) {
    until("it was tried in vain", async || {
        let status = bus.status(Stream::Alerts).await.unwrap();
        status.consumers.iter().any(|consumer| consumer.redelivered > 0).then_some(())
    })
    .await;
}

/// Each alert is there once.
async fn has(file: &Path, count: usize) {
    let lines = until("all alerts are in the file", async || {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        (lines.len() >= count).then_some(lines)
    })
    .await;
    assert_eq!((lines.len(), lines.iter().collect::<BTreeSet<_>>().len()), (count, count));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_comes_late_gets_all() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let log = directory.path().join("logs/alerts.log");
    let sink = json!({"type": "file", "path": log, "retry": {"initial": "10ms", "max": "50ms"}});
    let running = Running::start(&bus, json!({"sinks": {"log": sink}}));
    publish(&bus, 0..300).await;
    was_tried(&bus).await;
    std::fs::create_dir(directory.path().join("logs")).unwrap();
    has(&log, 300).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_was_full_gets_all() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let log = directory.path().join("alerts.log");
    std::os::unix::fs::symlink("/dev/full", &log).unwrap();
    let sink = json!({"type": "file", "path": log, "retry": {"initial": "10ms", "max": "50ms"}});
    let running = Running::start(&bus, json!({"sinks": {"log": sink}}));
    publish(&bus, 0..300).await;
    was_tried(&bus).await;
    std::fs::remove_file(&log).unwrap();
    has(&log, 300).await;
    running.stop().await;
}
