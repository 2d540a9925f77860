//! The line that a problem is about, and a mark below its place.

use crate::source::floor;

/// Of longer lines the part around the place is shown.
const WIDEST: usize = 160;

/// Two lines: what stands around `offset`, and the mark.
pub(super) fn of(text: &str, offset: usize) -> String {
    let (before, after) = text.split_at_checked(floor(text, offset)).unwrap_or((text, ""));
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.split(['\n', '\r']).next().unwrap_or_default();
    let column = before.chars().count();
    let skipped = column.saturating_sub(WIDEST / 2);
    let line: String = before.chars().chain(after.chars()).skip(skipped).take(WIDEST).collect();
    format!("{line}\n{}^\n", " ".repeat(column - skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_the_place() {
        assert_eq!(of("a\nübc\r\nd", 4), "übc\n ^\n");
        assert_eq!(of("abc", 99), "abc\n   ^\n");
        assert_eq!(of("", 0), "\n^\n");
    }

    #[test]
    fn long_lines_are_cut() {
        let text = format!("{}X{}", "a".repeat(1_000), "b".repeat(1_000));
        let snippet = of(&text, 1_000);
        let (line, mark) = snippet.split_once('\n').unwrap();
        assert_eq!(line.chars().count(), WIDEST);
        assert_eq!(line.find('X'), mark.find('^'));
    }
}
