//! A line of a file with a part of it underlined.

use unicode_width::UnicodeWidthChar;

use super::render::push;
use super::told::visible;
use crate::source::{Position, SourceFile, Span, floor};

/// Longer lines are cut around what is underlined.
const WIDEST: usize = 160;

/// A part of a file, with a remark on it.
pub(super) struct Excerpt<'a> {
    file: &'a str,
    position: Position,
    /// The last line it reaches into, if that is another.
    last_line: Option<usize>,
    shown: Shown,
    mark: char,
    remark: &'a str,
}

impl<'a> Excerpt<'a> {
    pub(super) fn of(files: &'a [SourceFile], span: Span, mark: char, remark: &'a str) -> Option<Self> {
        let file = files.get(span.file)?;
        let position = Position::of(&file.text, span.start);
        let part = file.text.get(floor(&file.text, span.start)..floor(&file.text, span.end));
        let breaks = part.unwrap_or_default().trim_end().matches('\n').count();
        let last_line = (breaks > 0).then_some(position.line + breaks);
        let shown = Shown::of(&file.text, span);
        Some(Self { file: &file.name, position, last_line, shown, mark, remark })
    }

    pub(super) fn line(&self) -> usize {
        self.position.line
    }

    pub(super) fn render(&self, gutter: &str, out: &mut String) {
        let Position { line, column } = self.position;
        push(out, format_args!("{gutter}--> {}:{line}:{column}\n{gutter} |\n", self.file));
        push(out, format_args!("{line:>width$} | {}\n", self.shown.text, width = gutter.len()));
        let blank = " ".repeat(self.shown.column);
        let underline = self.mark.to_string().repeat(self.shown.width.max(1));
        let reach = match self.last_line {
            Some(last) if self.remark.is_empty() => format!("up to line {last}"),
            Some(last) => format!(", up to line {last}"),
            None => String::new(),
        };
        let underlined = format!("{gutter} | {blank}{underline} {}{reach}", self.remark);
        push(out, format_args!("{}\n", underlined.trim_end()));
    }
}

/// The line that is shown, and which of its columns are underlined.
struct Shown {
    text: String,
    column: usize,
    width: usize,
}

impl Shown {
    fn of(text: &str, span: Span) -> Self {
        let at = floor(text, span.start);
        let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let before = before.get(start..).unwrap_or_default();
        let after = after.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let (marked, after) =
            after.split_at_checked(floor(after, span.end.saturating_sub(at))).unwrap_or((after, ""));
        let length = before.chars().count() + marked.chars().count() + after.chars().count();
        let (before, marked, after) = if length <= WIDEST {
            (clear_text(before), clear_text(marked), clear_text(after))
        } else {
            cut(before, marked, after)
        };
        Self { column: width(&before), width: width(&marked), text: before + &marked + &after }
    }
}

/// The same with no more than half of the width before what is marked, and the rest behind.
fn cut(before: &str, marked: &str, after: &str) -> (String, String, String) {
    let mut kept: Vec<char> = before.chars().rev().take(WIDEST / 2).map(clear).collect();
    if before.chars().nth(WIDEST / 2).is_some() {
        kept.push('…');
    }
    kept.reverse();
    let room = WIDEST - kept.len().min(WIDEST / 2);
    let marked_short: String = marked.chars().take(room).map(clear).collect();
    let is_short = marked.chars().nth(room).is_some();
    let room = room - marked_short.chars().count();
    let mut rest: String = after.chars().take(room).map(clear).collect();
    if is_short || after.chars().nth(room).is_some() {
        rest.push('…');
    }
    (kept.into_iter().collect(), marked_short, rest)
}

fn clear_text(text: &str) -> String {
    text.chars().map(clear).collect()
}

/// What a terminal shows as one thing.
fn clear(character: char) -> char {
    if character == '\t' { ' ' } else { visible(character) }
}

/// In columns of a terminal.
fn width(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}
