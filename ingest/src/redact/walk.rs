//! The second walk over an event: which values are to be replaced.

use std::ops::Range;

use super::facts::{Facts, Mark};
use super::path::Step;
use super::pointer;
use super::rules::{LAST_APPLIED, Rules};
use super::text::{spells, text};
use crate::split::scan::{Fault, MAX_DEPTH, Scanner, Turn};

/// The values of the object that begins at `start` that are to be replaced: in order and apart.
pub(super) fn of_object(
    bytes: &[u8],
    start: usize,
    rules: &Rules,
    facts: &Facts,
) -> Result<(Vec<Range<usize>>, usize), Fault> {
    // ConfigMaps are left alone, whatever a patch of one calls itself: rules look for credentials in them.
    let is_configmap = facts.concern_only_configmaps();
    let mut walk = Walk {
        bytes,
        scanner: Scanner::new(bytes, start),
        rules,
        marks: if is_configmap { &[] } else { &facts.marks },
        active: rules.of_event(facts).map(|path| Active { path, step: 0 }).collect(),
        found: Vec::new(),
        last_applied: rules.last_applied && !is_configmap,
        writes_secret: facts.concern(Some(("secrets", None))),
    };
    walk.value(0, MAX_DEPTH, Place::Top)?;
    Ok((walk.found, walk.scanner.at))
}

struct Walk<'a> {
    bytes: &'a [u8],
    scanner: Scanner<'a>,
    rules: &'a Rules,
    /// The marks that may still come.
    marks: &'a [Mark],
    /// How far each path has come, for what encloses the place, one behind the other.
    active: Vec<Active>,
    found: Vec<Range<usize>>,
    last_applied: bool,
    writes_secret: bool,
}

/// A path that has led here, and its next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Active {
    path: usize,
    step: usize,
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The event.
    Top,
    /// Its `requestObject`: a list there is a JSON patch.
    Request,
    Elsewhere,
}

/// Whether a path ends at a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Here,
    Further,
}

impl Walk<'_> {
    /// A value to which the paths from `from` on have led.
    fn value(&mut self, from: usize, room: u16, place: Place) -> Result<(), Fault> {
        let is_done = place == Place::Elsewhere
            && from == self.active.len()
            && self.marks.is_empty()
            && !self.last_applied;
        match (self.scanner.peek(), room.checked_sub(1)) {
            (Some(b'{'), Some(inside)) if !is_done => self.object(from, inside, place),
            (Some(b'['), Some(inside)) if !is_done => match place {
                Place::Request => self.patch(from, inside),
                _ => self.array(from, inside),
            },
            (Some(b'{' | b'['), _) => self.scanner.value(room),
            _ => {
                let is_taken = self.since(from).iter().any(|active| active.takes_all(self.rules));
                self.leaf(if is_taken { End::Here } else { End::Further }, room)
            }
        }
    }

    /// A value that is not looked into; it is replaced where a path ends here.
    fn leaf(&mut self, end: End, room: u16) -> Result<(), Fault> {
        let start = self.scanner.at;
        self.scanner.value(room)?;
        if end == End::Here {
            self.found.push(start..self.scanner.at);
        }
        Ok(())
    }

    fn object(&mut self, from: usize, room: u16, place: Place) -> Result<(), Fault> {
        self.begin_paths_of(self.scanner.at);
        let to = self.active.len();
        self.scanner.at += 1;
        let mut turn = Turn::First;
        while let Some(key) = self.scanner.member(turn)? {
            turn = Turn::Later;
            let key = self.bytes.get(key).unwrap_or_default();
            let is_request = place == Place::Top && spells(key, "requestObject");
            let place = if is_request { Place::Request } else { Place::Elsewhere };
            match self.enter(from..to, key) {
                End::Here => self.leaf(End::Here, room)?,
                End::Further => self.value(to, room, place)?,
            }
            self.active.truncate(to);
        }
        Ok(())
    }

    fn array(&mut self, from: usize, room: u16) -> Result<(), Fault> {
        let to = self.active.len();
        self.scanner.at += 1;
        let mut turn = Turn::First;
        while self.scanner.element(turn)? {
            turn = Turn::Later;
            match self.enter_element(from..to) {
                End::Here => self.leaf(End::Here, room)?,
                End::Further => self.value(to, room, Place::Elsewhere)?,
            }
            self.active.truncate(to);
        }
        Ok(())
    }

    /// A JSON patch: a list of operations, each with the pointer to where its value goes.
    fn patch(&mut self, from: usize, room: u16) -> Result<(), Fault> {
        let to = self.active.len();
        self.scanner.at += 1;
        let mut turn = Turn::First;
        while self.scanner.element(turn)? {
            turn = Turn::Later;
            match (self.scanner.peek(), room.checked_sub(1)) {
                (Some(b'{'), Some(inside)) => self.operation(from..to, inside)?,
                _ => self.value(to, room, Place::Elsewhere)?,
            }
            self.active.truncate(to);
        }
        Ok(())
    }

    fn operation(&mut self, state: Range<usize>, room: u16) -> Result<(), Fault> {
        let (leads, end) = self.target(state, room)?;
        let to = self.active.len();
        self.scanner.at += 1;
        let mut turn = Turn::First;
        while let Some(key) = self.scanner.member(turn)? {
            turn = Turn::Later;
            let is_value = spells(self.bytes.get(key).unwrap_or_default(), "value");
            match end {
                End::Here if is_value => self.leaf(End::Here, room)?,
                _ => {
                    self.active.extend(leads.iter().filter(|_| is_value).copied());
                    self.value(to, room, Place::Elsewhere)?;
                }
            }
            self.active.truncate(to);
        }
        Ok(())
    }

    /// Where an operation leads the paths of `state`. It is read ahead, since its `path` may stand behind its `value`. The
    /// last `path` counts for the API server; where a Secret is written all do, to be safe, and nowhere else, so that
    /// nobody hides a value behind a `path` that does not count.
    fn target(&mut self, state: Range<usize>, room: u16) -> Result<(Vec<Active>, End), Fault> {
        let mut ahead = Scanner::new(self.bytes, self.scanner.at + 1);
        let (mut all, mut end, mut turn) = (Vec::new(), End::Further, Turn::First);
        while let Some(key) = ahead.member(turn)? {
            turn = Turn::Later;
            let is_path = spells(self.bytes.get(key).unwrap_or_default(), "path");
            if !is_path || ahead.peek() != Some(b'"') {
                ahead.value(room)?;
                continue;
            }
            let range = ahead.string()?;
            let pointer = text(self.bytes.get(range).unwrap_or_default());
            let (leads, ends) = self.follow(state.clone(), &pointer::keys(&pointer));
            if !self.writes_secret {
                (all, end) = (leads, ends);
                continue;
            }
            all.extend(leads);
            all.sort_unstable();
            all.dedup();
            // One without its slash leads nowhere, but somebody meant it to lead into the Secret.
            if ends == End::Here || !matches!(pointer.first(), None | Some(b'/')) {
                end = End::Here;
            }
        }
        Ok((all, end))
    }

    /// How far the paths of `state` have come behind a pointer, and whether one has ended.
    fn follow(&self, state: Range<usize>, pointer: &[String]) -> (Vec<Active>, End) {
        let mut here = self.active.get(state).unwrap_or_default().to_vec();
        for key in pointer {
            here = here.iter().filter_map(|active| active.into_member(self.rules, key)).collect();
            let ends = here.iter().any(|active| active.is_at_end(self.rules));
            if ends || (self.last_applied && key == LAST_APPLIED) {
                return (Vec::new(), End::Here);
            }
        }
        (here, End::Further)
    }

    /// Takes up the paths of the kinds that the object at this place has.
    fn begin_paths_of(&mut self, start: usize) {
        while let Some((mark, rest)) = self.marks.split_first().filter(|(mark, _)| mark.start <= start) {
            self.marks = rest;
            if mark.start == start {
                self.active.extend(self.rules.of_object(mark.kind).map(|path| Active { path, step: 0 }));
            }
        }
    }

    /// Leads the paths of `state` into a member; those that have not ended stand behind all others then.
    fn enter(&mut self, state: Range<usize>, key: &[u8]) -> End {
        if self.last_applied && text(key).as_ref() == LAST_APPLIED.as_bytes() {
            return End::Here;
        }
        self.lead(state, |active, rules| active.into_member_written(rules, key))
    }

    fn enter_element(&mut self, state: Range<usize>) -> End {
        self.lead(state, |active, rules| active.into_element(rules))
    }

    fn lead(&mut self, state: Range<usize>, step: impl Fn(Active, &Rules) -> Option<Active>) -> End {
        for index in state {
            let next = self.active.get(index).and_then(|active| step(*active, self.rules));
            match next {
                Some(active) if active.is_at_end(self.rules) => return End::Here,
                Some(active) => self.active.push(active),
                None => {}
            }
        }
        End::Further
    }

    fn since(&self, from: usize) -> &[Active] {
        self.active.get(from..).unwrap_or_default()
    }
}

impl Active {
    /// Behind the member with this key, as it is written between its quotes.
    fn into_member_written(self, rules: &Rules, key: &[u8]) -> Option<Self> {
        self.step(rules)?.takes_written(key).then_some(Self { step: self.step + 1, ..self })
    }

    /// Behind the member or the element that a pointer names.
    fn into_member(self, rules: &Rules, key: &str) -> Option<Self> {
        self.step(rules)?.takes(key).then_some(Self { step: self.step + 1, ..self })
    }

    fn into_element(self, rules: &Rules) -> Option<Self> {
        (*self.step(rules)? == Step::Any).then_some(Self { step: self.step + 1, ..self })
    }

    fn step(self, rules: &Rules) -> Option<&Step> {
        rules.path(self.path)?.step(self.step)
    }

    fn is_at_end(self, rules: &Rules) -> bool {
        rules.path(self.path).is_some_and(|path| self.step >= path.len())
    }

    fn takes_all(self, rules: &Rules) -> bool {
        rules.path(self.path).is_some_and(|path| path.takes_all_from(self.step))
    }
}
