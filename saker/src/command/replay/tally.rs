//! [`Tally`]: what was judged so far, and what could not be; said on stderr.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use bus::{BusError, Reason, Stored};
use evaluator::{Findings, dead_letter};
use proto::events::v1::EventChunk;
use serde_json::{Value, json};

use super::past::time;
use super::rulesets::{Named, Rulesets};
use super::say;
use crate::command::table::one_line;

/// So many things that cannot be judged are named; all are counted.
const NAMED: u64 = 10;

/// How often it is said how far the reading is.
const EVERY: Duration = Duration::from_secs(5);

/// What was judged so far.
pub(super) struct Tally {
    events: u64,
    chunks: u64,
    /// When the first and the last of them were received.
    received: Option<(u64, u64)>,
    /// How many alerts each ruleset raised, those to try first.
    alerts: Vec<u64>,
    /// Events that no ruleset or not every one could judge.
    unjudged: u64,
    /// Messages of the bus that cannot be read.
    unreadable: u64,
    said: Instant,
}

impl Default for Tally {
    fn default() -> Self {
        let (events, chunks, received, alerts) = (0, 0, None, Vec::new());
        Self { events, chunks, received, alerts, unjudged: 0, unreadable: 0, said: Instant::now() }
    }
}

impl Tally {
    /// Counts a chunk, and names the events of it that cannot be judged.
    pub(super) fn judged(&mut self, chunk: &Stored<EventChunk>, findings: &[Findings]) {
        self.chunks += 1;
        self.events += count(chunk.message.events.len());
        let now = chunk.message.received_unix_nanos;
        let (first, last) = self.received.unwrap_or((now, now));
        self.received = Some((first.min(now), last.max(now)));
        // What is no event is none to any ruleset.
        let unusable = findings.iter().take(1).flat_map(|found| &found.unusable);
        let stumbled = findings.iter().flat_map(|found| &found.stumbled);
        unusable.chain(stumbled).for_each(|(alone, reason)| self.unjudged(alone, chunk.sequence, reason));
        if self.said.elapsed() >= EVERY && std::io::stderr().is_terminal() {
            self.said = Instant::now();
            say(&format!("{} so far, up to {}", self.extent(), time(now)));
        }
    }

    /// Counts what each ruleset raised.
    pub(super) fn raised(&mut self, findings: &[Findings]) {
        self.alerts.resize(findings.len(), 0);
        for (alerts, found) in self.alerts.iter_mut().zip(findings) {
            *alerts += count(found.alerts.len());
        }
    }

    /// Counts a message that cannot be read, and names it.
    pub(super) fn unreadable(&mut self, error: &BusError) {
        self.unreadable += 1;
        if self.unreadable <= NAMED {
            say(&format!("warning: {}", one_line(&error.to_string())));
        }
    }

    fn unjudged(&mut self, alone: &EventChunk, sequence: u64, reason: &Reason) {
        self.unjudged += 1;
        if self.unjudged > NAMED {
            return;
        }
        let letter = dead_letter(alone, sequence, reason.clone());
        let (cluster, received) = (one_line(&alone.cluster), time(alone.received_unix_nanos));
        say(&format!(
            "warning: an event of {cluster}, received at {received}, is not judged, as evaluators make it dead letter \
             {}: {}",
            letter.id,
            one_line(reason.text())
        ));
    }

    /// Whether there was nothing to judge.
    pub(super) fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// What there was, in lines.
    pub(super) fn lines(&self, rulesets: &Rulesets) -> Vec<String> {
        let (first, last) = self.received.unwrap_or_default();
        let mut lines = vec![format!("{}, received from {} to {}", self.extent(), time(first), time(last))];
        if self.unjudged > 0 {
            lines.push(format!("{} could not be judged", plural(self.unjudged, "event")));
        }
        if self.unreadable > 0 {
            lines.push(format!("{} of the bus could not be read", plural(self.unreadable, "message")));
        }
        let both = std::iter::once(("rules to try", &rulesets.tried))
            .chain(rulesets.compared.as_ref().map(|compared| ("compared with", compared)));
        lines.extend(both.zip(&self.alerts).map(|((role, named), alerts)| {
            let Named { sources, ruleset } = named;
            let (rules, digest) = (plural(count(ruleset.enabled()), "rule"), ruleset.digest());
            format!("{role:<13} {sources} ({rules}, digest {digest}): {}", plural(*alerts, "alert"))
        }));
        lines
    }

    /// For programs, beside the digest of each ruleset.
    pub(super) fn json(&self, rulesets: &Rulesets) -> Value {
        let ruleset = |named: &Named, place: usize| {
            json!({
                "sources": named.sources,
                "rules": named.ruleset.enabled(),
                "digest": named.ruleset.digest(),
                "alerts": self.alerts.get(place),
            })
        };
        let received = self.received.map(|(first, last)| [time(first), time(last)]);
        json!({
            "events": self.events,
            "chunks": self.chunks,
            "received": received,
            "unjudged": self.unjudged,
            "unreadable": self.unreadable,
            "tried": ruleset(&rulesets.tried, 0),
            "compared": rulesets.compared.as_ref().map(|named| ruleset(named, 1)),
        })
    }

    fn extent(&self) -> String {
        format!("{} in {}", plural(self.events, "event"), plural(self.chunks, "chunk"))
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// So many of them.
pub(super) fn plural(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
