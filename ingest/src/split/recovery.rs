//! What becomes of a piece that is not JSON, and where reading goes on behind it.

use std::ops::Range;

use super::part::{Broken, Code, Part};
use super::scan::{Fault, FaultKind, MAX_DEPTH};
use super::{Splitter, structure};

/// What a body is read for again before the rest is given up, in times its length. Only bodies made to waste time get
/// there.
const PATIENCE: usize = 4;

impl<B: AsRef<[u8]>> Splitter<B> {
    /// Sets aside what begins here and is faulty.
    pub(super) fn set_aside(&mut self, fault: Fault) -> Part {
        self.set_aside_from(self.at, structure::Depth::Outside, fault)
    }

    pub(super) fn set_aside_from(&mut self, start: usize, depth: structure::Depth, fault: Fault) -> Part {
        let mut end = self.end_of_faulty(start, depth);
        let length = self.body.as_ref().len();
        self.wasted = self.wasted.saturating_add(fault.at.saturating_sub(end));
        if self.wasted > length.saturating_mul(PATIENCE) {
            end = length;
        }
        if end == length {
            self.lists.clear();
        }
        self.at = end;
        self.broken(start..end, fault)
    }

    fn end_of_faulty(&mut self, start: usize, depth: structure::Depth) -> usize {
        let bytes = self.body.as_ref();
        let is_bracket = matches!(bytes.get(start), Some(b'{' | b'['));
        if depth == structure::Depth::Outside && !is_bracket {
            return structure::end_of_word(bytes, start);
        }
        if self.next_line <= start {
            self.next_line = structure::next_line(bytes, start);
        }
        structure::end(bytes, start, self.next_line, depth).unwrap_or(self.next_line)
    }

    pub(super) fn broken(&mut self, range: Range<usize>, fault: Fault) -> Part {
        self.fault.get_or_insert(fault);
        let (code, what) = match fault.kind {
            FaultKind::TooDeep => (Code::TooDeep, format!("nested more than {MAX_DEPTH} levels deep")),
            FaultKind::Expected(what) if fault.at >= self.body.as_ref().len() => {
                (Code::NotJson, format!("{what} expected, but the body ends here"))
            }
            FaultKind::Expected(what) => (Code::NotJson, format!("{what} expected")),
        };
        Part::Broken(Broken { range, code, reason: format!("{what} (byte {} of the body)", fault.at) })
    }
}
