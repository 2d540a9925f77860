//! What could not be used: kept, looked at, dropped, put back.

use bus::{Bus, Id, Reason, Start, Stream};
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

use crate::support::{Place, assert_all_settled, chunk, next, patient, publish_chunks, rest};

async fn letters(operator: &Bus) -> Vec<DeadLetter> {
    let letters = rest(operator.dead_letters().list(Start::Earliest).await.unwrap()).await;
    letters.into_iter().map(|letter| letter.message).collect()
}

fn id(letter: &DeadLetter) -> Id {
    letter.id.parse().unwrap()
}

pub async fn a_rejected_message_is_kept_with_its_reason(place: &Place) {
    let handles = place.open_both().await;
    publish_chunks(&handles.worker, [1, 2]).await;
    let mut consumer = handles.worker.consume::<EventChunk>(patient("worker")).await.unwrap();
    next(&mut consumer).await.reject(Reason::new("not-json", "it is none")).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    assert_all_settled(&handles.worker, Stream::Events, "worker").await;

    let letters = letters(&handles.operator).await;
    let letter = &letters[0];
    assert_eq!(letters.len(), 1);
    assert_eq!((letter.code.as_str(), letter.reason.as_str()), ("not-json", "it is none"));
    assert_eq!((letter.stream.as_str(), letter.consumer.as_str()), ("events", "worker"));
    assert!(letter.replayable && letter.time_unix_nanos > 0);
    let content = prost::Message::encode_to_vec(&chunk(1));
    assert_eq!(letter.payload, content);
    assert_eq!(letter.hash, blake3::hash(&content).to_hex().to_string());
    let found = handles.operator.dead_letters().get(id(letter)).await.unwrap().unwrap();
    assert_eq!(&found.message, letter);
}

pub async fn a_dead_letter_can_be_dropped(place: &Place) {
    let handles = place.open_both().await;
    for code in ["one", "two"] {
        let letter = Reason::new(code, "").about_bytes(Stream::Events, b"{").build();
        handles.worker.publish(&letter).await.unwrap();
    }
    let before = letters(&handles.operator).await;
    assert_eq!(before.len(), 2);
    let dead_letters = handles.operator.dead_letters();
    assert!(dead_letters.drop_letter(id(&before[0])).await.unwrap());
    assert!(!dead_letters.drop_letter(id(&before[0])).await.unwrap());
    assert!(dead_letters.get(id(&before[0])).await.unwrap().is_none());
    assert_eq!(letters(&handles.operator).await, &before[1..]);
    assert_eq!(handles.operator.status(Stream::DeadLetters).await.unwrap().messages, 1);
}

pub async fn a_replayed_message_goes_to_who_rejected_it(place: &Place) {
    let handles = place.open_both().await;
    publish_chunks(&handles.worker, [1]).await;
    let mut picky = handles.worker.consume::<EventChunk>(patient("picky")).await.unwrap();
    let mut content = handles.worker.consume::<EventChunk>(patient("content")).await.unwrap();
    next(&mut content).await.ack().await.unwrap();
    let dead_letters = handles.operator.dead_letters();
    // Twice over: what was put back and rejected again can be put back again.
    for _ in 0..2 {
        next(&mut picky).await.reject(Reason::new("refused", "not today")).await.unwrap();
        let kept = letters(&handles.operator).await;
        assert_eq!(kept.len(), 1);
        let receipt = dead_letters.replay(id(&kept[0])).await.unwrap().unwrap();
        assert!(!receipt.duplicate);
        assert!(letters(&handles.operator).await.is_empty());
        assert!(dead_letters.replay(id(&kept[0])).await.unwrap().is_none());
    }
    let read = rest(handles.operator.read::<EventChunk>(Start::Earliest).await.unwrap()).await;
    let addressed: Vec<bool> = read.iter().map(|stored| stored.addressed).collect();
    assert_eq!(addressed, [false, true, true], "readers are told that it is for one consumer only");
    let replayed = next(&mut picky).await;
    assert_eq!((replayed.message(), replayed.attempt()), (&chunk(1), 1));
    replayed.ack().await.unwrap();
    publish_chunks(&handles.worker, [2]).await;
    let following = next(&mut content).await;
    assert_eq!(following.message(), &chunk(2));
    following.ack().await.unwrap();
    next(&mut picky).await.ack().await.unwrap();
    assert_all_settled(&handles.worker, Stream::Events, "picky").await;
    assert_all_settled(&handles.worker, Stream::Events, "content").await;
}

pub async fn what_is_no_message_cannot_be_replayed(place: &Place) {
    let handles = place.open_both().await;
    let letter = Reason::new("not-json", "").about_bytes(Stream::Events, b"[[[").build();
    handles.worker.publish(&letter).await.unwrap();
    assert!(handles.operator.dead_letters().replay(id(&letter)).await.unwrap().is_none());
    assert_eq!(letters(&handles.operator).await, [letter]);
}
