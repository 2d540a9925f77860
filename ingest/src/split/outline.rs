//! What an object says of itself that decides what it is: its kind, its items, its time.

use std::ops::Range;

use super::scan::{Fault, MAX_DEPTH, Scanner, Turn};
use super::stamp::is_rfc3339;
use super::structure;
use super::text::unescaped;

/// What `kind` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Event,
    EventList,
    /// Neither, or no text at all.
    Other,
}

/// What `stageTimestamp` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    Moment,
    /// There, but no moment in RFC 3339.
    Unreadable,
}

/// What `items` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Items {
    /// An array whose first element is looked for from here.
    From(usize),
    /// `null`: Go's word for a list without elements.
    Null,
    Other,
}

/// The members that count, each as its first occurrence has it, as in Falco.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    pub(super) kind: Option<Kind>,
    pub(super) items: Option<Items>,
    pub(super) stamp: Option<Stamp>,
}

/// How far an object was read.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    /// To its end, which is here.
    Whole(Outline, usize),
    /// To the items of an `EventList`, whose first element is looked for from here.
    UpToItems(usize),
}

/// Reads an object of an `EventList`'s items from its `{` on: all of it must be JSON.
pub(super) fn of_item(bytes: &[u8], start: usize) -> Result<(Outline, usize), Fault> {
    let mut scanner = Scanner::new(bytes, start.saturating_add(1));
    let mut outline = Outline::default();
    let mut turn = Turn::First;
    while let Some(key) = scanner.member(turn)? {
        turn = Turn::Later;
        outline.note(bytes, key, &mut scanner)?;
    }
    Ok((outline, scanner.at))
}

/// Reads an object that says by its `kind` what it is, from its `{` on. The items of an `EventList` may hold anything:
/// they are not read here.
pub(super) fn of_object(bytes: &[u8], start: usize) -> Result<Reading, Fault> {
    let mut scanner = Scanner::new(bytes, start.saturating_add(1));
    let mut outline = Outline::default();
    let mut turn = Turn::First;
    // A fault inside items that stand before the kind, which counts unless that turns out to be EventList.
    let mut excused = None;
    while let Some(key) = scanner.member(turn)? {
        turn = Turn::Later;
        let (value, had_items) = (scanner.at, outline.items.is_some());
        let noted = outline.note_name(bytes, key, &scanner);
        if let (Some(Kind::EventList), false, Some(Items::From(first))) =
            (outline.kind, had_items, outline.items)
        {
            return Ok(Reading::UpToItems(first));
        }
        match outline.read_value(bytes, noted, &mut scanner) {
            Err(fault) if noted == Name::Items && outline.kind.is_none() => {
                excused = Some(fault);
                scanner.at = structure::end(bytes, value, bytes.len(), structure::Depth::Outside)
                    .ok_or(Fault { at: bytes.len(), ..fault })?;
            }
            read => read?,
        }
    }
    match excused {
        Some(fault) if outline.kind != Some(Kind::EventList) => Err(fault),
        _ => Ok(Reading::Whole(outline, scanner.at)),
    }
}

/// The members that count; each only where it occurs for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Kind,
    Items,
    StageTimestamp,
    Other,
}

impl Outline {
    fn note(&mut self, bytes: &[u8], key: Range<usize>, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let name = self.note_name(bytes, key, scanner);
        self.read_value(bytes, name, scanner)
    }

    /// Which member it is; its items are noted already, since they may be left unread.
    fn note_name(&mut self, bytes: &[u8], key: Range<usize>, scanner: &Scanner<'_>) -> Name {
        let key = bytes.get(key).unwrap_or_default();
        match unescaped(key).as_ref() {
            b"kind" if self.kind.is_none() => Name::Kind,
            b"stageTimestamp" if self.stamp.is_none() => Name::StageTimestamp,
            b"items" if self.items.is_none() => {
                self.items = Some(match scanner.peek() {
                    Some(b'[') => Items::From(scanner.at.saturating_add(1)),
                    Some(b'n') => Items::Null,
                    _ => Items::Other,
                });
                Name::Items
            }
            _ => Name::Other,
        }
    }

    fn read_value(&mut self, bytes: &[u8], name: Name, scanner: &mut Scanner<'_>) -> Result<(), Fault> {
        let is_text = scanner.peek() == Some(b'"');
        let start = scanner.at.saturating_add(1);
        scanner.value(MAX_DEPTH - 1)?;
        let raw = if is_text { bytes.get(start..scanner.at.saturating_sub(1)) } else { None };
        let text = raw.map(unescaped);
        match name {
            Name::Kind => {
                self.kind = Some(match text.as_deref() {
                    Some(b"Event") => Kind::Event,
                    Some(b"EventList") => Kind::EventList,
                    _ => Kind::Other,
                });
            }
            Name::StageTimestamp => {
                let is_moment = text.is_some_and(|text| is_rfc3339(&text));
                self.stamp = Some(if is_moment { Stamp::Moment } else { Stamp::Unreadable });
            }
            Name::Items | Name::Other => {}
        }
        Ok(())
    }
}
