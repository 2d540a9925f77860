//! The condition as a tree. What has no branches goes into one line: `not macro: comparison`.

use super::{Glyphs, Look, Paint, value};
use crate::explain::explanation::{Comparison, Part, PartKind, Role};

/// Where values may begin at the latest, in parts of the width: 5 of 8.
const COLUMN: (usize, usize) = (5, 8);
/// Between a comparison and its values.
const GAP: usize = 2;

/// The lines of a tree.
pub(super) struct Tree<'e> {
    lines: Vec<Line<'e>>,
    look: Look,
}

struct Line<'e> {
    holds: bool,
    role: Role,
    /// What draws the tree, up to the mark.
    stem: String,
    /// The same for a further line of the same part.
    under: String,
    label: String,
    comparison: Option<&'e Comparison>,
}

impl<'e> Tree<'e> {
    /// Of a condition.
    pub(super) fn of(condition: &'e Part, look: Look) -> Self {
        let mut tree = Self { lines: Vec::new(), look };
        tree.add(condition, String::new(), "");
        tree
    }

    /// Adds a part; `under` draws the branches that go past everything below it.
    fn add(&mut self, part: &'e Part, stem: String, under: &str) {
        let (label, end) = chain(part);
        let comparison = match &end.kind {
            PartKind::Comparison(comparison) => Some(&**comparison),
            _ => None,
        };
        let (holds, role, below) = (part.holds, part.role, under.to_owned());
        self.lines.push(Line { holds, role, stem, under: below, label, comparison });
        let parts = end.parts();
        for (at, inner) in parts.iter().enumerate() {
            let is_last = at + 1 == parts.len();
            let (branch, further) = match (self.look.glyphs, is_last) {
                (Glyphs::Unicode, false) => ("├─ ", "│  "),
                (Glyphs::Unicode, true) => ("└─ ", "   "),
                (Glyphs::Ascii, _) => ("  ", "  "),
            };
            self.add(inner, format!("{under}{branch}"), &format!("{under}{further}"));
        }
    }

    /// Writes the lines.
    pub(super) fn write(&self, out: &mut String) {
        let column = self.column();
        for line in &self.lines {
            self.write_line(line, column, out);
        }
    }

    /// Where values begin: behind the longest line that leaves them enough room.
    fn column(&self) -> usize {
        let latest = self.look.width * COLUMN.0 / COLUMN.1;
        let compared = self.lines.iter().filter(|line| line.comparison.is_some());
        compared.map(|line| self.length(line)).filter(|length| *length <= latest).max().unwrap_or(0) + GAP
    }

    /// How long a line is without values.
    fn length(&self, line: &Line<'_>) -> usize {
        let parts = [self.pointer(line), &line.stem, self.look.mark(line.holds), &line.label];
        parts.iter().map(|part| part.chars().count()).sum::<usize>() + 1
    }

    /// Points at the comparisons that decided.
    fn pointer(&self, line: &Line<'_>) -> &'static str {
        match (line.role == Role::Decisive && line.comparison.is_some(), self.look.glyphs) {
            (false, _) => "  ",
            (true, Glyphs::Unicode) => "▸ ",
            (true, Glyphs::Ascii) => "> ",
        }
    }

    fn write_line(&self, line: &Line<'_>, column: usize, out: &mut String) {
        let (width, length) = (self.look.width, self.length(line));
        let start = column.max(length + GAP);
        let room = width.saturating_sub(start);
        let told = line.comparison.map(|comparison| beside(comparison, room)).unwrap_or_default();
        if start + told.chars().count() <= width && !told.is_empty() {
            let gap = " ".repeat(start - length);
            self.push(line, &format!("{}{gap}{told}", line.label), out);
            return;
        }
        let before = length - line.label.chars().count();
        self.push(line, &self.look.cut(&line.label, width.saturating_sub(before)), out);
        if let Some(comparison) = line.comparison {
            let indent = format!("  {}    ", line.under);
            let room = width.saturating_sub(indent.chars().count());
            let text = format!("{indent}{}", self.look.cut(&beside(comparison, room), room));
            out.push_str(&if line.role == Role::Decisive { text } else { self.look.faint(&text) });
            out.push('\n');
        }
    }

    fn push(&self, line: &Line<'_>, text: &str, out: &mut String) {
        let (pointer, mark) = (self.pointer(line), self.look.mark(line.holds));
        if line.role == Role::Decisive {
            let paint = if line.holds { Paint::Good } else { Paint::Bad };
            let stem = if line.stem.is_empty() { String::new() } else { self.look.faint(&line.stem) };
            out.push_str(&format!("{pointer}{stem}{} {text}", self.look.paint(paint, mark)));
        } else {
            out.push_str(&self.look.faint(&format!("{pointer}{}{mark} {text}", line.stem)));
        }
        out.push('\n');
    }
}

/// What a part is called, and where it branches or ends.
fn chain(part: &Part) -> (String, &Part) {
    let mut label = String::new();
    let mut end = part;
    loop {
        end = match &end.kind {
            PartKind::Not(inner) => {
                label.push_str("not ");
                inner
            }
            PartKind::Macro(name, inner) => {
                label.push_str(&format!("{name}: "));
                inner
            }
            PartKind::Exception(name, inner) => {
                label.push_str(&format!("exception {name}: "));
                inner
            }
            PartKind::All(_) => return (format!("{label}all of"), end),
            PartKind::Any(_) => return (format!("{label}any of"), end),
            PartKind::Comparison(comparison) => {
                return (format!("{label}{}", value::plain(&comparison.text)), end);
            }
        };
    }
}

/// The values of a comparison. Where there is only one, it is clear whose it is.
fn beside(comparison: &Comparison, room: usize) -> String {
    let whole = values(comparison, (room, room));
    if whole.chars().count() <= room {
        return whole;
    }
    let detail = value::detail(comparison, room / 2).map_or(0, |detail| detail.chars().count() + GAP);
    let each = room.saturating_sub(detail) / comparison.values.len().max(1);
    values(comparison, (each, room / 2))
}

/// With so much room for each value and its name, and for what more there is to say.
fn values(comparison: &Comparison, (each, detail): (usize, usize)) -> String {
    let values = match comparison.values.as_slice() {
        [(_, seen)] => value::shown(seen, each),
        several => {
            let named = several.iter().map(|(name, seen)| {
                format!("{name} = {}", value::shown(seen, each.saturating_sub(name.chars().count() + 5)))
            });
            named.collect::<Vec<_>>().join(", ")
        }
    };
    match value::detail(comparison, detail) {
        Some(detail) => format!("{values}  {detail}"),
        None => values,
    }
}
