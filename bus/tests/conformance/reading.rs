//! Reading without consuming, finding by id, and status.

use bus::{Content, Id, Start, Stored, Stream};
use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;

use crate::support::{Place, alert, chunk, eventually, next, noise, patient, publish_chunks, rest, within};

fn sequences<M>(stored: &[Stored<M>]) -> Vec<u64> {
    stored.iter().map(|stored| stored.sequence).collect()
}

pub async fn messages_are_read_from_any_place(place: &Place) {
    let handles = place.open_both().await;
    let operator = &handles.operator;
    assert!(rest(operator.read::<EventChunk>(Start::Earliest).await.unwrap()).await.is_empty());
    publish_chunks(&handles.worker, 1..=3).await;
    let large = EventChunk { events: vec![noise(12 << 20, 1)], ..chunk(4) };
    operator.publish(&large).await.unwrap();
    let all = rest(operator.read::<EventChunk>(Start::Earliest).await.unwrap()).await;
    assert_eq!(sequences(&all), [1, 2, 3, 4]);
    assert_eq!((&all[1].message, all[1].id), (&chunk(2), chunk(2).id()));
    assert!(all[3].message == large);
    assert!(all.is_sorted_by_key(|stored| stored.time_unix_nanos));
    for (start, expected) in [
        (Start::Sequence(0), [1, 2, 3, 4].as_slice()),
        (Start::Sequence(3), &[3, 4]),
        (Start::Sequence(5), &[]),
        (Start::Time(0), &[1, 2, 3, 4]),
        (Start::Time(all[2].time_unix_nanos), &[3, 4]),
        (Start::Time(all[2].time_unix_nanos + 1), &[4]),
        (Start::Time(all[3].time_unix_nanos + 1), &[]),
        (Start::Latest, &[]),
    ] {
        let read = rest(operator.read::<EventChunk>(start).await.unwrap()).await;
        assert_eq!(sequences(&read), expected, "{start:?}");
    }
}

pub async fn a_follower_sees_what_comes(place: &Place) {
    let handles = place.open_both().await;
    publish_chunks(&handles.worker, [1]).await;
    let mut all = handles.operator.follow::<EventChunk>(Start::Earliest).await.unwrap();
    let mut new = handles.operator.follow::<EventChunk>(Start::Latest).await.unwrap();
    assert_eq!(within(all.next()).await.unwrap().unwrap().sequence, 1);
    let publisher = tokio::spawn(async move { publish_chunks(&handles.worker, 2..=300).await });
    for expected in 2..=300 {
        assert_eq!(within(all.next()).await.unwrap().unwrap().sequence, expected);
        assert_eq!(within(new.next()).await.unwrap().unwrap().sequence, expected);
    }
    publisher.await.unwrap();
}

pub async fn messages_are_found_by_id(place: &Place) {
    let handles = place.open_both().await;
    for number in 1..=3 {
        handles.worker.publish(&alert(number)).await.unwrap();
    }
    let found = handles.operator.get::<Alert>(alert(2).id()).await.unwrap().unwrap();
    assert_eq!((found.sequence, found.message), (2, alert(2)));
    assert!(handles.operator.get::<Alert>(Id::of([b"none".as_slice()])).await.unwrap().is_none());
}

pub async fn status_tells_the_lag(place: &Place) {
    let handles = place.open_both().await;
    let empty = handles.operator.status(Stream::Events).await.unwrap();
    assert_eq!((empty.messages, empty.first_sequence, empty.last_sequence), (0, 0, 0));
    publish_chunks(&handles.worker, 1..=4).await;
    let mut consumer = handles.worker.consume::<EventChunk>(patient("worker")).await.unwrap();
    drop(next(&mut consumer).await);
    // Those handed ahead come first on some backends.
    let mut held = vec![next(&mut consumer).await];
    while held.last().is_some_and(|last| last.attempt() == 1) {
        held.push(next(&mut consumer).await);
    }
    eventually(async || {
        let status = handles.operator.status(Stream::Events).await.unwrap();
        assert_eq!((status.messages, status.first_sequence, status.last_sequence), (4, 1, 4));
        assert!(status.bytes > 0);
        let consumer = &status.consumers[0];
        assert_eq!(consumer.name, "worker");
        (consumer.pending + consumer.unsettled, consumer.redelivered) == (4, 1) && consumer.unsettled > 0
    })
    .await;
    let left = 4 - held.len();
    for delivery in held {
        delivery.ack().await.unwrap();
    }
    for _ in 0..left {
        next(&mut consumer).await.ack().await.unwrap();
    }
    eventually(async || {
        let status = handles.operator.status(Stream::Events).await.unwrap();
        let consumer = &status.consumers[0];
        (consumer.pending, consumer.unsettled, consumer.redelivered) == (0, 0, 0)
    })
    .await;
}
