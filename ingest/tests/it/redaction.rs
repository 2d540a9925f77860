//! Secrets that are posted, and what of them is on the bus.

use ingest::{Ingest, Settings, redact};
use prost::Message;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;
use reqwest::header::CONTENT_TYPE;
use service::Shutdown;

use crate::harness::{Harness, item, list, parts};

const SECRET: &str = "Z2VoZWltLWdlaGVpbQ==";

fn secret_event(value: &str) -> String {
    format!(
        r#"{{"auditID":"s","stageTimestamp":"2026-01-31T12:00:00.5Z","objectRef":{{"resource":"secrets"}},"requestObject":{{"kind":"Secret","data":{{"password":"{value}"}}}}}}"#
    )
}

fn with_key(file: &std::path::Path, paths: &[&str]) -> Settings {
    let paths = paths.iter().map(|path| path.parse().unwrap()).collect();
    let redact = redact::Settings { key_file: Some(file.to_owned()), paths, ..redact::Settings::default() };
    Settings { redact, ..Settings::default() }
}

/// All that the bus holds, decompressed, as one text.
async fn held(harness: &Harness) -> String {
    let chunks = harness.all::<EventChunk>().await.into_iter().map(|chunk| chunk.encode_to_vec());
    let letters = harness.all::<DeadLetter>().await.into_iter().map(|letter| letter.encode_to_vec());
    String::from_utf8_lossy(&chunks.chain(letters).collect::<Vec<_>>().concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_secret_is_on_the_bus() {
    let harness = Harness::start(Settings::default()).await;
    let untimed = secret_event(SECRET).replace("stageTimestamp", "x");
    let broken = secret_event(SECRET).replace(r#""auditID":"s""#, r#""auditID":oops"#);
    let cut = list(&[item(2, 0), secret_event(SECRET)]);
    let (cut, _) = cut.split_at(cut.find(SECRET).unwrap() + 6);
    let bodies = [
        list(&[item(1, 0), secret_event(SECRET), untimed, broken]),
        format!(r#"{{"kind":"Secret","data":{{"password":"{SECRET}"}}}}"#),
        cut.to_owned(),
        format!(r#"{{"kind":"Secret","data":{{"password":"{SECRET}"#),
    ];
    let statuses = [200, 200, 200, 400];
    for (body, status) in bodies.into_iter().zip(statuses) {
        let answer = parts(harness.post("/k8s_audit", body).await).await;
        assert_eq!(answer.0, status, "{answer:?}");
    }
    assert_eq!((harness.events().await.len(), harness.dead_letters().await.len()), (3, 5));
    let held = held(&harness).await;
    assert!(held.contains(r#""password":"redacted"#) && held.contains(r#""auditID":"s""#), "{held}");
    assert!(!held.contains("Z2Vo"), "{held}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_with_one_key_store_an_event_once_whatever_paths_they_have() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    let harness = Harness::start(with_key(&file, &[])).await;
    let events = [secret_event(SECRET), item(1, 200).replace("\"x\"", "\"annotations\"")];
    let first = parts(harness.post("/k8s_audit", list(&events)).await).await;
    assert_eq!(first.2["stored"], 2, "{first:?}");

    let settings = Settings { listen: "127.0.0.1:0".parse().unwrap(), ..with_key(&file, &["annotations"]) };
    let other = Ingest::bind(&settings, harness.bus.clone()).await.unwrap();
    let (address, shutdown) = (other.local_addr(), Shutdown::new());
    let serving = tokio::spawn(other.serve(shutdown.clone()));
    let request =
        harness.client.post(format!("http://{address}/k8s_audit")).header(CONTENT_TYPE, "application/json");
    let second = parts(request.body(list(&events)).send().await.unwrap()).await;
    assert_eq!(second.2["duplicates"], 2, "{second:?}");
    shutdown.request();
    serving.await.unwrap();

    let chunks = harness.all::<EventChunk>().await;
    let [chunk] = chunks.as_slice() else { panic!("{chunks:?}") };
    assert_eq!(chunk.digests.len(), 2);
    let first = String::from_utf8_lossy(&chunk.events[0]);
    assert!(first.contains(r#""password":"redacted:"#), "{first}");
    // Another value is another event, though without its digest it might look the same.
    let third =
        parts(harness.post("/k8s_audit", list(&[secret_event("other"), events[1].clone()])).await).await;
    assert_eq!(third.2["stored"], 2, "{third:?}");
}

#[tokio::test]
async fn a_key_that_cannot_be_is_told_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    std::fs::write(&file, "short").unwrap();
    let harness = Harness::start(Settings::default()).await;
    let settings = Settings { listen: "127.0.0.1:0".parse().unwrap(), ..with_key(&file, &[]) };
    let Err(error) = Ingest::bind(&settings, harness.bus.clone()).await else { panic!("it starts") };
    let error = error.to_string();
    assert!(error.starts_with("ingest.redact.key_file: ") && error.contains("it has 5 bytes"), "{error}");
}
