//! What the workers of a consumer share, step by step.

use super::*;
use crate::Id;

const WAIT: Duration = Duration::from_secs(30);

fn message(sequence: u64) -> Incoming {
    let payload = bytes::Bytes::new();
    Incoming { id: Id::of([]), sequence, time_unix_nanos: 0, payload, addressed: false, trace: None }
}

fn share(messages: std::ops::Range<u64>, max_unsettled: usize) -> Share {
    let mut share = Share::default();
    share.join(&ConsumerSpec { max_unsettled, ack_wait: WAIT, ..ConsumerSpec::named("worker") }).unwrap();
    let end = messages.end;
    share.read_ahead(messages.map(message), end);
    share
}

fn take(share: &mut Share, now: Instant) -> Option<Lease> {
    match share.take(now) {
        Take::Ready(_, lease) | Take::Again(lease) => Some(lease),
        Take::Nothing => None,
    }
}

fn taken(share: &mut Share, now: Instant) -> Option<(u64, u64)> {
    take(share, now).map(|lease| (lease.sequence, lease.attempt))
}

#[test]
fn messages_come_in_order_up_to_the_bound() {
    let (mut share, now) = (share(1..6, 2), Instant::now());
    assert_eq!(
        [taken(&mut share, now), taken(&mut share, now), taken(&mut share, now)],
        [Some((1, 1)), Some((2, 1)), None]
    );
    share.settled(1);
    assert_eq!(taken(&mut share, now), Some((3, 1)));
}

#[test]
fn what_is_not_settled_in_time_comes_again() {
    let (mut share, now) = (share(1..2, 8), Instant::now());
    let lease = take(&mut share, now).unwrap();
    assert_eq!(share.next_due(), Some(now + WAIT));
    share.extend(lease, now + WAIT / 2);
    assert_eq!(taken(&mut share, now + WAIT), None);
    assert_eq!(taken(&mut share, now + WAIT * 3 / 2), Some((1, 2)));
    // The first holder may no longer put it off, but what it has done is done.
    share.put_off(lease, now);
    assert_eq!(taken(&mut share, now + WAIT * 3 / 2), None);
    share.settled(lease.sequence);
    assert_eq!((taken(&mut share, now + WAIT * 9), share.next_due()), (None, None));
}

#[test]
fn what_is_being_settled_does_not_come_again_unless_that_fails() {
    let (mut share, now) = (share(1..2, 8), Instant::now());
    let lease = take(&mut share, now).unwrap();
    share.begin_settling(1);
    share.put_off(lease, now);
    assert_eq!(taken(&mut share, now + WAIT * 2), None);
    share.not_settled(1, now);
    assert_eq!(taken(&mut share, now), Some((1, 2)));
}

#[test]
fn a_message_that_is_always_dropped_does_not_starve_the_others() {
    let (mut share, now) = (share(1..4, 8), Instant::now());
    let mut given = Vec::new();
    for _ in 0..6 {
        let lease = take(&mut share, now).unwrap();
        given.push(lease.sequence);
        if lease.sequence == 1 {
            share.put_off(lease, now);
        } else {
            share.settled(lease.sequence);
        }
    }
    assert_eq!(given, [1, 1, 2, 1, 3, 1]);
}

#[test]
fn progress_names_the_gaps_and_survives_being_kept() {
    let (mut share, now) = (share(1..9, 8), Instant::now());
    for _ in 1..=5 {
        take(&mut share, now).unwrap();
    }
    share.settled(2);
    share.end();
    let progress = share.progress(&BTreeSet::from([4]));
    assert_eq!(progress.next, 6);
    let gap = |sequence| Gap { sequence, attempts: 1 };
    assert_eq!(progress.gaps, [gap(1), gap(3), gap(5)]);
    let kept = Progress::decode(&prost::Message::encode_to_vec(&progress)).unwrap();
    let mut restored = Share::restored(&kept, now);
    let done: Vec<_> = (1..8).filter(|sequence| restored.is_done_with(*sequence)).collect();
    assert_eq!(done, [2, 4]);
    restored.join(&ConsumerSpec::named("worker")).unwrap();
    restored.read_ahead([message(6)], 7);
    let mut given: Vec<_> = (0..4).map_while(|_| taken(&mut restored, now)).collect();
    given.sort_unstable();
    assert_eq!(given, [(1, 2), (3, 2), (5, 2), (6, 1)]);
}

/// A message that ends each process that it is given to, before anything is settled.
#[test]
fn processes_that_did_not_end_in_order_count_as_attempts() {
    let now = Instant::now();
    let mut kept = Progress::default();
    for process in 1..=5 {
        let mut share = Share::restored(&kept, now);
        share.join(&ConsumerSpec { max_unsettled: 2, ..ConsumerSpec::named("worker") }).unwrap();
        kept = share.progress(&BTreeSet::new());
        share.read_ahead((1..4).map(message), 4);
        assert_eq!(taken(&mut share, now), Some((1, process)));
    }
    let mut share = Share::restored(&kept, now);
    share.join(&ConsumerSpec { max_unsettled: 2, ..ConsumerSpec::named("worker") }).unwrap();
    share.read_ahead((1..4).map(message), 4);
    assert_eq!(taken(&mut share, now), Some((1, 6)));
    assert_eq!(share.progress(&BTreeSet::new()).unfinished, 6);
    // What was perhaps given before is done with: that they died is past.
    share.settled(1);
    assert_eq!(taken(&mut share, now), Some((2, 6)));
    share.settled(2);
    assert_eq!(taken(&mut share, now), Some((3, 1)), "no process had more than two in hand");
    assert_eq!(share.progress(&BTreeSet::new()).unfinished, 1);
    share.end();
    assert_eq!(share.progress(&BTreeSet::new()).unfinished, 0);
}

#[test]
fn workers_share_their_terms() {
    let mut share = share(1..2, 8);
    share
        .join(&ConsumerSpec { max_unsettled: 9, ack_wait: WAIT, ..ConsumerSpec::named("worker") })
        .unwrap_err();
    share.leave();
    share.join(&ConsumerSpec { max_unsettled: 9, ack_wait: WAIT, ..ConsumerSpec::named("worker") }).unwrap();
}
