//! What every sink must come through.

use std::net::SocketAddr;

use bus::{Bus, Start};
use serde_json::{Value, json};

use crate::double::{Double, Service, Step, misbehaviour, nobody};
use crate::support::{Running, open, publish, until};

/// A notifier with one sink on a local bus.
pub struct Scenario {
    _directory: tempfile::TempDir,
    pub bus: Bus,
    pub running: Running,
}

impl Scenario {
    /// The sink with short waits.
    pub async fn of(sink: Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let bus = open(directory.path()).await;
        let Value::Object(own) = sink else { panic!("the settings of a sink are a table") };
        let mut sink = json!({
            "timeout": "400ms", "rate": "unlimited", "retry": {"initial": "10ms", "max": "50ms"},
        });
        sink.as_object_mut().unwrap().extend(own);
        let running = Running::start(&bus, json!({"sinks": {"it": sink}}));
        Self { _directory: directory, bus, running }
    }

    /// The reasons for which alerts went to the dead letters.
    pub async fn dead(&self) -> Vec<String> {
        let mut letters = self.bus.dead_letters().list(Start::Earliest).await.unwrap();
        let mut reasons = Vec::new();
        while let Some(letter) = letters.next().await.unwrap() {
            reasons.push(letter.message.reason);
        }
        reasons
    }

    /// Waits until so many alerts are among the dead letters.
    pub async fn dies(&self, count: usize) -> Vec<String> {
        until("alerts are among the dead letters", async || {
            let reasons = self.dead().await;
            (reasons.len() >= count).then_some(reasons)
        })
        .await
    }

    /// Waits until nothing is left to deliver.
    pub async fn settles(&self) {
        until("all alerts are settled", async || {
            let status = self.bus.status(bus::Stream::Alerts).await.unwrap();
            let consumer = status.consumers.into_iter().find(|consumer| consumer.name == "sink-it")?;
            (consumer.pending == 0 && consumer.unsettled == 0).then_some(())
        })
        .await;
    }
}

/// The service is away, comes back, misbehaves in every way, and has all alerts in the end: none is lost, and none is
/// taken twice but the ones whose answer never came.
pub async fn comes_through(sink: impl Fn(SocketAddr) -> Value, batch: usize, service: Service) -> Double {
    let address = nobody();
    let scenario = Scenario::of(sink(address)).await;
    publish(&scenario.bus, 0..30).await;
    let double = Double::at(address, misbehaviour(), service).await;
    double.takes(30).await;
    publish(&scenario.bus, 30..50).await;
    double.takes(50).await;
    scenario.settles().await;
    scenario.running.stop().await;
    let twice: Vec<usize> = double.taken().into_values().filter(|times| *times > 1).collect();
    assert!(twice.len() <= batch && twice.iter().all(|times| *times == 2), "{:?}", double.taken());
    let seen = double.seen();
    assert!(seen.len() > misbehaviour().len(), "the script was played");
    double
}

/// What the service says to the first alert sends it to the dead letters, and the others arrive.
pub async fn refuses_one(sink: impl Fn(SocketAddr) -> Value, answer: Step, service: Service) -> String {
    let address = nobody();
    let double = Double::at(address, vec![answer], service).await;
    let scenario = Scenario::of(sink(address)).await;
    publish(&scenario.bus, 0..10).await;
    double.takes(9).await;
    let reasons = scenario.dies(1).await;
    scenario.running.stop().await;
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    reasons.concat()
}
