//! What a chunk of events comes to: the alerts of its events, the events that cannot be judged, and those over which
//! the judge stumbled. An event never takes its neighbours with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bus::{Reason, identified};
use bytes::Bytes;
use proto::alerts::v1::Alert;
use proto::bus::v1::DeadLetter;
use proto::events::v1::EventChunk;

use crate::judge::Judge;

/// What a chunk comes to.
#[derive(Debug, Default)]
pub struct Findings {
    /// The alerts that its events raise, in the order of events and rules.
    pub alerts: Vec<Alert>,
    /// Events that are none, each as a chunk of its own.
    pub unusable: Vec<(EventChunk, Reason)>,
    /// Events over which the judge panicked, which it may not do again; each as a chunk of its own.
    pub stumbled: Vec<(EventChunk, Reason)>,
}

/// Judges every event of the chunk.
pub(crate) fn judge(judge: &mut impl Judge, chunk: &EventChunk) -> Findings {
    judge.begin();
    let mut findings = Findings::default();
    for (index, (event, identity)) in identified(chunk).enumerate() {
        match catch_unwind(AssertUnwindSafe(|| judge.judge(event, identity, chunk))) {
            Ok(Ok(alerts)) => findings.alerts.extend(alerts),
            Ok(Err(unusable)) => {
                let reason = Reason::new("not-an-event", unusable.to_string());
                findings.unusable.push((alone(chunk, index), reason));
            }
            Err(panic) => {
                judge.renew();
                let reason = format!("evaluating it failed: {}", message_of(&*panic));
                findings.stumbled.push((alone(chunk, index), Reason::new("evaluation-failed", reason)));
            }
        }
    }
    findings
}

/// A dead letter about one event of the chunk at this place of the stream. It holds the chunk of its own, so that it can
/// be put back; from its new place it may become a dead letter again.
pub fn dead_letter(alone: &EventChunk, sequence: u64, reason: Reason) -> DeadLetter {
    reason.about(alone).of_cluster(&alone.cluster).at_sequence(sequence).build()
}

/// One event of the chunk as a chunk of its own, in which it is identified as before.
pub(crate) fn alone(chunk: &EventChunk, index: usize) -> EventChunk {
    let one_of = |list: &[Bytes]| list.get(index).cloned().into_iter().collect();
    EventChunk {
        cluster: chunk.cluster.clone(),
        received_unix_nanos: chunk.received_unix_nanos,
        events: one_of(&chunk.events),
        digests: one_of(&chunk.digests),
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doubles::{Scripted, chunk};

    #[test]
    fn an_event_does_not_take_its_neighbours_with_it() {
        let chunk = chunk(["alert 1", "none", "panic", "alert 2", "not an event", "panic", "alert 3"]);
        let mut double = Scripted::default();
        let findings = judge(&mut double, &chunk);
        let messages: Vec<&str> = findings.alerts.iter().map(|alert| alert.message.as_str()).collect();
        assert_eq!(messages, ["alert 1", "alert 2", "alert 3"]);
        let one = |event| crate::doubles::chunk([event]);
        assert_eq!(findings.unusable, [(one("not an event"), Reason::new("not-an-event", "no JSON"))]);
        let stumbled = (one("panic"), Reason::new("evaluation-failed", "evaluating it failed: as scripted"));
        assert_eq!(findings.stumbled, [stumbled.clone(), stumbled]);
        assert_eq!(double.renewed, 2);
    }

    #[test]
    fn a_dead_letter_holds_the_event_as_a_chunk_of_its_own() {
        let whole = EventChunk { digests: vec!["1".into(), "2".into()], ..chunk(["a", "b"]) };
        let letter = dead_letter(&alone(&whole, 1), 7, Reason::new("not-an-event", "no JSON"));
        let held: EventChunk = prost::Message::decode(letter.payload).unwrap();
        assert_eq!(held, EventChunk { events: vec!["b".into()], digests: vec!["2".into()], ..whole });
        assert!(letter.replayable);
        assert_eq!((letter.cluster.as_str(), letter.code.as_str()), ("prod", "not-an-event"));
    }
}
