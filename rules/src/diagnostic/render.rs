//! A problem for people at a terminal: the message, the lines it is about, underlined, and what to do.

use std::fmt::Write;

use super::{Diagnostic, Location};
use crate::source::{Position, SourceFile, Span, floor};

/// Longer lines are cut around what is underlined.
const WIDEST: usize = 160;

pub(super) fn render(diagnostic: &Diagnostic, files: &[SourceFile]) -> String {
    let mut out = format!("{}[{}]: {}\n", diagnostic.severity, diagnostic.code.id(), diagnostic.message);
    let primary = diagnostic.span.unwrap_or(Span::of_file(diagnostic.file));
    excerpt(&mut out, files, primary, '^', &inside(&diagnostic.context));
    for label in &diagnostic.labels {
        excerpt(&mut out, files, label.span, '-', &label.text);
    }
    if let Some(help) = &diagnostic.help {
        push(&mut out, format_args!("  = help: {help}\n"));
    }
    if let Some(falco) = diagnostic.code.falco() {
        push(&mut out, format_args!("  = falco: {falco}\n"));
    }
    out
}

/// The innermost item with a name.
fn inside(context: &[Location]) -> String {
    let named = context.iter().rev().find(|location| !location.name.is_empty());
    named.map_or_else(String::new, |location| format!("in {} `{}`", location.item.name(), location.name))
}

fn excerpt(out: &mut String, files: &[SourceFile], span: Span, mark: char, remark: &str) {
    let Some(file) = files.get(span.file) else { return };
    let Position { line, column } = Position::of(&file.text, span.start);
    push(out, format_args!("  --> {}:{line}:{column}\n", file.name));
    let shown = Shown::of(&file.text, span);
    let number = line.to_string();
    let gutter = " ".repeat(number.len());
    push(out, format_args!("{gutter} |\n{number} | {}\n", shown.text));
    let underline = mark.to_string().repeat(shown.length.max(1));
    let underlined = format!("{gutter} | {}{underline} {remark}", " ".repeat(shown.column));
    push(out, format_args!("{}\n", underlined.trim_end()));
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
