//! The webhook as an API server meets it: a real listener, a real bus, a real client.

use std::path::Path;

use crate::harness::{Harness, item, list, parts, read_all};
use ingest::{Settings, redact};
use serde_json::json;
use service::units::{ByteSize, Span};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

fn recorded() -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    (1..=8).map(|number| std::fs::read(directory.join(format!("{number:02}.json"))).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_bodies_are_on_the_bus_byte_for_byte() {
    #[derive(serde::Deserialize)]
    struct EventList<'a> {
        #[serde(borrow)]
        items: Vec<&'a serde_json::value::RawValue>,
    }
    let redact = redact::Settings { builtin: Vec::new(), ..redact::Settings::default() };
    let harness = Harness::start(Settings { redact, ..Settings::default() }).await;
    let bodies = recorded();
    let mut expected = Vec::new();
    for body in &bodies {
        let list: EventList<'_> = serde_json::from_slice(body).unwrap();
        let count = list.items.len();
        expected.extend(list.items.iter().map(|item| ("prod".to_owned(), item.get().as_bytes().to_vec())));
        let answer = parts(harness.post("/k8s_audit/prod?timeout=30s", body.clone()).await).await;
        assert_eq!(
            answer,
            (200, None, json!({"received": count, "stored": count, "duplicates": 0, "quarantined": 0}))
        );
    }
    assert_eq!(expected.len(), 2526);
    let sorted = |mut events: Vec<(String, Vec<u8>)>| {
        events.sort();
        events
    };
    assert!(sorted(harness.events().await) == sorted(expected), "other events than were sent");
    assert!(harness.dead_letters().await.is_empty());

    let again = parts(harness.post("/k8s_audit/prod", bodies[0].clone()).await).await;
    assert_eq!(again.2, json!({"received": 400, "stored": 0, "duplicates": 400, "quarantined": 0}));
    assert_eq!(harness.events().await.len(), 2526, "a body that is sent again is not stored again");
}

#[tokio::test]
async fn every_path_takes_events_and_names_its_cluster() {
    let harness = Harness::start(Settings::default()).await;
    let paths = [
        ("/k8s_audit", "default"),
        ("/k8s-audit?timeout=30s", "default"),
        ("/k8s_audit/", "default"),
        ("/k8s_audit/eu-1", "eu-1"),
        ("/k8s-audit/eu-1/?x=/k8s_audit/no", "eu-1"),
        ("/k8s-audit/a%2Eb", "a.b"),
    ];
    for (number, (path, _)) in paths.iter().enumerate() {
        let (status, ..) = parts(harness.post(path, list(&[item(number, 0)])).await).await;
        assert_eq!(status, 200, "{path}");
    }
    let clusters: Vec<_> = harness.events().await.into_iter().map(|(cluster, _)| cluster).collect();
    assert_eq!(clusters, paths.map(|(_, cluster)| cluster));
}

#[tokio::test]
async fn what_is_not_served_is_refused_and_never_redirected() {
    let harness = Harness::start(Settings { max_body: ByteSize::kib(64), ..Settings::default() }).await;
    for (path, status, code) in [
        ("/", 404, "not-found"),
        ("//k8s_audit", 404, "not-found"),
        ("/k8s_audit//", 400, "bad-cluster"),
        ("/k8s_audit/a/b", 404, "not-found"),
        ("/K8S_AUDIT", 404, "not-found"),
        ("/k8s_audit/a%20b", 400, "bad-cluster"),
        ("/k8s_audit/a%2Fb", 400, "bad-cluster"),
        ("/k8s_audit/%ff", 400, "bad-cluster"),
        ("/k8s_audit/-", 400, "bad-cluster"),
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        let answer = harness.raw(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{path}: {answer}");
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let response = harness
            .client
            .request(method.parse().unwrap(), harness.url("/k8s_audit/x"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            (response.status().as_u16(), response.headers()["allow"].to_str().unwrap()),
            (405, "POST"),
            "{method}"
        );
    }
    assert!(harness.events().await.is_empty() && harness.dead_letters().await.is_empty());
}

#[tokio::test]
async fn only_plain_json_is_taken() {
    let harness = Harness::start(Settings::default()).await;
    let body = list(&[item(0, 0)]);
    for (headers, status) in [
        (vec![("content-type", "application/json")], 200),
        (vec![("content-type", "Application/JSON; charset=utf-8")], 200),
        (vec![("content-type", "application/x-ndjson"), ("content-encoding", "identity")], 200),
        (vec![], 415),
        (vec![("content-type", "text/plain")], 415),
        (vec![("content-type", "application/jsonx")], 415),
        (vec![("content-type", "application/json"), ("content-encoding", "gzip")], 415),
        (vec![("content-type", "application/json"), ("content-encoding", "identity, zstd")], 415),
    ] {
        let mut request = harness.client.post(harness.url("/k8s_audit")).body(body.clone());
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let (answered, _, answer) = parts(request.send().await.unwrap()).await;
        assert_eq!(answered, status, "{headers:?}: {answer}");
        assert_eq!(answer["error"]["message"].is_string(), status != 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_bodies_are_refused_before_and_while_they_arrive() {
    let harness = Harness::start(Settings { max_body: ByteSize::mib(1), ..Settings::default() }).await;
    // By its length alone: the body never comes.
    let announced = "POST /k8s_audit HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n";
    let answer = harness.raw(announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"limit\":1048576"), "{answer}");
    // All of it is sent before the answer is read.
    let whole = harness.post("/k8s_audit", vec![b' '; 5 << 20]).await;
    assert_eq!(whole.status().as_u16(), 413);
    // Without a length.
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 << 10]));
    let chunked = harness.post("/k8s_audit", reqwest::Body::wrap_stream(futures::stream::iter(chunks))).await;
    assert_eq!(chunked.status().as_u16(), 413);
    // As large as may be.
    let event = item(0, 1000);
    let body = format!("{}{}", list(&[event]), " ".repeat(1 << 20));
    let body = body.as_bytes()[..1 << 20].to_vec();
    assert_eq!(harness.post("/k8s_audit", body).await.status().as_u16(), 200);
}

#[tokio::test]
async fn bodies_without_a_length_are_taken() {
    let harness = Harness::start(Settings::default()).await;
    let body = list(&[item(0, 100), item(1, 100)]);
    let chunks: Vec<_> =
        body.as_bytes().chunks(7).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let (status, _, answer) =
        parts(harness.post("/k8s_audit", reqwest::Body::wrap_stream(futures::stream::iter(chunks))).await)
            .await;
    assert_eq!((status, &answer["stored"]), (200, &json!(2)));
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let harness = Harness::start(Settings::default()).await;
    let h2 = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let request = h2.post(harness.url("/k8s_audit")).header("content-type", "application/json");
    let response = request.body(list(&[item(0, 3 << 20)])).send().await.unwrap();
    assert_eq!((response.version(), response.status().as_u16()), (reqwest::Version::HTTP_2, 200));
    let health = harness.client.get(harness.url("/healthz")).send().await.unwrap();
    assert_eq!((health.version(), health.status().as_u16()), (reqwest::Version::HTTP_11, 200));
    assert_eq!(harness.events().await.len(), 1);
}

#[tokio::test]
async fn a_body_that_is_not_json_says_where_and_is_kept() {
    let harness = Harness::start(Settings::default()).await;
    let body = format!("{{\n \"kind\" \"Event\"}}{}", "x".repeat(100_000));
    for _ in 0..2 {
        let (status, _, answer) = parts(harness.post("/k8s_audit/prod", body.clone()).await).await;
        assert_eq!(status, 400);
        let error = &answer["error"];
        assert_eq!((&error["code"], &error["offset"]), (&json!("not-json"), &json!(10)));
        assert_eq!(
            (&error["line"], &error["column"], &error["expected"]),
            (&json!(2), &json!(9), &json!("`:`"))
        );
    }
    let letters = harness.dead_letters().await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(
        (letter.code.as_str(), letter.cluster.as_str(), letter.replayable),
        ("not-json", "prod", false)
    );
    assert_eq!(letter.payload, body.as_bytes()[..64 << 10]);
    assert_eq!(letter.length, u64::try_from(body.len()).unwrap());
    assert_eq!(
        letter.hash,
        blake3::hash(&letter.payload).to_hex().to_string(),
        "of what is kept: there is no key"
    );
}

#[tokio::test]
async fn broken_events_are_kept_and_their_neighbours_taken() {
    let harness = Harness::start(Settings { max_event: ByteSize::kib(100), ..Settings::default() }).await;
    let large = item(7, 200_000);
    let items =
        [item(0, 0), "{\"a\":tru}".into(), item(1, 0), "{\"no\":\"time\"}".into(), large.clone(), item(2, 0)];
    let (status, _, answer) = parts(harness.post("/k8s_audit/prod", list(&items)).await).await;
    assert_eq!(
        (status, answer),
        (200, json!({"received": 6, "stored": 3, "duplicates": 0, "quarantined": 3}))
    );
    let events: Vec<_> = harness.events().await.into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, [0, 1, 2].map(|name| item(name, 0).into_bytes()));

    let mut letters = harness.dead_letters().await;
    letters.sort_by(|one, other| one.code.cmp(&other.code));
    let seen: Vec<_> = letters.iter().map(|letter| (letter.code.as_str(), letter.replayable)).collect();
    assert_eq!(seen, [("no-stage-timestamp", true), ("not-json", false), ("too-large", true)]);
    let receipt = harness.bus.dead_letters().replay(letters[2].id.parse().unwrap()).await.unwrap();
    assert!(receipt.is_some());
    assert_eq!(harness.events().await.last(), Some(&("prod".to_owned(), large.into_bytes())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_not_reached_yet_is_answered_with_503() {
    let settings = Settings { retry_after: Span::seconds(17), ..Settings::default() };
    let harness = Harness::start_before(settings, &bus::Settings::default()).await;
    let (status, retry_after, answer) = parts(harness.post("/k8s_audit", list(&[item(0, 0)])).await).await;
    assert_eq!((status, retry_after.as_deref()), (503, Some("17")), "{answer}");
    assert_eq!(answer["error"]["code"], "not-stored");
    harness.reach.reached(harness.bus.clone());
    let (status, _, answer) = parts(harness.post("/k8s_audit", list(&[item(0, 0)])).await).await;
    assert_eq!((status, &answer["stored"]), (200, &1.into()), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_closed_is_answered_with_503_at_once() {
    let settings = Settings { retry_after: Span::seconds(17), ..Settings::default() };
    let harness = Harness::start(settings).await;
    harness.bus.close().await.unwrap();
    for body in [list(&[item(0, 0)]), "not json".into(), list(&["{\"broken\":}".into()])] {
        let started = std::time::Instant::now();
        let (status, retry_after, answer) = parts(harness.post("/k8s_audit", body).await).await;
        assert_eq!((status, retry_after.as_deref()), (503, Some("17")), "{answer}");
        assert_eq!(answer["error"]["code"], "not-stored");
        assert!(started.elapsed().as_secs() < 9, "{:?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_takes_its_time_is_answered_with_503() {
    let settings = Settings { publish_timeout: Span::milliseconds(1), ..Settings::default() };
    let harness = Harness::start(settings).await;
    // Large enough that no bus stores it within that.
    let (status, retry_after, answer) =
        parts(harness.post("/k8s_audit", list(&[item(0, 20 << 20)])).await).await;
    assert_eq!((status, retry_after.as_deref()), (503, Some("10")), "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().contains("nothing was stored for 1ms"), "{answer}");
}

/// The sizes that API servers were seen to send.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_and_events_of_the_largest_kind_are_taken() {
    let harness = Harness::start(Settings::default()).await;
    for items in [vec![item(0, 64 << 20)], (1..63).map(|name| item(name, 1_800_000)).collect::<Vec<_>>()] {
        let body = list(&items);
        let (status, _, answer) = parts(harness.post("/k8s_audit", body).await).await;
        assert_eq!((status, &answer["stored"]), (200, &json!(items.len())), "{answer}");
    }
    let lengths: Vec<_> = harness.events().await.iter().map(|(_, event)| event.len()).collect();
    assert_eq!((lengths.len(), lengths.iter().sum::<usize>()), (63, (64 << 20) + 62 * 1_800_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_full_is_answered_with_503_and_nothing_stored_is_lost() {
    let bus_settings = bus::Settings { max_bytes: 1 << 20, ..bus::Settings::default() };
    let harness = Harness::start_on(Settings::default(), &bus_settings).await;
    let mut stored = 0;
    let refused = loop {
        // Noise, which zstd cannot make small.
        let noise: String = (0..100_000).map(|_| char::from(fastrand(&mut stored))).collect();
        stored += 1;
        let event = item(stored, 0).replace("\"x\":\"", &format!("\"x\":\"{noise}"));
        let answer = parts(harness.post("/k8s_audit", list(&[event])).await).await;
        if answer.0 != 200 {
            break answer;
        }
        assert!(stored < 200_000_000, "the bus never got full");
    };
    assert_eq!((refused.0, refused.1.as_deref()), (503, Some("10")), "{}", refused.2);
    assert!(refused.2["error"]["message"].as_str().unwrap().contains("full"), "{}", refused.2);
}

/// Letters without a pattern, from a counter.
fn fastrand(state: &mut usize) -> u8 {
    *state += 1;
    let hash = blake3::hash(&state.to_le_bytes());
    b'a' + hash.as_bytes()[0] % 26
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_share_a_bounded_memory() {
    let settings = Settings { memory: ByteSize::mib(4), max_body: ByteSize::mib(3), ..Settings::default() };
    let harness = Harness::start(settings).await;
    // Half of a body is held, and the rest does not come yet.
    let body = list(&[item(0, (5 << 19) - 200)]);
    let (head, rest) = body.as_bytes().split_at(body.len() - 10);
    let mut holder = TcpStream::connect(harness.address).await.unwrap();
    let request = format!(
        "POST /k8s_audit HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    holder.write_all(request.as_bytes()).await.unwrap();
    holder.write_all(head).await.unwrap();
    // Until all of that has arrived, there is room.
    let mut number = 0;
    let refused = loop {
        number += 1;
        let answer = parts(harness.post("/k8s_audit", list(&[item(number, 2 << 20)])).await).await;
        if answer.0 != 200 {
            break answer;
        }
        assert!(number < 1000, "memory was never short");
    };
    assert_eq!((refused.0, refused.1.as_deref()), (503, Some("10")), "{}", refused.2);
    assert_eq!(refused.2["error"]["code"], "no-memory");
    // A small one finds its place beside it; and once the large one is done, so does another large one.
    assert_eq!(harness.post("/k8s_audit", list(&[item(0, 1000)])).await.status().as_u16(), 200);
    holder.write_all(rest).await.unwrap();
    assert!(read_all(&mut holder).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(harness.post("/k8s_audit", list(&[item(number, 2 << 20)])).await.status().as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_large_bodies_get_room_or_503() {
    let settings = Settings { memory: ByteSize::mib(6), max_body: ByteSize::mib(3), ..Settings::default() };
    let harness = Harness::start(settings).await;
    let bodies: Vec<_> = (0..12).map(|name| list(&[item(name, 5 << 19)])).collect();
    let answers =
        futures::future::join_all(bodies.iter().map(|body| harness.post("/k8s_audit", body.clone()))).await;
    let mut stored = 0;
    for (answer, body) in answers.into_iter().zip(&bodies) {
        let (status, retry_after, _) = parts(answer).await;
        assert!((status, retry_after.as_deref()) == (503, Some("10")) || status == 200, "{status}");
        stored += usize::from(status == 200);
        // What was refused fits later.
        if status == 503 {
            assert_eq!(harness.post("/k8s_audit", body.clone()).await.status().as_u16(), 200);
            stored += 1;
        }
    }
    assert_eq!((stored, harness.events().await.len()), (12, 12));
}
