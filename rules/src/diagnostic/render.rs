//! A problem for people at a terminal: the message, the lines it is about, underlined, and what to do.

use std::fmt::Write;

use super::excerpt::Excerpt;
use super::told::told;
use super::{Diagnostic, ItemType, Location};
use crate::source::{SourceFile, Span};

pub(super) fn render(diagnostic: &Diagnostic, files: &[SourceFile]) -> String {
    let primary = diagnostic.span.unwrap_or(Span::of_file(diagnostic.file));
    let labels = diagnostic.labels.iter().map(|label| Excerpt::of(files, label.span, '-', &label.text));
    let remark = told(diagnostic.remark.clone().unwrap_or_else(|| inside(&diagnostic.context)));
    let first = Excerpt::of(files, primary, '^', &remark);
    let excerpts: Vec<_> = std::iter::once(first).chain(labels).flatten().collect();
    let gutter = excerpts.iter().map(|excerpt| excerpt.line().to_string().len()).max().unwrap_or(1);
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

/// Writing to a string cannot fail.
pub(super) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    /// The problem that `part`, once in the text, is wrong.
    fn rendered(text: &str, part: &str) -> String {
        let file = SourceFile { name: "r.yaml".to_owned(), text: text.to_owned() };
        let start = text.find(part).unwrap();
        let span = Span { file: 0, start, end: start + part.len() };
        Diagnostic::new(Code::UnknownItem, "odd").at(span).render(&[file])
    }

    /// What stands above the underline.
    fn underlined(text: &str, part: &str) -> String {
        let rendered = rendered(text, part);
        let mut lines = rendered.lines().skip(3);
        let (shown, marks) = (lines.next().unwrap(), lines.next().unwrap());
        let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
        let from = width(marks.trim_end_matches('^'));
        let to = width(marks);
        let columns = |c: char, at: &mut usize| {
            let here = *at;
            *at += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            (from..to).contains(&here)
        };
        let mut at = 0;
        shown.chars().filter(|c| columns(*c, &mut at)).collect()
    }

    #[test]
    fn marks_stand_below_what_they_mark() {
        for (text, part) in [
            ("- a: odd\n", "odd"),
            ("- 漢字漢字: odd # 漢", "odd"),
            ("- a: 漢字 b", "漢字"),
            ("- e\u{301}: odd", "odd"),
            ("- 👩: odd", "odd"),
            ("odd", "odd"),
        ] {
            assert_eq!(underlined(text, part), part, "{}", rendered(text, part));
        }
    }

    #[test]
    fn tabs_are_shown_as_blanks_and_control_characters_as_pictures() {
        assert_eq!(underlined("a:\todd", "odd"), "odd");
        assert!(rendered("a: \u{1b}[31m odd", "odd").contains("a: ␛[31m odd"));
        assert_eq!(underlined("a: \0\u{7f} odd", "odd"), "odd");
    }

    #[test]
    fn of_long_lines_the_part_around_the_mark_is_shown() {
        let text = format!("{} odd {}", "x".repeat(100_000), "y".repeat(100_000));
        let shown = rendered(&text, "odd");
        assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
        assert!(shown.contains("…xx") && shown.contains("yy…"), "{shown}");
        assert_eq!(underlined(&text, "odd"), "odd");
        let long = "z".repeat(10_000);
        let shown = rendered(&format!("a: {long}"), &long);
        assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
    }

    #[test]
    fn what_goes_over_several_lines_says_so() {
        let shown = rendered("- a:\n    b: 1\n    c: 2\nd: 3\n", "b: 1\n    c: 2\n");
        assert_eq!(
            shown,
            "warning[R106]: odd\n --> r.yaml:2:5\n  |\n2 |     b: 1\n  |     ^^^^ up to line 3\n  = falco: LOAD_UNKNOWN_ITEM\n"
        );
        assert!(!rendered("- a: odd\n\n", "odd\n\n").contains("up to"));
        assert!(rendered("- a: odd\r\n  b\r\n", "odd\r\n  b").contains("^^^ up to line 2"));
    }

    #[test]
    fn places_beyond_the_files_are_left_out() {
        let nowhere = Span { file: 7, start: 99, end: 100 };
        assert_eq!(
            Diagnostic::new(Code::DuplicateKey, "odd").at(nowhere).render(&[]),
            "warning[R150]: odd\n"
        );
    }
}
