//! Real rules against events on a local bus.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop and say why")]

use std::time::Duration;

use bus::{Address, Bus, Start, Stream};
use evaluator::{Evaluator, Ruleset, Settings, alert};
use proto::alerts::v1::{Alert, Priority};
use proto::events::v1::EventChunk;
use service::Shutdown;

const RULES: &str = "
- rule: Pod created
  desc: d
  condition: ka.verb = create and ka.target.resource = pods
  output: pod %ka.target.name by %ka.user.name in %ka.target.namespace
  priority: WARNING
  source: k8s_audit
  tags: [k8s, a]
- rule: Anything created
  desc: d
  condition: ka.verb = create
  output: created
  priority: NOTICE
  source: k8s_audit
";

fn event(verb: &str) -> String {
    format!(
        r#"{{"kind":"Event","auditID":"1","stage":"ResponseComplete","verb":"{verb}","user":{{"username":"alice"}},"objectRef":{{"resource":"pods","name":"web"}},"stageTimestamp":"2018-10-25T14:09:12.581541Z"}}"#
    )
}

async fn alerts_of(settings: Settings, events: &[String]) -> Vec<Alert> {
    let directory = tempfile::tempdir().unwrap();
    let bus =
        Bus::open(&Address::Local(directory.path().join("bus")), &bus::Settings::default()).await.unwrap();
    let events = events.iter().map(|event| event.clone().into()).collect();
    bus.publish(&EventChunk {
        cluster: "prod".into(),
        received_unix_nanos: 7,
        events,
        ..EventChunk::default()
    })
    .await
    .unwrap();
    let ruleset = Ruleset::load(&settings).unwrap();
    let shutdown = Shutdown::new();
    let evaluator = Evaluator::new(bus.clone(), settings, Some(ruleset));
    let running = tokio::spawn(evaluator.run(shutdown.clone()));
    tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let status = bus.status(Stream::Events).await.unwrap();
            if status.consumers.iter().any(|consumer| consumer.pending == 0 && consumer.unsettled == 0) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    shutdown.request();
    running.await.unwrap().unwrap();
    let mut reader = bus.read::<Alert>(Start::Earliest).await.unwrap();
    let mut found = Vec::new();
    while let Some(stored) = reader.next().await.unwrap() {
        found.push(stored.message);
    }
    found
}

fn settings(directory: &tempfile::TempDir, more: &str) -> Settings {
    let path = directory.path().join("rules.yaml");
    std::fs::write(&path, RULES).unwrap();
    serde_json::from_str(&format!(r#"{{"rules": ["{}"], "hostname": "vm"{more}}}"#, path.display())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rule_that_matches_raises_the_alert() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, "");
    let digest = Ruleset::load(&settings).unwrap().digest().to_owned();
    let found = alerts_of(settings, &[event("create"), event("get"), event("list")]).await;
    assert_eq!(found.len(), 1, "{found:?}");
    for alert in found {
        assert_eq!(alert.id, alert::id("prod", event("create").as_bytes(), "Pod created").to_string());
        assert_eq!((alert.rule.as_str(), alert.priority()), ("Pod created", Priority::Warning));
        assert_eq!(alert.message, "pod web by alice in <NA>");
        assert_eq!((alert.cluster.as_str(), alert.ruleset.as_str()), ("prod", digest.as_str()));
        assert_eq!((alert.hostname.as_str(), alert.received_unix_nanos), ("vm", 7));
        assert_eq!(alert.time_unix_nanos, 1_540_476_552_581_541_000);
        assert_eq!(alert.tags, ["a", "k8s"]);
        let names: Vec<&str> = alert.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["evt.time", "ka.target.name", "ka.target.namespace", "ka.user.name"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_rules_that_match_raise_one_where_that_is_set() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, r#", "rule_matching": "all""#);
    let found = alerts_of(settings, &[event("create")]).await;
    let mut rules: Vec<&str> = found.iter().map(|alert| alert.rule.as_str()).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["Anything created", "Pod created"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_below_the_priority_are_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, r#", "rule_matching": "all", "priority": "warning", "workers": 1"#);
    let found = alerts_of(settings, &[event("create")]).await;
    assert_eq!(found.iter().map(|alert| alert.rule.as_str()).collect::<Vec<_>>(), ["Pod created"]);
}
