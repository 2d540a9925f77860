//! The last lines: how many problems there are and where to read on, or what was checked and found right.

use std::collections::BTreeSet;
use std::fmt;

use rules::report::Inventory;
use rules::{Diagnostic, SourceFile};

/// What a check comes to.
pub(super) struct Summary<'a> {
    /// The files that were checked.
    pub(super) files: &'a [SourceFile],
    /// All that is wrong with them.
    pub(super) problems: &'a [&'a Diagnostic],
    /// Whether warnings count.
    pub(super) fails_on_warnings: bool,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.problems.is_empty() {
            let inventory = Inventory::of(self.files);
            return write!(f, "{}: {inventory}, nothing to complain about", self.checked());
        }
        let errors = self.problems.iter().filter(|problem| problem.is_error()).count();
        let warnings = self.problems.len() - errors;
        let counts = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, word)| counted(count, word)).collect();
        write!(f, "{} in {}", counts.join(", "), self.concerned())?;
        match (errors, self.fails_on_warnings) {
            (0, true) => f.write_str("; the check fails on warnings")?,
            (0, false) => f.write_str("; the rules load")?,
            _ => {}
        }
        // Errors are what has to be mended first.
        let worst = self.problems.iter().find(|problem| problem.is_error()).or(self.problems.first());
        worst.map_or(Ok(()), |problem| write!(f, "\nmore: saker code {}", problem.code.id()))
    }
}

impl Summary<'_> {
    fn checked(&self) -> String {
        match self.files {
            [file] => file.name.clone(),
            files => counted(files.len(), "file"),
        }
    }

    /// The files that have problems, of those that were checked.
    fn concerned(&self) -> String {
        let place = |problem: &&Diagnostic| problem.span.map_or(problem.file, |span| span.file);
        let concerned: BTreeSet<usize> = self.problems.iter().map(place).collect();
        let mut names = concerned.iter().filter_map(|index| self.files.get(*index)).map(|file| &file.name);
        match (names.next(), names.next()) {
            (Some(name), None) => name.clone(),
            _ => format!("{} of {}", concerned.len(), counted(self.files.len(), "file")),
        }
    }
}

fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::{Code, Span};

    fn summary(files: usize, problems: &[(Code, usize)], fails_on_warnings: bool) -> String {
        let named =
            |index: usize| SourceFile { name: format!("{index}.yaml"), text: "- rule: R\n".to_owned() };
        let files: Vec<_> = (0..files).map(named).collect();
        let problem = |(code, file): &(Code, usize)| Diagnostic::new(*code, "").at(Span::of_file(*file));
        let problems: Vec<_> = problems.iter().map(problem).collect();
        let problems: Vec<_> = problems.iter().collect();
        Summary { files: &files, problems: &problems, fails_on_warnings }.to_string()
    }

    #[test]
    fn what_is_right_is_counted() {
        assert_eq!(summary(1, &[], false), "0.yaml: 1 rule, nothing to complain about");
        assert_eq!(summary(2, &[], true), "2 files: 1 rule, nothing to complain about");
    }

    #[test]
    fn problems_are_counted_with_their_files_and_where_to_read_on() {
        let (error, warning) = (Code::MissingKey, Code::UnknownKey);
        assert_eq!(summary(2, &[(error, 1), (error, 1)], false), "2 errors in 1.yaml\nmore: saker code R003");
        assert_eq!(
            summary(3, &[(error, 1), (warning, 0), (warning, 0)], false),
            "1 error, 2 warnings in 2 of 3 files\nmore: saker code R003"
        );
        assert_eq!(
            summary(1, &[(warning, 0)], false),
            "1 warning in 0.yaml; the rules load\nmore: saker code R113"
        );
        assert_eq!(
            summary(1, &[(warning, 0)], true),
            "1 warning in 0.yaml; the check fails on warnings\nmore: saker code R113"
        );
    }
}
