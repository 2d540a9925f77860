//! Settings that change while the notifier runs: nothing is lost over it, and mistakes change nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use notifier::{Notifier, Settings};
use proto::alerts::v1::Priority;
use serde_json::{Value, json};
use service::config::{Problem, Problems};
use service::{Reload, Shutdown};

use crate::helper::{file, has_written, of_rule, settled, written};
use crate::support::{Webhook, falco, open, publish, until};

/// Settings that a test can change.
#[derive(Clone)]
struct Changing(Arc<Mutex<Result<Settings, String>>>);

impl Changing {
    fn new(settings: Value) -> Self {
        Self(Arc::new(Mutex::new(Ok(serde_json::from_value(settings).unwrap()))))
    }

    fn set(&self, settings: Value) {
        *self.0.lock().unwrap() = serde_json::from_value(settings).map_err(|error| error.to_string());
    }

    fn read(&self) -> Result<Settings, Problems> {
        let now = self.0.lock().unwrap().clone();
        now.map_err(|error| Problems::new(vec![Problem::at("notifier", error)]))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sinks_come_go_and_change_without_losing_an_alert() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let first = Webhook::start(falco, []).await;
    let second = Webhook::start(falco, []).await;
    let hook = |url: String| json!({"type": "webhook", "url": url});
    let log = file(directory.path(), "log", json!({}));
    let settings = Changing::new(json!({"reload": "20ms", "sinks": {"hook": hook(first.url()), "log": log}}));
    let (shutdown, reading) = (Shutdown::new(), settings.clone());
    let first_settings = settings.read().unwrap();
    let notifier =
        Notifier::new(bus.clone(), first_settings).reloading_on(Reload::new(), move || reading.read());
    let running = tokio::spawn(notifier.run(shutdown.clone()));
    publish(&bus, 0..100).await;
    // In the middle of it the hook gets another URL, and a sink comes.
    let new = file(directory.path(), "new", json!({}));
    settings.set(json!({"reload": "20ms", "sinks": {"hook": hook(second.url()), "log": log, "new": new}}));
    until("the new sink is at work", async || (!written(directory.path(), "new").is_empty()).then_some(()))
        .await;
    publish(&bus, 100..200).await;
    until("the hooks have them all", async || {
        (first.accepted().len() + second.accepted().len() >= 200).then_some(())
    })
    .await;
    let doubled = first.accepted().keys().filter(|id| second.accepted().contains_key(*id)).count();
    assert_eq!((first.accepted().len() + second.accepted().len(), doubled), (200, 0));
    assert!(second.accepted().len() >= 100);
    has_written(directory.path(), "log", 200).await;
    has_written(directory.path(), "new", 200).await;

    // Mistakes change nothing.
    settings.set(json!({"sinks": {"log": {"type": "pager"}}}));
    publish(&bus, 200..210).await;
    has_written(directory.path(), "log", 210).await;

    // Routes change without a sink being set up anew.
    let routes = json!([{"match": "alert.rule = Never", "sinks": ["new"]}]);
    settings.set(json!({"reload": "20ms", "sinks": {"log": log, "new": new}, "routes": routes}));
    let number = AtomicUsize::new(1000);
    until("the hook is gone", async || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        bus.publish(&of_rule("R", number, Priority::Debug)).await.unwrap();
        settled(&bus, "log").await;
        let status = bus.status(bus::Stream::Alerts).await.unwrap();
        status
            .consumers
            .iter()
            .any(|consumer| consumer.name == "sink-hook" && consumer.pending > 0)
            .then_some(())
    })
    .await;
    let before = written(directory.path(), "new").len();
    publish(&bus, 2000..2010).await;
    settled(&bus, "new").await;
    assert_eq!(written(directory.path(), "new").len(), before);
    shutdown.request();
    running.await.unwrap().unwrap();
}
