//! Text in columns.

/// How wide text for people is made.
pub(super) const WIDTH: usize = 100;

/// Rows under a heading, each column as wide as its widest cell.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(str::to_owned);
    let mut widths = [0; N];
    for row in std::iter::once(&head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(one_line(cell).chars().count());
        }
    }
    std::iter::once(&head).chain(rows).map(|row| line(row, &widths)).collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", one_line(cell)));
    let line = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

/// Without line breaks and other control characters, which would let a name forge lines.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The words of a text in lines of at most [`WIDTH`] columns, each behind so many blanks.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(one_line) {
        match lines.last_mut() {
            Some(line) if indent + line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    indented(&lines.join("\n"), indent)
}

/// Each line behind so many blanks; control characters but for line breaks are gone.
pub(super) fn indented(text: &str, indent: usize) -> String {
    let blank = " ".repeat(indent);
    text.lines().map(|line| format!("{}\n", format!("{blank}{}", one_line(line)).trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = [["ü".to_owned(), "x".to_owned()], ["long\nname".to_owned(), String::new()]];
        assert_eq!(table(["A", "B"], &rows), "A          B\nü          x\nlong name\n");
    }

    #[test]
    fn long_texts_are_wrapped() {
        let wrapped = wrapped(&"word ".repeat(30), 4);
        assert!(wrapped.lines().all(|line| line.starts_with("    word") && line.len() <= WIDTH));
        assert_eq!(wrapped.matches("word").count(), 30);
    }
}
