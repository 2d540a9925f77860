//! What is counted is what was posted, and docs/metrics.md is what a scrape gives.

use std::collections::BTreeMap;
use std::path::Path;

use tests::nats_server::NatsServer;
use tests::scrape::Scrape;

use crate::support::{Observed, Services, free_address, post, recorded};

/// A sink of each result: a file of all alerts, and one that is given only the urgent ones.
fn config(directory: &Path) -> String {
    let (all, urgent) = (directory.join("all.jsonl"), directory.join("urgent.jsonl"));
    format!(
        "notifier:\n  sinks:\n    all: {{type: file, path: {}, format: json}}\n    urgent: {{type: file, path: {}, \
         format: json, minimum_priority: warning}}\n",
        all.display(),
        urgent.display()
    )
}

fn lines(directory: &Path, name: &str) -> f64 {
    f64::from(u32::try_from(std::fs::read_to_string(directory.join(name)).unwrap().lines().count()).unwrap())
}

fn results(scrape: &Scrape) -> [f64; 3] {
    ["stored", "duplicate", "quarantined"]
        .map(|result| scrape.value(&format!(r#"saker_ingest_events_total{{result="{result}"}}"#)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_what_was_posted() {
    let directory = tempfile::tempdir().unwrap();
    let nats = NatsServer::start().await;
    let mut services = Services::start(&nats.url(), &config(directory.path()), directory.path());
    services.until_ready().await;
    let (body, events) = recorded("06.json");
    let events = f64::from(u32::try_from(events).unwrap());
    // Stored, then known, then two pieces that are no events, then three refusals.
    for body in [body.as_slice(), &body, br#"[{"kind":"Event"},1]"#] {
        assert_eq!(post(services.webhook, "/k8s_audit", "", body).0, 200);
    }
    assert_eq!(post(services.webhook, "/k8s_audit", "", b"no json").0, 400);
    assert_eq!(post(services.webhook, "/k8s_audit/-", "", b"[]").0, 400);
    assert_eq!(post(services.webhook, "/elsewhere", "", b"[]").0, 404);

    let bytes = 2 * body.len() + 20 + 7;
    check_ingest(&services.ingest.scrape(), events, bytes);
    let alerts = check_evaluator(&services, events).await;
    check_notifier(&services, alerts, directory.path()).await;
    check_lag(&services, alerts).await;
    services.terminate();
}

fn check_ingest(ingest: &Scrape, events: f64, bytes: usize) {
    assert_eq!(results(ingest), [events, events, 2.0]);
    assert_eq!(ingest.value("saker_ingest_received_events_total"), 2.0 * events + 2.0);
    for (code, count) in
        [("ok", 3.0), ("not-json", 1.0), ("bad-cluster", 1.0), ("not-found", 1.0), ("no-memory", 0.0)]
    {
        assert_eq!(
            ingest.value(&format!(r#"saker_ingest_requests_total{{code="{code}"}}"#)),
            count,
            "{code}"
        );
    }
    assert_eq!(ingest.value("saker_ingest_request_duration_seconds_count"), 6.0);
    assert_eq!(ingest.value("saker_ingest_body_bytes_count"), 4.0);
    let bytes = f64::from(u32::try_from(bytes).unwrap());
    assert_eq!(ingest.value("saker_ingest_body_bytes_sum"), bytes);
    assert_eq!(ingest.sum("saker_ingest_dead_letters_total"), 3.0);
    assert_eq!(ingest.value("saker_ingest_memory_bytes"), 0.0);
    assert_eq!(ingest.value("saker_ingest_memory_limit_bytes"), f64::from(512 << 20));
}

/// Returns how many alerts were raised.
async fn check_evaluator(services: &Services, events: f64) -> f64 {
    let stored = r#"saker_evaluator_alerts_total{result="stored"}"#;
    services
        .evaluator
        .until_metrics("all events are evaluated", |scrape| {
            scrape.value("saker_evaluator_events_total") >= events
        })
        .await;
    services
        .evaluator
        .until_metrics("all chunks are settled", |scrape| {
            scrape.sum("saker_evaluator_chunks_total")
                == scrape.value("saker_evaluator_evaluation_duration_seconds_count")
        })
        .await;
    let evaluator = services.evaluator.scrape();
    let alerts = evaluator.value(stored);
    assert!(alerts > 0.0, "the body raises alerts");
    assert_eq!(evaluator.value("saker_evaluator_events_total"), events);
    assert_eq!(evaluator.sum("saker_evaluator_rule_matches_total"), alerts);
    for delay in ["event", "receipt"] {
        assert_eq!(evaluator.value(&format!("saker_evaluator_{delay}_delay_seconds_count")), alerts);
    }
    assert!(
        evaluator.value("saker_evaluator_receipt_delay_seconds_sum") < 60.0 * alerts,
        "delays are of now"
    );
    alerts
}

async fn check_notifier(services: &Services, alerts: f64, directory: &Path) {
    let of = |sink: &str, result: &str| {
        format!(r#"saker_notifier_deliveries_total{{sink="{sink}",result="{result}"}}"#)
    };
    services
        .notifier
        .until_metrics("all alerts are delivered", |scrape| {
            scrape.value(&of("all", "delivered")) >= alerts
                && scrape.value(&of("urgent", "delivered")) + scrape.value(&of("urgent", "withheld"))
                    >= alerts
        })
        .await;
    let notifier = services.notifier.scrape();
    assert_eq!(notifier.value(&of("all", "delivered")), alerts);
    assert_eq!(notifier.value(&of("all", "delivered")), lines(directory, "all.jsonl"));
    assert_eq!(notifier.value(&of("urgent", "delivered")), lines(directory, "urgent.jsonl"));
    assert!(notifier.value(&of("urgent", "withheld")) > 0.0, "some alerts are not urgent");
    assert_eq!(notifier.value(r#"saker_notifier_receipt_delay_seconds_count{sink="all"}"#), alerts);
}

/// It is looked up every few seconds.
async fn check_lag(services: &Services, alerts: f64) {
    services
        .evaluator
        .until_metrics("no chunk waits", |scrape| {
            scrape.value("saker_bus_events_chunks") > 0.0
                && scrape.value("saker_evaluator_pending_chunks")
                    + scrape.value("saker_evaluator_unsettled_chunks")
                    == 0.0
        })
        .await;
    services
        .notifier
        .until_metrics("dead letters are seen", |scrape| {
            scrape.value("saker_bus_dead_letters_messages") == 3.0
                && scrape.value("saker_bus_alerts_messages") == alerts
        })
        .await;
}

/// The rows of the tables: the name with its labels, and the type.
fn documented() -> BTreeMap<String, String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `saker_"));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let name = format!("saker_{}", cells.next().unwrap().trim_end_matches('`'));
        (name, cells.next().unwrap().trim().to_owned())
    })
    .collect()
}

/// The same of a scrape.
fn scraped(scrape: &Scrape) -> BTreeMap<String, String> {
    let metrics = scrape.metrics.iter().map(|(name, (kind, labels))| {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        (format!("{name}{labels}"), kind.clone())
    });
    metrics.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_has_every_metric_and_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let bus = format!("local:{}", directory.path().join("data").display());
    let (webhook, documented) = (free_address().to_string(), documented());
    let saker = Observed::start("saker", directory.path(), &["up", "--bus", &bus, "--listen", &webhook]);
    saker.until_ready().await;
    saker
        .until_metrics("the sinks are set up", |scrape| {
            scrape.metrics.contains_key("saker_notifier_circuit_open")
        })
        .await;
    saker
        .until_metrics("the sinks have values", |scrape| {
            scrape.metrics.get("saker_notifier_circuit_open").is_some_and(|(_, labels)| !labels.is_empty())
        })
        .await;
    assert_eq!(scraped(&saker.scrape()), documented, "the scrape, and docs/metrics.md");

    // Each service alone has a part of them.
    let nats = NatsServer::start().await;
    let services = Services::start(&nats.url(), "", directory.path());
    services.until_ready().await;
    let are_set_up = |scrape: &Scrape| scrape.metrics["saker_notifier_circuit_open"].1.contains("sink");
    services.notifier.until_metrics("the sinks are set up", are_set_up).await;
    for (service, section) in services.all().into_iter().zip(["ingest", "evaluator", "notifier"]) {
        let own = scraped(&service.scrape());
        let unknown: Vec<_> =
            own.iter().filter(|(name, kind)| documented.get(*name) != Some(*kind)).collect();
        assert!(unknown.is_empty(), "{section}: {unknown:?}");
        assert!(own.keys().any(|name| name.starts_with(&format!("saker_{section}_"))), "{own:?}");
        assert!(own.contains_key("saker_build_info{version}") && own.contains_key("saker_bus_up"), "{own:?}");
    }
}

#[test]
fn the_alerts_for_prometheus_name_metrics_that_exist() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus/rules.yaml");
    let rules = std::fs::read_to_string(rules).unwrap();
    let known: Vec<String> =
        documented().into_keys().map(|name| name.split('{').next().unwrap_or_default().to_owned()).collect();
    let words = rules.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let named: Vec<&str> = words.filter(|word| word.starts_with("saker_")).collect();
    assert!(named.len() >= 10, "{named:?}");
    for name in named {
        let series = ["_bucket", "_count", "_sum"].iter().find_map(|suffix| name.strip_suffix(suffix));
        assert!(known.iter().any(|known| known == series.unwrap_or(name)), "{name} is no metric");
    }
}
