//! `Subscribe`: where it starts, what it shows, and what it tells of what is missing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bus::Stream;
use prost_types::{FieldMask, Timestamp};
use proto::alerts::v1::gap::Reason;
use proto::alerts::v1::start::At;
use proto::alerts::v1::subscribe_response::Event;
use proto::alerts::v1::{Filter, OnGap, OnSlow, Priority, SubscribeRequest};
use serde_json::json;
use tonic::Code;

use crate::support::{Server, alert, from, number, publish, replay_one, until};

fn cursor_of(event: Event) -> Vec<u8> {
    match event {
        Event::Heartbeat(heartbeat) => heartbeat.cursor.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_is_given_what_is_kept_and_what_comes_and_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..100).await;
    let mut all = server.subscribe(from(At::Earliest(true))).await;
    let mut latest = server.subscribe(SubscribeRequest::default()).await;
    let before = cursor_of(latest.next().await.unwrap().unwrap());
    assert_eq!(all.numbers(100).await.0, (0..100).collect::<Vec<_>>());
    publish(&server.bus, 100..200).await;
    let (numbers, cursor) = all.numbers(100).await;
    assert_eq!(numbers, (100..200).collect::<Vec<_>>());
    assert_eq!(latest.numbers(100).await.0, numbers);
    drop((all, latest));
    publish(&server.bus, 200..210).await;
    let mut again = server.subscribe(from(At::After(cursor.into()))).await;
    assert_eq!(again.numbers(10).await.0, (200..210).collect::<Vec<_>>());
    let mut since_the_heartbeat = server.subscribe(from(At::After(before.into()))).await;
    assert_eq!(since_the_heartbeat.numbers(110).await.0, (100..210).collect::<Vec<_>>());
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_at_a_time_or_with_the_last_and_ends_where_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..20).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(1);
    tokio::time::sleep(Duration::from_millis(2)).await;
    publish(&server.bus, 20..30).await;
    let until_now = |at: At| SubscribeRequest { until_now: true, ..from(at) };
    let since = Timestamp {
        seconds: now.as_secs().try_into().unwrap(),
        nanos: now.subsec_nanos().try_into().unwrap(),
    };
    let since = server.subscribe(until_now(At::Since(since))).await.rest().await;
    assert_eq!(since, (20..30).collect::<Vec<_>>());
    assert_eq!(server.subscribe(until_now(At::Last(5))).await.rest().await, (25..30).collect::<Vec<_>>());
    assert!(server.subscribe(until_now(At::Last(0))).await.rest().await.is_empty());
    assert!(server.subscribe(until_now(At::Latest(true))).await.rest().await.is_empty());
    let filter = Some(Filter { min_priority: Priority::Critical.into(), ..Filter::default() });
    let urgent = SubscribeRequest { filter, ..until_now(At::Last(3)) };
    assert_eq!(
        server.subscribe(urgent).await.rest().await,
        [15, 20, 25],
        "the last of those that are wanted"
    );
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_wanted_and_what_is_for_one_sink_is_not_sent() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({"heartbeat": "1s"})).await;
    publish(&server.bus, 0..10).await;
    replay_one(&server.bus, 3).await;
    let whole = SubscribeRequest { until_now: true, ..from(At::Earliest(true)) };
    assert_eq!(
        server.subscribe(whole.clone()).await.rest().await,
        (0..10).collect::<Vec<_>>(),
        "from the bus"
    );
    let filter = Filter {
        clusters: vec!["od*".into()],
        rules: vec!["Rule 3".into(), "Rule 7".into(), "Rule 8".into()],
        namespaces: vec!["ns-0".into(), "ns-1".into()],
        ..Filter::default()
    };
    let fields = Some(FieldMask { paths: vec!["message".into(), "cluster".into()] });
    let mut odd = server.subscribe(SubscribeRequest { filter: Some(filter), fields, ..whole }).await;
    assert!(matches!(odd.next().await.unwrap(), Some(Event::Heartbeat(_))));
    let Some(Event::Alert(delivered)) = odd.next().await.unwrap() else { panic!("no alert") };
    let shown = delivered.alert.unwrap();
    assert_eq!((number(&shown), shown.cluster.as_str()), (3, "odd"));
    assert!(shown.id.is_empty() && shown.fields.is_empty() && delivered.stored.is_some());

    let mut live = server.subscribe(SubscribeRequest::default()).await;
    live.next().await.unwrap();
    publish(&server.bus, 10..12).await;
    replay_one(&server.bus, 10).await;
    publish(&server.bus, 12..13).await;
    assert_eq!(live.numbers(3).await.0, [10, 11, 12], "from the ring");
    // The sign of life moves past what was for others.
    replay_one(&server.bus, 12).await;
    let last = server.bus.status(Stream::Alerts).await.unwrap().last_sequence;
    loop {
        let Some(Event::Heartbeat(heartbeat)) = live.next().await.unwrap() else { panic!("no heartbeat") };
        if heartbeat.cursor[1..9] == last.to_be_bytes() {
            assert_eq!(heartbeat.lag, 0);
            break;
        }
    }
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_too_old_or_of_another_stream_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..50).await;
    let (_, cursor) = server.subscribe(from(At::Earliest(true))).await.numbers(10).await;
    let after = |cursor: &[u8]| from(At::After(cursor.to_vec().into()));
    server.bus.trim(Stream::Alerts, Duration::ZERO).await.unwrap();
    publish(&server.bus, 50..60).await;
    let refused = server.refused(after(&cursor)).await;
    assert_eq!(refused.code(), Code::OutOfRange, "{refused}");
    let go_on = refused.metadata().get_bin("saker-cursor-bin").unwrap().to_bytes().unwrap();
    assert_eq!(server.subscribe(after(&go_on)).await.numbers(10).await.0, (50..60).collect::<Vec<_>>());
    let on_gap = OnGap::Continue.into();
    let mut goes_on = server.subscribe(SubscribeRequest { on_gap, ..after(&cursor) }).await;
    let Event::Gap(gap) = goes_on.event().await else { panic!("no gap") };
    assert_eq!((gap.reason(), gap.count), (Reason::Trimmed, 40));
    let (numbers, last) = goes_on.numbers(10).await;
    assert_eq!(numbers, (50..60).collect::<Vec<_>>());

    let other = tempfile::tempdir().unwrap();
    let anew = Server::start(other.path(), json!({})).await;
    for published in [0..5, 5..100] {
        publish(&anew.bus, published.map(|number| number + 1000)).await;
        let refused = anew.refused(after(&last)).await;
        assert!(refused.message().contains("a stream of alerts that is no more"), "{refused}");
    }
    let refused = anew.refused(after(b"nonsense")).await;
    assert_eq!(refused.code(), Code::InvalidArgument);
    drop(goes_on);
    server.stopped().await;
    anew.stopped().await;
}

/// Reads nothing until far more was published than the server keeps at hand and the connection buffers.
async fn after_a_flood(on_slow: OnSlow) -> (Server, crate::support::Subscriber, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({"buffer": "64KiB"})).await;
    let mut slow =
        server.subscribe(SubscribeRequest { on_slow: on_slow.into(), ..SubscribeRequest::default() }).await;
    slow.next().await.unwrap();
    publish(&server.bus, [0]).await;
    assert_eq!(slow.numbers(1).await.0, [0]);
    for number in 1..=1500 {
        let mut large = alert(number);
        large.hostname = "x".repeat(2000);
        server.bus.publish(&large).await.unwrap();
    }
    (server, slow, directory)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_subscriber_is_given_all_unless_it_asks_otherwise() {
    let (server, mut slow, _directory) = after_a_flood(OnSlow::Unspecified).await;
    assert_eq!(slow.numbers(1500).await.0, (1..=1500).collect::<Vec<_>>());
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_subscriber_may_be_spared_the_oldest() {
    let (server, mut slow, _directory) = after_a_flood(OnSlow::DropOldest).await;
    let (mut numbers, mut missing) = (Vec::new(), 0);
    while numbers.last() != Some(&1500) {
        match slow.event().await {
            Event::Alert(delivered) => numbers.push(number(&delivered.alert.unwrap())),
            Event::Gap(gap) => {
                assert_eq!(gap.reason(), Reason::Slow);
                missing += usize::try_from(gap.count).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(missing > 0 && numbers.is_sorted());
    assert_eq!(numbers.len() + missing, 1500, "what is missing is counted");
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_subscriber_may_be_disconnected_and_goes_on_with_its_cursor() {
    let (server, mut slow, _directory) = after_a_flood(OnSlow::Disconnect).await;
    let mut numbers = Vec::new();
    let status = loop {
        match slow.next().await {
            Ok(Some(Event::Alert(delivered))) => numbers.push(number(&delivered.alert.unwrap())),
            Ok(other) => panic!("{other:?}"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let cursor = status.metadata().get_bin("saker-cursor-bin").unwrap().to_bytes().unwrap();
    let mut again = server.subscribe(from(At::After(cursor))).await;
    numbers.extend(again.numbers(1500 - numbers.len()).await.0);
    assert_eq!(numbers, (1..=1500).collect::<Vec<_>>());
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_says_where_to_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({})).await;
    publish(&server.bus, 0..10).await;
    let mut subscriber = server.subscribe(from(At::Earliest(true))).await;
    subscriber.numbers(10).await;
    server.stop();
    let Event::GoingAway(going) = subscriber.event().await else { panic!("not going away") };
    assert!(subscriber.next().await.unwrap().is_none(), "and then the stream ends");
    let bus = server.stopped().await;
    publish(&bus, 10..20).await;
    let again = Server::start_on(bus, json!({})).await;
    let mut subscriber = again.subscribe(from(At::After(going.cursor))).await;
    assert_eq!(subscriber.numbers(10).await.0, (10..20).collect::<Vec<_>>());
    again.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), json!({"max_streams": 2})).await;
    let (one, two) = (
        server.subscribe(SubscribeRequest::default()).await,
        server.subscribe(SubscribeRequest::default()).await,
    );
    let refused = server.refused(SubscribeRequest::default()).await;
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("notifier.grpc.max_streams"), "{refused}");
    drop(one);
    until("there is room again", async || {
        server.client().await.subscribe(SubscribeRequest::default()).await.ok()
    })
    .await;
    drop(two);
    server.stopped().await;
}
