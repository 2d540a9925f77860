//! Splits a request body into audit events, without building a tree and without a copy: each event is a range of the
//! body. What is no event is set aside as [`Broken`] with its reason, and never takes its neighbours along.
//!
//! A body holds objects of kind `Event` or `EventList` (whose items need no kind), one after another, or in arrays.

mod outline;
mod part;
mod position;
mod recovery;
pub(crate) mod scan;
mod stamp;
mod structure;
mod text;

use outline::{Items, Kind, Outline, Reading, Stamp};
pub use part::{Broken, Code, Part};
pub use position::NotJson;
use scan::{Fault, FaultKind, MAX_DEPTH, Scanner};

/// Splits a body; events of more than `max_event` bytes are [`Broken`].
pub fn split<B: AsRef<[u8]>>(body: B, max_event: usize) -> Splitter<B> {
    let at = if body.as_ref().starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    Splitter {
        body,
        max_event,
        at,
        lists: Vec::new(),
        next_line: at,
        wasted: 0,
        is_json: false,
        held: None,
        fault: None,
        queued: None,
        is_done: false,
    }
}

/// The parts of a body, in order, disjoint. Ends with an error, and nothing else, where nothing of it is JSON.
#[derive(Debug)]
pub struct Splitter<B> {
    body: B,
    max_event: usize,
    at: usize,
    /// What encloses the place, outermost first.
    lists: Vec<List>,
    /// The next line that begins with a bracket, as far as it was looked up: behind `at`, or to be looked up.
    next_line: usize,
    /// Bytes that were read and will be read again.
    wasted: usize,
    /// Whether anything so far was JSON that might hold events.
    is_json: bool,
    /// All that stands before the first such thing.
    held: Option<Broken>,
    /// The first thing that was not JSON, while nothing else was.
    fault: Option<Fault>,
    /// Comes next, behind what was held.
    queued: Option<Part>,
    is_done: bool,
}

/// Something that holds events.
#[derive(Debug, Clone, Copy)]
enum List {
    /// An array, of objects that say what they are.
    Array,
    /// The items of an `EventList`, the rest of which is still to be read.
    Items,
    /// The items of an `EventList` whose end is known.
    ItemsUntil(usize),
}

impl<B: AsRef<[u8]>> Iterator for Splitter<B> {
    type Item = Result<Part, NotJson>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(part) = self.queued.take() {
            return Some(Ok(part));
        }
        while !self.is_done {
            let part = self.step();
            if part.is_none() {
                self.is_done = true;
                return self.last();
            }
            if self.is_json {
                let held = self.held.take().map(Part::Broken);
                let Some(held) = held else { return part.map(Ok) };
                self.queued = part;
                return Some(Ok(held));
            }
            self.hold(part);
        }
        None
    }
}

impl<B: AsRef<[u8]>> Splitter<B> {
    /// Reads on to the next part; `None` at the end of the body.
    fn step(&mut self) -> Option<Part> {
        loop {
            let behind_last = self.at;
            self.skip_separators();
            let list = self.lists.last().copied();
            let Some(byte) = self.body.as_ref().get(self.at).copied() else {
                return list.is_some().then(|| self.cut(behind_last));
            };
            let part = match (byte, list) {
                (b']', Some(list)) => self.leave(list),
                (b'{', Some(List::Items | List::ItemsUntil(_))) => self.item(),
                (b'{', _) => self.object(),
                (b'[', None | Some(List::Array)) => self.enter_array(),
                _ => self.value(),
            };
            if part.is_some() {
                return part;
            }
        }
    }

    /// Commas are not insisted on: with or without them, it is plain where elements begin.
    fn skip_separators(&mut self) {
        let mut scanner = Scanner::new(self.body.as_ref(), self.at);
        scanner.skip_space();
        while !self.lists.is_empty() && scanner.peek() == Some(b',') {
            scanner.at += 1;
            scanner.skip_space();
        }
        self.at = scanner.at;
    }

    /// The body ends inside a list.
    fn cut(&mut self, from: usize) -> Part {
        self.lists.clear();
        let end = self.body.as_ref().len();
        self.broken(from..end, Fault { at: end, kind: FaultKind::Expected("`]`") })
    }

    fn enter_array(&mut self) -> Option<Part> {
        if self.lists.len() >= usize::from(MAX_DEPTH) {
            return Some(self.set_aside(Fault { at: self.at, kind: FaultKind::TooDeep }));
        }
        self.at += 1;
        self.lists.push(List::Array);
        None
    }

    fn enter_items(&mut self, first: usize, list: List) -> Option<Part> {
        if self.lists.len() >= usize::from(MAX_DEPTH) {
            return Some(self.set_aside(Fault { at: self.at, kind: FaultKind::TooDeep }));
        }
        self.is_json = true;
        self.at = first;
        self.lists.push(list);
        None
    }

    /// At the `]` of a list.
    fn leave(&mut self, list: List) -> Option<Part> {
        self.lists.pop();
        self.is_json = true;
        self.at += 1;
        match list {
            List::Array => None,
            List::ItemsUntil(end) => {
                self.at = end;
                None
            }
            List::Items => {
                let start = self.at;
                let mut scanner = Scanner::new(self.body.as_ref(), start);
                let fault = scanner.rest_of_object(MAX_DEPTH - 1).err();
                self.at = scanner.at;
                fault.map(|fault| self.set_aside_from(start, structure::Depth::Inside, fault))
            }
        }
    }

    /// An object that says what it is.
    fn object(&mut self) -> Option<Part> {
        match outline::of_object(self.body.as_ref(), self.at) {
            Ok(Reading::UpToItems(first)) => self.enter_items(first, List::Items),
            Ok(Reading::Whole(Outline { kind: Some(Kind::Event), stamp, .. }, end)) => {
                Some(self.event(stamp, end))
            }
            Ok(Reading::Whole(outline, end)) => self.list_or_other(&outline, end),
            Err(fault) => Some(self.set_aside(fault)),
        }
    }

    /// An object among the items of an `EventList`: an event, whatever it calls itself. A list among them is what is
    /// left of a body that was cut in front of this one.
    fn item(&mut self) -> Option<Part> {
        match outline::of_item(self.body.as_ref(), self.at) {
            Ok((outline @ Outline { stamp: None, kind: Some(Kind::EventList), .. }, end)) => {
                self.list_or_other(&outline, end)
            }
            Ok((outline, end)) => Some(self.event(outline.stamp, end)),
            Err(fault) => Some(self.set_aside(fault)),
        }
    }

    fn event(&mut self, stamp: Option<Stamp>, end: usize) -> Part {
        self.is_json = true;
        let range = self.at..end;
        self.at = end;
        let length = range.len();
        let (code, reason) = match stamp {
            None => (Code::NoStageTimestamp, "the event has no stageTimestamp".to_owned()),
            Some(Stamp::Unreadable) => {
                let reason = "the event's stageTimestamp is no time such as 2026-01-31T12:00:00.123456Z";
                (Code::NoStageTimestamp, reason.to_owned())
            }
            Some(Stamp::Moment) if length > self.max_event => {
                let reason =
                    format!("the event has {length} bytes; the limit is {} (max_event)", self.max_event);
                (Code::TooLarge, reason)
            }
            Some(Stamp::Moment) => return Part::Event(range),
        };
        Part::Broken(Broken { reason: format!("{reason} (byte {} of the body)", range.start), range, code })
    }

    /// An object that was read to its end, its items being unread, and is no event.
    fn list_or_other(&mut self, outline: &Outline, end: usize) -> Option<Part> {
        let reason = match (outline.kind, outline.items) {
            (Some(Kind::EventList), Some(Items::From(first))) => {
                self.wasted = self.wasted.saturating_add(end.saturating_sub(self.at));
                return self.enter_items(first, List::ItemsUntil(end));
            }
            (Some(Kind::EventList), Some(Items::Null)) => {
                self.is_json = true;
                self.at = end;
                return None;
            }
            (Some(Kind::EventList), _) => "the EventList has no items",
            _ => "the object's kind is neither Event nor EventList",
        };
        self.is_json = true;
        Some(self.no_event(end, reason))
    }

    /// Anything but an object where one is looked for.
    fn value(&mut self) -> Option<Part> {
        let mut scanner = Scanner::new(self.body.as_ref(), self.at);
        Some(match scanner.value(MAX_DEPTH) {
            Ok(()) => self.no_event(scanner.at, "a value that is no object cannot be an event"),
            Err(fault) => self.set_aside(fault),
        })
    }

    fn no_event(&mut self, end: usize, reason: &str) -> Part {
        let range = self.at..end;
        self.at = end;
        let reason = format!("{reason} (byte {} of the body)", range.start);
        Part::Broken(Broken { range, code: Code::NotAnEvent, reason })
    }

    /// Keeps what stands before the first thing that is JSON, as one.
    fn hold(&mut self, part: Option<Part>) {
        let Some(Part::Broken(broken)) = part else { return };
        match &mut self.held {
            Some(held) => held.range.end = broken.range.end,
            None => self.held = Some(broken),
        }
    }

    /// At the end of the body.
    fn last(&mut self) -> Option<Result<Part, NotJson>> {
        let bytes = self.body.as_ref();
        match (self.held.take(), self.fault) {
            (held, Some(fault)) if !self.is_json => {
                drop(held);
                Some(Err(NotJson::new(bytes, fault)))
            }
            (None, None) if !self.is_json => {
                let fault = Fault { at: bytes.len(), kind: FaultKind::Expected("an Event or an EventList") };
                Some(Err(NotJson::new(bytes, fault)))
            }
            (held, _) => held.map(|broken| Ok(Part::Broken(broken))),
        }
    }
}

#[cfg(test)]
mod tests;
