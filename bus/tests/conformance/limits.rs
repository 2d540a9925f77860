//! The bounds: of what is unsettled, of what a stream holds, of how long it is kept.

use std::time::Duration;

use bus::{BusError, ConsumerSpec, Settings, Start, Stream};
use proto::events::v1::EventChunk;

use crate::support::{Place, chunk, eventually, next, noise, patient, publish_chunks, rest, settings};

pub async fn no_more_are_unsettled_than_may_be(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, 1..=4).await;
    let spec = ConsumerSpec { max_unsettled: 2, ..patient("worker") };
    let mut consumer = bus.consume::<EventChunk>(spec.clone()).await.unwrap();
    let first = next(&mut consumer).await;
    let second = next(&mut consumer).await;
    let mut other = bus.consume::<EventChunk>(spec).await.unwrap();
    for worker in [&mut consumer, &mut other] {
        let more = tokio::time::timeout(Duration::from_millis(300), worker.next()).await;
        assert!(more.is_err(), "a third message was given");
    }
    first.ack().await.unwrap();
    let third = tokio::select! {
        third = next(&mut consumer) => third,
        third = next(&mut other) => third,
    };
    assert_eq!(third.sequence(), 3);
    second.ack().await.unwrap();
    third.ack().await.unwrap();
}

pub async fn a_full_stream_refuses_and_loses_nothing(place: &Place) {
    const ROOM: u64 = 2 << 20;
    let bus = place.open_with(Settings { max_bytes: ROOM, ..settings() }).await;
    let message = |seed| EventChunk { events: vec![noise(300_000, seed)], ..chunk(0) };
    let mut stored: u8 = 0;
    let refused = loop {
        match bus.publish(&message(stored)).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, BusError::Full(_)) && refused.is_transient(), "{refused}");
    assert!((4..=6).contains(&stored), "{stored} messages of 300 kB in {ROOM} bytes");
    let held = rest(bus.read::<EventChunk>(Start::Earliest).await.unwrap()).await;
    assert_eq!(held.len(), usize::from(stored));
    assert!(held.iter().zip(0..).all(|(held, seed)| held.message == message(seed)));
    // Settled and trimmed, they make room.
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    for _ in 0..stored {
        next(&mut consumer).await.ack().await.unwrap();
    }
    eventually(async || {
        bus.trim(Stream::Events, Duration::ZERO).await.unwrap();
        bus.publish(&message(stored)).await.is_ok()
    })
    .await;
    assert_eq!(next(&mut consumer).await.message(), &message(stored));
}

pub async fn trimming_spares_what_is_unsettled(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, 1..=6).await;
    let mut quick = bus.consume::<EventChunk>(patient("quick")).await.unwrap();
    let mut slow = bus.consume::<EventChunk>(patient("slow")).await.unwrap();
    for _ in 1..=6 {
        next(&mut quick).await.ack().await.unwrap();
    }
    let mut held = Vec::new();
    for _ in 1..=4 {
        held.push(next(&mut slow).await);
    }
    held.remove(0).ack().await.unwrap();
    held.remove(0).ack().await.unwrap();
    assert_eq!(bus.trim(Stream::Events, Duration::from_secs(3600)).await.unwrap(), 0);
    let mut removed = 0;
    while removed < 2 {
        removed += bus.trim(Stream::Events, Duration::ZERO).await.unwrap();
    }
    let left = rest(bus.read::<EventChunk>(Start::Earliest).await.unwrap()).await;
    assert_eq!(left.iter().map(|stored| stored.sequence).collect::<Vec<_>>(), [3, 4, 5, 6]);
    assert_eq!(bus.status(Stream::Events).await.unwrap().first_sequence, 3);
    // What was trimmed is still known.
    assert!(bus.publish(&chunk(1)).await.unwrap().duplicate);
    drop(held);
    for _ in 3..=6 {
        next(&mut slow).await.ack().await.unwrap();
    }
}

pub async fn a_forgotten_consumer_holds_back_nothing(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, 1..=2).await;
    let gone = bus.consume::<EventChunk>(patient("gone")).await.unwrap();
    let mut quick = bus.consume::<EventChunk>(patient("quick")).await.unwrap();
    for _ in 1..=2 {
        next(&mut quick).await.ack().await.unwrap();
    }
    assert_eq!(bus.trim(Stream::Events, Duration::ZERO).await.unwrap(), 0, "they wait for `gone`");
    drop(gone);
    eventually(async || bus.forget(Stream::Events, "gone").await.is_ok_and(|was_there| was_there)).await;
    assert!(!bus.forget(Stream::Events, "gone").await.unwrap(), "it is gone already");
    let bus = if place.syncs_acks() { place.restart(bus).await } else { bus };
    eventually(async || {
        bus.trim(Stream::Events, Duration::ZERO).await.unwrap();
        bus.status(Stream::Events).await.unwrap().messages == 0
    })
    .await;
}

pub async fn a_consumer_at_work_is_not_forgotten(place: &Place) {
    let bus = place.open().await;
    let mut consumer = bus.consume::<EventChunk>(patient("busy")).await.unwrap();
    let waiting = tokio::spawn(async move { next(&mut consumer).await.ack().await.unwrap() });
    eventually(async || matches!(bus.forget(Stream::Events, "busy").await, Err(BusError::Setup(_)))).await;
    publish_chunks(&bus, [1]).await;
    waiting.await.unwrap();
}

pub async fn trimming_spares_events_that_nobody_has_asked_for_yet(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, 1..=3).await;
    assert_eq!(bus.trim(Stream::Events, Duration::ZERO).await.unwrap(), 0);
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    for number in 1..=3 {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.message(), &chunk(number));
        delivery.ack().await.unwrap();
    }
}

pub async fn names_are_checked(place: &Place) {
    let bus = place.open().await;
    for name in ["", "a b", "a.b", "a*", "é"] {
        let Err(error) = bus.consume::<EventChunk>(ConsumerSpec::named(name)).await else {
            panic!("{name:?}")
        };
        assert!(matches!(error, BusError::Setup(_)), "{error}");
    }
    let _worker = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    let bucket = bus.bucket("names");
    for key in ["", "a b", ".a", "a.", "a*", "é"] {
        assert!(matches!(bucket.put(key, "").await, Err(BusError::Setup(_))), "{key:?}");
    }
    assert!(matches!(bus.bucket("a b").put("key", "").await, Err(BusError::Setup(_))));
}
