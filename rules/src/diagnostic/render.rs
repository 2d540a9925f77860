//! A problem for people at a terminal: the message, the lines it is about, underlined, and what to do.

use std::fmt::Write;

use super::{Diagnostic, ItemType, Location};
use crate::source::{Position, SourceFile, Span, floor};

/// Longer lines are cut around what is underlined.
const WIDEST: usize = 160;

pub(super) fn render(diagnostic: &Diagnostic, files: &[SourceFile]) -> String {
    let primary = diagnostic.span.unwrap_or(Span::of_file(diagnostic.file));
    let labels = diagnostic.labels.iter().map(|label| Excerpt::of(files, label.span, '-', &label.text));
    let remark = diagnostic.remark.clone().unwrap_or_else(|| inside(&diagnostic.context));
    let first = Excerpt::of(files, primary, '^', &remark);
    let excerpts: Vec<_> = std::iter::once(first).chain(labels).flatten().collect();
    let gutter = excerpts.iter().map(|excerpt| excerpt.position.line.to_string().len()).max().unwrap_or(1);
    let gutter = " ".repeat(gutter);
    let mut out = format!("{}[{}]: {}\n", diagnostic.severity, diagnostic.code.id(), diagnostic.message);
    excerpts.iter().for_each(|excerpt| excerpt.render(&gutter, &mut out));
    if let Some(help) = &diagnostic.help {
        push(&mut out, format_args!("{gutter} = help: {help}\n"));
    }
    if let Some(falco) = diagnostic.code.falco() {
        push(&mut out, format_args!("{gutter} = falco: {falco}\n"));
    }
    out
}

/// The innermost item with a name of its own.
fn inside(context: &[Location]) -> String {
    let is_key = |item| matches!(item, ItemType::ValueFor | ItemType::Overrides);
    let named = context.iter().rev().find(|location| !location.name.is_empty() && !is_key(location.item));
    named.map_or_else(String::new, |location| format!("in {} `{}`", location.item.name(), location.name))
}

/// A line of a file with a part of it underlined.
struct Excerpt<'a> {
    file: &'a str,
    position: Position,
    shown: Shown,
    mark: char,
    remark: &'a str,
}

impl<'a> Excerpt<'a> {
    fn of(files: &'a [SourceFile], span: Span, mark: char, remark: &'a str) -> Option<Self> {
        let file = files.get(span.file)?;
        let position = Position::of(&file.text, span.start);
        Some(Self { file: &file.name, position, shown: Shown::of(&file.text, span), mark, remark })
    }

    fn render(&self, gutter: &str, out: &mut String) {
        let Position { line, column } = self.position;
        push(out, format_args!("{gutter}--> {}:{line}:{column}\n{gutter} |\n", self.file));
        push(out, format_args!("{line:>width$} | {}\n", self.shown.text, width = gutter.len()));
        let blank = " ".repeat(self.shown.column);
        let underline = self.mark.to_string().repeat(self.shown.length.max(1));
        let underlined = format!("{gutter} | {blank}{underline} {}", self.remark);
        push(out, format_args!("{}\n", underlined.trim_end()));
    }
}

/// The line that is shown, and which of its characters are underlined.
struct Shown {
    text: String,
    column: usize,
    length: usize,
}

impl Shown {
    fn of(text: &str, span: Span) -> Self {
        let at = floor(text, span.start);
        let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let before = before.get(start..).unwrap_or_default();
        let after = after.split(['\n', '\r']).next().unwrap_or_default();
        let marked = after.get(..floor(after, span.end.saturating_sub(at))).unwrap_or_default();
        let column = before.chars().count();
        let whole = format!("{before}{after}").replace('\t', " ");
        Self { text: whole, column, length: marked.chars().count() }.cut()
    }

    fn cut(self) -> Self {
        if self.text.chars().count() <= WIDEST {
            return self;
        }
        let skipped = self.column.saturating_sub(WIDEST / 2);
        let text = self.text.chars().skip(skipped).take(WIDEST).collect();
        let column = self.column - skipped;
        Self { text, column, length: self.length.min(WIDEST - column) }
    }
}

/// Writing to a string cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
