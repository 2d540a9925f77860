//! Explanations for people: a sentence on top, and the condition as a tree with the values right beside.

mod sentence;
mod tree;
mod value;

pub(super) use sentence::silence;

use std::fmt::Write;
use std::sync::Arc;

use super::explanation::Explanation;
use super::head::Head;
use crate::ruleset::outline::NamedList;
use tree::Tree;
use value::cut;

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// How many characters go into a line.
    pub width: usize,
    /// Which characters it is drawn with.
    pub glyphs: Glyphs,
    /// Whether it is coloured.
    pub colour: Colour,
}

/// What trees and verdicts are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Ticks, crosses and lines.
    Unicode,
    /// Plain words.
    Ascii,
}

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// With the escapes of ANSI terminals.
    Ansi,
    /// Not at all.
    Plain,
}

/// How something is told from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paint {
    Good,
    Bad,
    Strong,
    Faint,
}

/// What stands before and behind the name of a rule.
const MARGIN: usize = 5;
/// More reasons than this are counted instead.
const MAX_REASONS: usize = 12;

impl Look {
    /// What stands for a verdict.
    #[must_use]
    pub fn mark(self, holds: bool) -> &'static str {
        match (self.glyphs, holds) {
            (Glyphs::Unicode, true) => "✓",
            (Glyphs::Unicode, false) => "✗",
            (Glyphs::Ascii, true) => "yes",
            (Glyphs::Ascii, false) => "no ",
        }
    }

    /// The same in its colour.
    #[must_use]
    pub fn painted_mark(self, holds: bool) -> String {
        self.paint(if holds { Paint::Good } else { Paint::Bad }, self.mark(holds))
    }

    /// In bold letters.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.paint(Paint::Strong, text)
    }

    /// Less visible than the rest.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.paint(Paint::Faint, text)
    }

    /// No longer than a number of characters; what was cut is marked.
    #[must_use]
    pub fn cut(self, text: &str, room: usize) -> String {
        cut(text, room, self.glyphs)
    }

    fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Strong => "1",
            Paint::Faint => "2",
        };
        match self.colour {
            Colour::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
            Colour::Plain => text.to_owned(),
        }
    }
}

impl Explanation {
    /// Everything, over several lines.
    #[must_use]
    pub fn to_text(&self, look: Look) -> String {
        let mut out = String::new();
        self.head(look, &mut out);
        if let Some(condition) = &self.condition {
            out.push('\n');
            Tree::of(condition, look).write(&mut out);
            self.lists(look, &mut out);
        }
        out
    }

    /// The verdict, and the reasons for it.
    fn head(&self, look: Look, out: &mut String) {
        let (mark, rule) = (look.painted_mark(self.matches()), look.strong(&self.rule));
        let (reasons, summary) = (self.because(), self.summary());
        let fits = summary.chars().count() + self.rule.chars().count() + MARGIN <= look.width;
        if reasons.is_empty() || (reasons.len() == 1 && fits) {
            line(out, format_args!("{mark} {rule} {summary}"));
        } else {
            let verdict = if self.matches() { "matches, but raises no alert" } else { "does not match" };
            line(out, format_args!("{mark} {rule} {verdict}, because"));
            reasons.iter().take(MAX_REASONS).for_each(|reason| line(out, format_args!("  - {reason}")));
            if let Some(more) = reasons.len().checked_sub(MAX_REASONS).filter(|more| *more > 0) {
                line(out, format_args!("  - and {more} more"));
            }
        }
        if let (Some(output), Some(priority)) = (&self.output, self.priority) {
            line(out, format_args!("  {priority}: {}", value::plain(output)));
        }
        if !self.matches() && self.condition.is_some() {
            let silences = self.silences.iter().map(sentence::silence);
            silences.for_each(|silence| line(out, format_args!("  besides, {silence}")));
        }
    }

    /// Why it does not match, or why it raises no alert although it does; nothing where it is never held against
    /// events.
    fn because(&self) -> Vec<String> {
        match (&self.condition, self.matches()) {
            (None, _) => Vec::new(),
            (_, true) => self.silences.iter().map(sentence::silence).collect(),
            (_, false) => self.reasons().iter().map(sentence::reason).collect(),
        }
    }

    /// What stands in the lists that matter.
    fn lists(&self, look: Look, out: &mut String) {
        let mut lists: Vec<&Arc<NamedList>> = Vec::new();
        for list in self.reasons().iter().flat_map(|reason| &reason.comparison.lists) {
            if !lists.iter().any(|known| known.name == list.name) {
                lists.push(list);
            }
        }
        if !lists.is_empty() {
            out.push('\n');
        }
        for list in lists {
            let text = format!("  {} = {}", list.name, value::listed(list, look));
            line(out, format_args!("{}", look.faint(&look.cut(&text, look.width))));
        }
    }
}

impl Head {
    /// In one line: what was done to what, and by whom.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut object = self.resource.clone();
        for part in [&self.subresource, &self.namespace, &self.name] {
            if !part.is_empty() && !object.is_empty() {
                object.push('/');
                object.push_str(part);
            }
        }
        let object = if object.is_empty() { &self.uri } else { &object };
        let by = if self.user.is_empty() { String::new() } else { format!("by {}", self.user) };
        let words = [&self.verb, object, &by, &self.code, &self.stage];
        let words: Vec<String> =
            words.into_iter().filter(|word| !word.is_empty()).map(|word| value::plain(word)).collect();
        words.join(" ")
    }
}

/// Writing to a string cannot fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.push('\n');
}
