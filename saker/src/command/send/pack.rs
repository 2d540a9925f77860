//! From files of events to the bodies that an API server would post.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::mem;

use bytes::Bytes;
use ingest::split::{Part, split};
use jiff::Timestamp;

use crate::freshen::freshened;
use crate::payloads::{Payload, Payloads};

/// As many events as an API server puts into a body unless it is told otherwise.
const MOST_EVENTS: usize = 400;
/// An API server has no such limit; this one keeps memory bounded.
const MOST_BYTES: usize = 64 << 20;

const HEAD: &[u8] = br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":["#;
const TAIL: &[u8] = b"]}\n";

/// Whether events are sent as they were recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// As they were recorded.
    Recorded,
    /// Each under an auditID and at a time of its own.
    Fresh,
}

/// A body to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) bytes: Bytes,
    pub(super) events: usize,
}

/// The bodies of one stream of text. Single events are packed together; what was recorded as a body stays one.
pub(super) struct Bodies<R> {
    payloads: Payloads<R>,
    freshness: Freshness,
    packing: Vec<u8>,
    packed: usize,
    ready: VecDeque<Body>,
    skipped: Vec<String>,
}

impl<R: BufRead> Bodies<R> {
    pub(super) fn new(reader: R, freshness: Freshness) -> Self {
        let payloads = Payloads::new(reader);
        Self {
            payloads,
            freshness,
            packing: Vec::new(),
            packed: 0,
            ready: VecDeque::new(),
            skipped: Vec::new(),
        }
    }

    /// The next body; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Body>> {
        loop {
            if let Some(body) = self.ready.pop_front() {
                return Ok(Some(body));
            }
            match self.payloads.next()? {
                Some(payload) => self.take(payload),
                None => return Ok(self.finish()),
            }
        }
    }

    /// What was left out since the last call, with line and reason.
    pub(super) fn skipped(&mut self) -> Vec<String> {
        mem::take(&mut self.skipped)
    }

    fn take(&mut self, payload: Payload) {
        let mut parts = Vec::new();
        for part in split(payload.text.as_slice(), usize::MAX) {
            match part {
                Ok(part) => parts.push(part),
                Err(error) => return self.skipped.push(format!("line {}: not sent: {error}", payload.line)),
            }
        }
        match parts.as_slice() {
            [Part::Event(range)] if *range == (0..payload.text.len()) => self.pack(&payload.text),
            [Part::Broken(broken)] if broken.range == (0..payload.text.len()) => {
                self.skipped.push(format!("line {}: not sent: {}", payload.line, broken.reason));
            }
            parts => {
                // In the order of the file.
                let done = self.finish();
                self.ready.extend(done);
                self.ready.push_back(body_of(payload.text, parts, self.freshness));
            }
        }
    }

    fn pack(&mut self, event: &[u8]) {
        if self.packed >= MOST_EVENTS || (self.packed > 0 && self.packing.len() + event.len() > MOST_BYTES) {
            let done = self.finish();
            self.ready.extend(done);
        }
        self.packing.extend_from_slice(if self.packed == 0 { HEAD } else { b"," });
        let item = as_item(event);
        match self.freshness {
            Freshness::Recorded => self.packing.extend_from_slice(&item),
            Freshness::Fresh => freshened(&item, Timestamp::now(), &mut self.packing),
        }
        self.packed += 1;
    }

    fn finish(&mut self) -> Option<Body> {
        let events = mem::take(&mut self.packed);
        let mut bytes = mem::take(&mut self.packing);
        (events > 0).then(|| {
            bytes.extend_from_slice(TAIL);
            Body { bytes: bytes.into(), events }
        })
    }
}

/// What was recorded as a body, with its events freshened where that is asked for.
fn body_of(text: Vec<u8>, parts: &[Part], freshness: Freshness) -> Body {
    let ranges =
        || parts.iter().filter_map(|part| if let Part::Event(range) = part { Some(range) } else { None });
    let events = ranges().count();
    if freshness == Freshness::Recorded {
        return Body { bytes: text.into(), events };
    }
    let mut fresh = Vec::with_capacity(text.len());
    let mut done = 0;
    for range in ranges() {
        fresh.extend_from_slice(text.get(done..range.start).unwrap_or_default());
        freshened(text.get(range.clone()).unwrap_or_default(), Timestamp::now(), &mut fresh);
        done = range.end;
    }
    fresh.extend_from_slice(text.get(done..).unwrap_or_default());
    Body { bytes: fresh.into(), events }
}

/// The event without `kind` and `apiVersion`, which lines of an audit log begin with and items of a list lack.
fn as_item(event: &[u8]) -> Vec<u8> {
    let mut rest = event.strip_prefix(b"{").unwrap_or(event).trim_ascii_start();
    while let Some(behind) = behind_pair(rest, b"\"kind\"").or_else(|| behind_pair(rest, b"\"apiVersion\"")) {
        rest = behind;
    }
    [b"{", rest].concat()
}

/// What follows `"key":"value",`, where the text begins with that.
fn behind_pair<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let value = text
        .strip_prefix(key)?
        .trim_ascii_start()
        .strip_prefix(b":")?
        .trim_ascii_start()
        .strip_prefix(b"\"")?;
    let end = value.iter().position(|byte| *byte == b'"')?;
    let behind = value.get(end..)?.strip_prefix(b"\"")?.trim_ascii_start().strip_prefix(b",")?;
    Some(behind.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: usize) -> String {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"{number}","stageTimestamp":"2026-01-01T00:00:00.000000Z"}}"#
        )
    }

    fn item(number: usize) -> String {
        event(number).replace(r#""kind":"Event","apiVersion":"audit.k8s.io/v1","#, "")
    }

    fn list(items: &[String]) -> String {
        format!(
            "{}{}{}",
            std::str::from_utf8(HEAD).unwrap(),
            items.join(","),
            std::str::from_utf8(TAIL).unwrap()
        )
    }

    fn bodies(text: &str, freshness: Freshness) -> (Vec<(usize, String)>, Vec<String>) {
        let mut bodies = Bodies::new(text.as_bytes(), freshness);
        let mut all = Vec::new();
        while let Some(body) = bodies.next().unwrap() {
            all.push((body.events, String::from_utf8(body.bytes.to_vec()).unwrap()));
        }
        (all, bodies.skipped())
    }

    #[test]
    fn single_events_are_packed_as_items_up_to_four_hundred() {
        let text: String = (0..401).map(|number| event(number) + "\n").collect();
        let (all, skipped) = bodies(&text, Freshness::Recorded);
        let items: Vec<String> = (0..401).map(item).collect();
        let (first, last) = items.split_at(400);
        assert_eq!(all, [(400, list(first)), (1, list(last))]);
        assert!(skipped.is_empty());
    }

    #[test]
    fn recorded_bodies_stay_as_they_are_and_in_order() {
        let body = list(&[item(1), item(2)]).replace("\"metadata\":{},", "\"metadata\":{ }, ");
        let text = format!("{}\nnonsense\n{{\"a\":1}}\n{}{}\n", event(0), body, event(3));
        let (all, skipped) = bodies(&text, Freshness::Recorded);
        assert_eq!(all, [(1, list(&[item(0)])), (2, body.trim_end().to_owned()), (1, list(&[item(3)]))]);
        assert_eq!(skipped.len(), 2, "{skipped:?}");
        assert!(
            skipped[0].starts_with("line 2: not sent: ") && skipped[1].starts_with("line 3: not sent: "),
            "{skipped:?}"
        );
    }

    #[test]
    fn fresh_events_differ_only_in_id_and_time() {
        let body = list(&[item(1), item(2)]);
        let (all, _) = bodies(&format!("{}\n{}\n", event(0), body.trim_end()), Freshness::Fresh);
        let texts: Vec<&str> = all.iter().map(|(_, text)| text.as_str()).collect();
        let blank = |text: &str| {
            let parts = text
                .split("\"auditID\":\"")
                .map(|part| part.split_once("Z\"").map_or(part, |(_, rest)| rest));
            parts.collect::<Vec<_>>().join("#")
        };
        assert_eq!(blank(texts[0]), blank(&list(&[item(0)])));
        assert_eq!(blank(texts[1]), blank(body.trim_end()));
        assert!(texts.iter().all(|text| !text.contains("2026-01-01")));
    }

    #[test]
    fn kind_and_version_go_only_from_the_front() {
        for (event, item) in [
            (r#"{ "apiVersion" : "v" , "kind": "Event", "a": 1}"#, r#"{"a": 1}"#),
            (r#"{"a":1,"kind":"Event"}"#, r#"{"a":1,"kind":"Event"}"#),
            (r#"{"kind":"Event"}"#, r#"{"kind":"Event"}"#),
        ] {
            assert_eq!(String::from_utf8(as_item(event.as_bytes())).unwrap(), item);
        }
    }
}
