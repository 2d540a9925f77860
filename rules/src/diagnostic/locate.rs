//! The lines and columns of many problems, in one pass over each file.

use super::Diagnostic;
use crate::source::{Position, SourceFile, Span, floor};

/// Looks up the line and column that the one-line forms give.
pub(crate) fn locate(diagnostics: &mut [Diagnostic], files: &[SourceFile]) {
    let start = |found: &Diagnostic| found.span.unwrap_or(Span::of_file(found.file));
    let mut in_order: Vec<&mut Diagnostic> = diagnostics.iter_mut().collect();
    in_order.sort_by_key(|found| start(found));
    let mut walk = Walk::new(0);
    for found in in_order {
        let span = start(found);
        if span.file != walk.file {
            walk = Walk::new(span.file);
        }
        found.place =
            files.get(span.file).map(|file| (file.name.clone(), walk.position(&file.text, span.start)));
    }
}

/// A place in a file that moves forward.
struct Walk {
    file: usize,
    offset: usize,
    position: Position,
}

impl Walk {
    fn new(file: usize) -> Self {
        Self { file, offset: 0, position: Position { line: 1, column: 1 } }
    }

    fn position(&mut self, text: &str, offset: usize) -> Position {
        let target = floor(text, offset);
        for character in text.get(self.offset..target).unwrap_or_default().chars() {
            if character == '\n' {
                self.position = Position { line: self.position.line + 1, column: 1 };
            } else {
                self.position.column += 1;
            }
        }
        self.offset = target;
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn places_are_those_of_each_alone() {
        let texts = ["one\ntwo \u{fc}x\n", "a"];
        let file = |text: &&str| SourceFile { name: (*text).to_owned(), text: (*text).to_owned() };
        let files: Vec<_> = texts.iter().map(file).collect();
        let at = |file, start| Diagnostic::new(Code::UnknownKey, "").at(Span { file, start, end: start });
        let mut found = [at(1, 1), at(0, 10), at(0, 3), at(0, 10), at(0, 4), at(0, 99)];
        locate(&mut found, &files);
        for found in found {
            let span = found.span.unwrap();
            let text = texts.get(span.file).unwrap();
            assert_eq!(found.place, Some(((*text).to_owned(), Position::of(text, span.start))));
        }
    }
}
