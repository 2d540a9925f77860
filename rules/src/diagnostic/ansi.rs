//! Colours for a problem that is rendered: what a line is, its gutter says.

use anstyle::{AnsiColor, Style};

use super::Severity;

const FRAME: Style = AnsiColor::Blue.on_default().bold();

/// The same text with colours that every terminal has.
pub(super) fn paint(rendered: &str, severity: Severity) -> String {
    let subject = match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
    };
    let mut painted = String::new();
    for (index, line) in rendered.lines().enumerate() {
        let parts = if index == 0 { head(line, subject) } else { body(line, subject) };
        for (style, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
            painted.push_str(&format!("{style}{part}{style:#}"));
        }
        painted.push('\n');
    }
    painted
}

/// `error[R013]` and what is wrong.
fn head(line: &str, subject: Style) -> [(Style, &str); 2] {
    let (severity, message) = split_behind(line, "]");
    [(subject, severity), (Style::new().bold(), message)]
}

/// The gutter, then a line of a file, marks below one, or a remark on all.
fn body(line: &str, subject: Style) -> [(Style, &str); 2] {
    let end = line.find(|c: char| !c.is_ascii_digit() && c != ' ').unwrap_or(line.len());
    let (gutter, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    let sign = ["-->", "|", "="].into_iter().find(|sign| rest.starts_with(sign)).unwrap_or_default();
    let (frame, rest) = line.split_at_checked(end + sign.len()).unwrap_or((line, ""));
    let below_a_line = sign == "|" && gutter.trim().is_empty();
    let style = match rest.trim_start().chars().next() {
        Some('^') if below_a_line => subject,
        Some('-') if below_a_line => FRAME,
        _ => Style::new(),
    };
    [(FRAME, frame), (style, rest)]
}

fn split_behind<'t>(text: &'t str, sign: &str) -> (&'t str, &'t str) {
    let end = text.find(sign).map_or(text.len(), |at| at + sign.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Code, Diagnostic};
    use crate::source::{SourceFile, Span};

    fn problem() -> (Diagnostic, [SourceFile; 1]) {
        let files = [SourceFile { name: "a.yaml".to_owned(), text: "- ^key: x\n".to_owned() }];
        let problem = Diagnostic::new(Code::UnknownKey, "unknown key [a]")
            .at(Span { file: 0, start: 2, end: 4 })
            .with_label(Span { file: 0, start: 8, end: 9 }, "the other")
            .with_help("leave it out");
        (problem, files)
    }

    #[test]
    fn head_gutter_and_marks_are_painted() {
        let (problem, files) = problem();
        let painted = problem.render_in_colour(&files);
        let visible =
            painted.replace("\u{1b}[1m\u{1b}[33m", "<yellow>").replace("\u{1b}[1m\u{1b}[34m", "<blue>");
        let visible = visible.replace("\u{1b}[1m", "<bold>").replace("\u{1b}[0m", "</>");
        insta::assert_snapshot!(visible);
    }

    #[test]
    fn without_its_colours_it_is_the_plain_form() {
        let (problem, files) = problem();
        let painted = problem.render_in_colour(&files);
        let mut parts = painted.split("\u{1b}[");
        let first = parts.next().unwrap().to_owned();
        let plain = parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1);
        assert_eq!(plain, problem.render(&files));
    }
}
