//! The trace that a message belongs to: handed on with it, and no part of it.

use bus::{Start, Stream, TraceContext};
use proto::events::v1::EventChunk;

use crate::support::{Place, chunk, next, noise, patient, rest};

fn trace(number: u8) -> TraceContext {
    let parent = format!("00-{number:032x}-b7ad6b7169203331-01");
    TraceContext::new(&parent, "vendor=1").unwrap()
}

pub async fn a_message_brings_its_trace(place: &Place) {
    let bus = place.open().await;
    let large = EventChunk { events: vec![noise(3 << 20, 1)], ..chunk(2) };
    bus.publish_traced(&chunk(1), Some(trace(1))).await.unwrap();
    bus.publish_traced(&large, Some(trace(2))).await.unwrap();
    bus.publish(&chunk(3)).await.unwrap();
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    // Dropped, it comes again with the same trace; so it does after a restart.
    let first = next(&mut consumer).await;
    assert_eq!(first.trace(), Some(&trace(1)));
    drop(first);
    drop(consumer);
    let bus = place.restart(bus).await;
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    for _ in 1..=3 {
        let delivery = next(&mut consumer).await;
        let expected = match delivery.sequence() {
            1 => Some(trace(1)),
            2 => Some(trace(2)),
            _ => None,
        };
        assert_eq!(delivery.trace(), expected.as_ref(), "message {}", delivery.sequence());
        delivery.ack().await.unwrap();
    }
}

pub async fn a_trace_makes_no_other_message(place: &Place) {
    let bus = place.open().await;
    assert!(!bus.publish_traced(&chunk(1), Some(trace(1))).await.unwrap().duplicate);
    assert!(bus.publish_traced(&chunk(1), Some(trace(2))).await.unwrap().duplicate);
    assert!(bus.publish(&chunk(1)).await.unwrap().duplicate);
    assert_eq!(rest(bus.read::<EventChunk>(Start::Earliest).await.unwrap()).await.len(), 1);
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.trace(), Some(&trace(1)));
    delivery.ack().await.unwrap();
    // Nothing of it stays behind.
    while bus.status(Stream::Events).await.unwrap().messages > 0 {
        bus.trim(Stream::Events, std::time::Duration::ZERO).await.unwrap();
    }
}
