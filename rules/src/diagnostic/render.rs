//! A problem for people at a terminal: the message, the lines it is about, underlined, and what to do.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::{Diagnostic, ItemType, Location, Severity, clean};
use crate::source::{Position, SourceFile, Span, floor};

/// Longer lines are cut around what is underlined.
const WIDEST: usize = 160;

/// What the parts look like. A style that says nothing leaves nothing behind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Palette {
    /// What it is about: the head, and what is underlined.
    subject: Style,
    /// What is said of it.
    message: Style,
    /// Everything around it.
    frame: Style,
}

impl Palette {
    /// Colours that every terminal has.
    pub(super) fn colours(severity: Severity) -> Self {
        let colour = match severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
        };
        Self {
            subject: colour.on_default().bold(),
            message: Style::new().bold(),
            frame: AnsiColor::Blue.on_default().bold(),
        }
    }
}

pub(super) fn render(diagnostic: &Diagnostic, files: &[SourceFile], palette: Palette) -> String {
    let primary = diagnostic.span.unwrap_or(Span::of_file(diagnostic.file));
    let remark = diagnostic.remark.clone().unwrap_or_else(|| inside(&diagnostic.context));
    let first = Excerpt::of(files, primary, '^', &remark);
    let labels = diagnostic.labels.iter().map(|label| Excerpt::of(files, label.span, '-', &label.text));
    let excerpts: Vec<_> = std::iter::once(first).chain(labels).flatten().collect();
    let gutter = excerpts.iter().map(|excerpt| excerpt.position.line.to_string().len()).max().unwrap_or(1);
    let gutter = " ".repeat(gutter);
    let Palette { subject, message, frame } = palette;
    let (severity, id) = (diagnostic.severity, diagnostic.code.id());
    let mut out = String::new();
    let told = clean(&diagnostic.message);
    push(&mut out, format_args!("{subject}{severity}[{id}]{subject:#}{message}: {told}{message:#}\n"));
    excerpts.iter().for_each(|excerpt| excerpt.render(&gutter, palette, &mut out));
    if let Some(help) = &diagnostic.help {
        push(&mut out, format_args!("{frame}{gutter} = {frame:#}help: {}\n", clean(help)));
    }
    if let Some(falco) = diagnostic.code.falco() {
        push(&mut out, format_args!("{frame}{gutter} = {frame:#}falco: {falco}\n"));
    }
    out
}

pub(super) fn excerpt(diagnostic: &Diagnostic, files: &[SourceFile]) -> String {
    let span = diagnostic.span.unwrap_or(Span::of_file(diagnostic.file));
    let Some(file) = files.get(span.file) else { return String::new() };
    let Shown { text, column, .. } = Shown::of(&file.text, span);
    format!("{text}\n{}^\n", " ".repeat(column))
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

    fn render(&self, gutter: &str, palette: Palette, out: &mut String) {
        let Position { line, column } = self.position;
        let Palette { subject, frame, .. } = palette;
        let (file, remark) = (clean(self.file), clean(self.remark));
        push(out, format_args!("{gutter}{frame}-->{frame:#} {file}:{line}:{column}\n"));
        push(out, format_args!("{frame}{gutter} |{frame:#}\n"));
        let width = gutter.len();
        push(out, format_args!("{frame}{line:>width$} |{frame:#} {}\n", self.shown.text));
        let blank = " ".repeat(self.shown.column);
        let marked = format!("{} {remark}", self.mark.to_string().repeat(self.shown.length.max(1)));
        let style = if self.mark == '^' { subject } else { frame };
        push(out, format_args!("{frame}{gutter} |{frame:#} {blank}{style}{}{style:#}\n", marked.trim_end()));
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
        // Whatever might steer a terminal takes one place, as it does in the file.
        let whole = format!("{before}{after}").replace(|c: char| c.is_control(), " ");
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
