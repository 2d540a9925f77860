//! Publishing, delivering and settling.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::{ConsumerSpec, Content, Start, Stream};
use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;
use tokio::sync::Barrier;

use crate::support::{
    ACK_WAIT, Place, alert, assert_all_settled, chunk, impatient, next, noise, patient, publish_chunks, rest,
    within,
};

pub async fn a_message_is_delivered_and_settled(place: &Place) {
    let bus = place.open().await;
    let receipt = bus.publish(&chunk(1)).await.unwrap();
    assert_eq!((receipt.sequence, receipt.duplicate), (1, false));
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.message(), &chunk(1));
    assert_eq!(delivery.id(), bus::Content::id(&chunk(1)));
    assert_eq!((delivery.sequence(), delivery.attempt()), (1, 1));
    let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
        - delivery.stored_unix_nanos();
    assert!(Duration::from_nanos(age) < Duration::from_secs(60));
    delivery.ack().await.unwrap();
    assert_all_settled(&bus, Stream::Events, "worker").await;
    publish_chunks(&bus, [2]).await;
    assert_eq!(next(&mut consumer).await.message(), &chunk(2));
}

pub async fn a_message_may_be_for_one_consumer(place: &Place) {
    let handles = place.open_both().await;
    let worker = &handles.worker;
    let mut mine = worker.consume::<Alert>(ConsumerSpec::named("mine")).await.unwrap();
    let mut theirs = worker.consume::<Alert>(ConsumerSpec::named("theirs")).await.unwrap();
    worker.publish(&alert(1)).await.unwrap();
    let first = worker.publish_to("mine", alert(1).id(), &alert(1)).await.unwrap();
    let again = worker.publish_to("mine", alert(1).id(), &alert(1)).await.unwrap();
    assert!(!first.duplicate && again.duplicate, "one id at one consumer is one message");
    worker.publish(&alert(2)).await.unwrap();
    for addressed in [false, true, false] {
        let delivery = next(&mut mine).await;
        assert_eq!(delivery.is_addressed(), addressed);
        delivery.ack().await.unwrap();
    }
    for number in [1, 2] {
        let delivery = next(&mut theirs).await;
        assert_eq!((delivery.message(), delivery.is_addressed()), (&alert(number), false));
        delivery.ack().await.unwrap();
    }
    let read = rest(handles.operator.read::<Alert>(Start::Earliest).await.unwrap()).await;
    let addressed: Vec<bool> = read.iter().map(|stored| stored.addressed).collect();
    assert_eq!(addressed, [false, true, false]);
}

pub async fn what_is_sent_twice_is_stored_once(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, [1, 2]).await;
    assert!(bus.publish(&chunk(1)).await.unwrap().duplicate);
    assert!(!bus.publish(&alert(1)).await.unwrap().duplicate);
    assert!(bus.publish(&alert(1)).await.unwrap().duplicate);
    let bus = place.restart(bus).await;
    assert!(bus.publish(&chunk(2)).await.unwrap().duplicate);
    assert!(bus.publish(&alert(1)).await.unwrap().duplicate);
    assert_eq!(bus.status(Stream::Events).await.unwrap().messages, 2);
    assert_eq!(bus.status(Stream::Alerts).await.unwrap().messages, 1);
}

pub async fn a_dropped_message_comes_again(place: &Place) {
    let bus = place.open().await;
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    publish_chunks(&bus, [1]).await;
    drop(next(&mut consumer).await);
    let again = next(&mut consumer).await;
    assert_eq!((again.message(), again.attempt()), (&chunk(1), 2));
    again.ack().await.unwrap();
    assert_all_settled(&bus, Stream::Events, "worker").await;
}

pub async fn a_message_not_settled_in_time_goes_to_another_worker(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, [1]).await;
    let mut slow = bus.consume::<EventChunk>(impatient("worker")).await.unwrap();
    let mut quick = bus.consume::<EventChunk>(impatient("worker")).await.unwrap();
    let held = next(&mut slow).await;
    let since = Instant::now();
    let again = next(&mut quick).await;
    assert!(since.elapsed() > ACK_WAIT / 2, "after {:?}", since.elapsed());
    // A server may have handed it to the slow one ahead of its asking meanwhile.
    assert!(again.message() == &chunk(1) && again.attempt() >= 2);
    again.ack().await.unwrap();
    drop(held);
    publish_chunks(&bus, [2]).await;
    assert_eq!(next(&mut quick).await.message(), &chunk(2));
}

pub async fn a_message_being_worked_at_stays(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, [1]).await;
    let mut slow = bus.consume::<EventChunk>(impatient("worker")).await.unwrap();
    let mut other = bus.consume::<EventChunk>(impatient("worker")).await.unwrap();
    let mut held = next(&mut slow).await;
    let since = Instant::now();
    let work = async {
        while since.elapsed() < 2 * ACK_WAIT {
            tokio::time::sleep(ACK_WAIT / 5).await;
            held.extend().await.unwrap();
        }
        held.ack().await.unwrap();
    };
    tokio::select! {
        () = work => {}
        again = other.next() => panic!("given to another after {:?}: {:?}", since.elapsed(), again.unwrap().message()),
    }
    assert_all_settled(&bus, Stream::Events, "worker").await;
}

pub async fn a_message_put_off_comes_later(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, [1, 2]).await;
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    let first = next(&mut consumer).await;
    assert_eq!(first.message(), &chunk(1));
    let since = Instant::now();
    first.retry_after(ACK_WAIT).await.unwrap();
    let second = next(&mut consumer).await;
    assert_eq!(second.message(), &chunk(2));
    second.ack().await.unwrap();
    let again = next(&mut consumer).await;
    assert_eq!((again.message(), again.attempt()), (&chunk(1), 2));
    assert!(since.elapsed() >= ACK_WAIT, "after {:?}", since.elapsed());
    again.ack().await.unwrap();
}

pub async fn workers_share_a_consumer(place: &Place) {
    const WORKERS: usize = 4;
    const MESSAGES: usize = 200;
    let bus = place.open().await;
    publish_chunks(&bus, 0..MESSAGES).await;
    // All hold a message at once: nobody is left without while another hoards.
    let all_have_one = Arc::new(Barrier::new(WORKERS));
    let mut workers = tokio::task::JoinSet::new();
    let (done, mut settled) = tokio::sync::mpsc::channel(MESSAGES * 2);
    for _ in 0..WORKERS {
        let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
        let (all_have_one, done) = (Arc::clone(&all_have_one), done.clone());
        workers.spawn(async move {
            let first = next(&mut consumer).await;
            all_have_one.wait().await;
            let mut delivery = first;
            loop {
                let (sequence, attempt) = (delivery.sequence(), delivery.attempt());
                delivery.ack().await.unwrap();
                done.send((sequence, attempt)).await.unwrap();
                delivery = consumer.next().await.unwrap();
            }
        });
    }
    let mut seen = BTreeSet::new();
    while seen.len() < MESSAGES {
        let (sequence, attempt) = within(settled.recv()).await.unwrap();
        assert!(seen.insert(sequence), "message {sequence} came twice");
        assert_eq!(attempt, 1);
    }
    assert_all_settled(&bus, Stream::Events, "worker").await;
    assert!(settled.try_recv().is_err());
}

pub async fn consumers_each_get_every_message(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, [1, 2]).await;
    for name in ["left", "right"] {
        let mut consumer = bus.consume::<EventChunk>(patient(name)).await.unwrap();
        for number in [1, 2] {
            let delivery = next(&mut consumer).await;
            assert_eq!((delivery.message(), delivery.attempt()), (&chunk(number), 1));
            delivery.ack().await.unwrap();
        }
    }
}

pub async fn progress_survives_a_restart(place: &Place) {
    let bus = place.open().await;
    publish_chunks(&bus, 1..=5).await;
    let mut consumer = bus.consume::<EventChunk>(impatient("worker")).await.unwrap();
    let mut held = Vec::new();
    for _ in 1..=4 {
        held.push(next(&mut consumer).await);
    }
    for index in [3, 0] {
        held.remove(index).ack().await.unwrap();
    }
    drop((held, consumer));
    let bus = place.restart(bus).await;
    let mut consumer = bus.consume::<EventChunk>(impatient("worker")).await.unwrap();
    let (unsettled, mut given) = (BTreeSet::from([2, 3, 5]), BTreeSet::new());
    while !given.is_superset(&unsettled) {
        let delivery = next(&mut consumer).await;
        given.insert(delivery.sequence());
        delivery.ack().await.unwrap();
    }
    assert!(given == unsettled || !place.syncs_acks(), "settled messages came again: {given:?}");
    assert_all_settled(&bus, Stream::Events, "worker").await;
    publish_chunks(&bus, [6]).await;
    assert_eq!(next(&mut consumer).await.sequence(), 6);
}

pub async fn large_messages_pass(place: &Place) {
    let bus = place.open().await;
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    for (seed, megabytes) in [(1, 10), (2, 64)] {
        let events = vec![noise(megabytes << 20, seed)];
        let message =
            EventChunk { cluster: "large".into(), received_unix_nanos: 1, events, ..EventChunk::default() };
        assert!(!bus.publish(&message).await.unwrap().duplicate);
        assert!(bus.publish(&message).await.unwrap().duplicate);
        let delivery = next(&mut consumer).await;
        assert!(delivery.message() == &message, "{megabytes} MB came as something else");
        delivery.ack().await.unwrap();
    }
    publish_chunks(&bus, [1]).await;
    assert_eq!(next(&mut consumer).await.message(), &chunk(1));
}

pub async fn waiting_can_be_cancelled(place: &Place) {
    const MESSAGES: u64 = 40;
    let bus = place.open().await;
    let mut consumer = bus.consume::<EventChunk>(patient("worker")).await.unwrap();
    let publisher = tokio::spawn({
        let bus = bus.clone();
        async move { publish_chunks(&bus, 0..MESSAGES as usize).await }
    });
    let mut settled = BTreeSet::new();
    let mut patience = Duration::ZERO;
    while settled.len() < MESSAGES as usize {
        patience = if patience > Duration::from_millis(5) {
            Duration::ZERO
        } else {
            patience + Duration::from_micros(100)
        };
        if let Ok(delivery) = tokio::time::timeout(patience, consumer.next()).await {
            let delivery = delivery.unwrap();
            settled.insert(delivery.sequence());
            delivery.ack().await.unwrap();
        }
    }
    publisher.await.unwrap();
    assert_eq!(settled, (1..=MESSAGES).collect());
    assert_all_settled(&bus, Stream::Events, "worker").await;
}
