//! Many substrings of one text found in one pass.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex_automata::meta;
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir};

use super::plan::{Node, NodeId, SlotId};
use crate::check::ir::{Predicate, TextTest};
use crate::value::Case;

/// From this many on, one pass for all beats one for each, which is faster as such. One that ignores case is not.
const MANY: usize = 8;

/// How much text all scans together may look for the fastest way, which takes a kilobyte of memory for each byte.
const MAX_FAST: usize = 64 << 10;

/// Substrings that are looked for in the value of one slot.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) slot: SlotId,
    /// Whether any of them stands there at all, which is quicker to say and nearly always no.
    any: Option<meta::Regex>,
    automaton: AhoCorasick,
    /// The test that asks for each.
    tests: Vec<NodeId>,
}

/// A substring and the test that asks for it.
type Needle<'a> = (&'a [u8], NodeId);

/// All scans, and which tests they answer.
#[derive(Debug, Default)]
pub(super) struct Scans {
    scans: Vec<Scan>,
    /// By node.
    answering: Vec<Option<usize>>,
}

impl Scans {
    /// For the tests among `nodes`.
    pub(super) fn new(nodes: &[Node]) -> Self {
        let mut groups: BTreeMap<(SlotId, Case), Vec<Needle<'_>>> = BTreeMap::new();
        for (at, node) in nodes.iter().enumerate() {
            if let Some((slot, case, needle)) = substring(node) {
                groups.entry((slot, case)).or_default().push((needle, NodeId(at)));
            }
        }
        let mut all = Self { scans: Vec::new(), answering: vec![None; nodes.len()] };
        let mut fast_left = MAX_FAST;
        for ((slot, case), needles) in groups {
            if case == Case::Folded || needles.len() >= MANY {
                let len: usize = needles.iter().map(|(needle, _)| needle.len()).sum();
                let speed = if len <= fast_left { Speed::Fast } else { Speed::Frugal };
                fast_left = fast_left.saturating_sub(len);
                all.add(slot, (case, speed), &needles);
            }
        }
        all
    }

    /// The scan that answers a test.
    pub(super) fn answering(&self, test: NodeId) -> Option<&Scan> {
        self.scans.get((*self.answering.get(test.0)?)?)
    }

    fn add(&mut self, slot: SlotId, (case, speed): (Case, Speed), needles: &[Needle<'_>]) {
        let mut builder = AhoCorasickBuilder::new();
        let kind = match speed {
            Speed::Fast => AhoCorasickKind::DFA,
            Speed::Frugal => AhoCorasickKind::ContiguousNFA,
        };
        builder.kind(Some(kind)).ascii_case_insensitive(case == Case::Folded);
        // Too many of them for an automaton are looked for one by one.
        let Ok(automaton) = builder.build(needles.iter().map(|(needle, _)| needle)) else { return };
        let tests: Vec<NodeId> = needles.iter().map(|&(_, test)| test).collect();
        for test in &tests {
            if let Some(answering) = self.answering.get_mut(test.0) {
                *answering = Some(self.scans.len());
            }
        }
        let any = if speed == Speed::Fast { any_of(case, needles) } else { None };
        self.scans.push(Scan { slot, any, automaton, tests });
    }
}

impl Scan {
    /// The tests it answers.
    pub(super) fn tests(&self) -> &[NodeId] {
        &self.tests
    }

    /// Calls `found` with every test whose substring stands in `text`, possibly more than once, until it says that it
    /// has heard enough.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(NodeId) -> Heard) {
        if self.any.as_ref().is_some_and(|any| !any.is_match(text)) {
            return;
        }
        for hit in self.automaton.find_overlapping_iter(text) {
            let test = self.tests.get(hit.pattern().as_usize());
            if test.is_some_and(|&test| found(test) == Heard::Enough) {
                return;
            }
        }
    }
}

/// What a scan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speed {
    Fast,
    Frugal,
}

/// Whether a scan may stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    More,
    Enough,
}

fn substring(node: &Node) -> Option<(SlotId, Case, &[u8])> {
    let (slot, case, needle) = match node {
        Node::Test(slot, Predicate::Text(TextTest::Contains(needle))) => {
            (*slot, Case::Matters, needle.bytes())
        }
        Node::Test(slot, Predicate::Text(TextTest::ContainsFolded(needle))) => {
            (*slot, Case::Folded, &**needle)
        }
        _ => return None,
    };
    (!needle.is_empty()).then_some((slot, case, needle))
}

/// An expression that any of the needles matches, for an engine that looks for the start of several at once.
fn any_of(case: Case, needles: &[Needle<'_>]) -> Option<meta::Regex> {
    let byte = |byte: u8| match case {
        Case::Matters => ClassBytes::new([ClassBytesRange::new(byte, byte)]),
        Case::Folded => ClassBytes::new(
            [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]
                .map(|byte| ClassBytesRange::new(byte, byte)),
        ),
    };
    let needle = |(needle, _): &Needle<'_>| {
        Hir::concat(needle.iter().map(|&single| Hir::class(Class::Bytes(byte(single)))).collect())
    };
    let any = Hir::alternation(needles.iter().map(needle).collect());
    let config = meta::Config::new().utf8_empty(false);
    meta::Builder::new().configure(config).build_from_hir(&any).ok()
}
