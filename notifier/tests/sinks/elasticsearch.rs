//! Elasticsearch's bulk API, which says of each document what became of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::double::{Double, Reply, Seen, Service};
use crate::scenario::{Scenario, comes_through};
use crate::support::publish;

/// How the index stands with a document.
#[derive(Default)]
struct Index {
    documents: BTreeMap<String, Value>,
    attempts: BTreeMap<String, usize>,
}

/// Each fourth document is too much at first, and one may not fit the mapping.
fn bulk(seen: &Seen, index: &Mutex<Index>, unfit: Option<usize>) -> Result<Reply, String> {
    if seen.uri.path() != "/_bulk" || seen.header("content-type") != "application/x-ndjson" {
        return Err(format!("{} {:?}", seen.uri, seen.headers));
    }
    let text = std::str::from_utf8(&seen.body).map_err(|error| error.to_string())?;
    let text = text.strip_suffix('\n').ok_or("the bulk request must be terminated by a newline")?;
    let lines: Vec<&str> = text.split('\n').collect();
    if !lines.len().is_multiple_of(2) {
        return Err("an action without a document".to_owned());
    }
    let (mut items, mut taken, mut index) = (Vec::new(), Vec::new(), index.lock().unwrap());
    for pair in lines.chunks(2) {
        let parsed: Result<Vec<Value>, _> = pair.iter().map(|line| serde_json::from_str(line)).collect();
        let parsed = parsed.map_err(|error| error.to_string())?;
        let (action, document) = (&parsed[0]["create"], &parsed[1]);
        let id = action["_id"].as_str().ok_or("no _id")?.to_owned();
        if action["_index"] != "saker-1970.01.01" || !document["@timestamp"].is_string() {
            return Err(format!("{action} {document}"));
        }
        let attempts = index.attempts.entry(id.clone()).or_default();
        *attempts += 1;
        let first = *attempts == 1;
        let number: usize = document["output"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        items.push(if Some(number) == unfit {
            let cause = json!({"type": "illegal_argument_exception", "reason": "13 is no number"});
            let error = json!({"type": "document_parsing_exception", "reason": "failed to parse", "caused_by": cause});
            json!({"create": {"status": 400, "error": error}})
        } else if index.documents.contains_key(&id) {
            json!({"create": {"status": 409, "error": {"type": "version_conflict_engine_exception"}}})
        } else if number.is_multiple_of(4) && first {
            json!({"create": {"status": 429, "error": {"type": "es_rejected_execution_exception"}}})
        } else {
            index.documents.insert(id.clone(), document.clone());
            taken.push(id);
            json!({"create": {"status": 201}})
        });
    }
    let errors = items.iter().any(|item| item["create"]["status"] != 201);
    Ok(Reply::took(200, &json!({"took": 1, "errors": errors, "items": items}).to_string(), taken))
}

fn service(unfit: Option<usize>) -> Service {
    let index = Arc::new(Mutex::new(Index::default()));
    Arc::new(move |seen| bulk(seen, &index, unfit))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_document_is_indexed_once() {
    let double = Double::start(service(Some(13))).await;
    let scenario = Scenario::of(json!({
        "type": "elasticsearch", "url": format!("http://{}", double.address()), "max_request": "2KiB",
        "api_key": "Z2VoZWlt", "pipeline": "a b",
    }))
    .await;
    publish(&scenario.bus, 0..50).await;
    double.takes(49).await;
    scenario.settles().await;
    let dead = scenario.dead().await;
    let expected = "it answered 400 for a document: document_parsing_exception: failed to parse: \
                    illegal_argument_exception: 13 is no number";
    assert_eq!(dead, [expected]);
    assert!(double.taken().values().all(|times| *times == 1));
    for seen in double.seen() {
        assert!(seen.body.len() <= 2_048, "{} bytes", seen.body.len());
        assert_eq!(
            (seen.header("authorization"), seen.uri.query()),
            ("ApiKey Z2VoZWlt", Some("pipeline=a+b"))
        );
    }
    scenario.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_misbehaves_has_all_in_the_end() {
    let sink = |address| json!({"type": "elasticsearch", "url": format!("http://{address}")});
    let double = comes_through(sink, 0, service(None)).await;
    assert!(double.taken().values().all(|times| *times == 1), "what is in the index is not taken again");
}
