//! Annotations of a change on GitHub: lines that a workflow prints.

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Position, SourceFile, Span};

/// The line that makes GitHub show a problem beside the code.
pub fn annotation(files: &[SourceFile], diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let title = property(diagnostic.code.id());
    let message = match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let place = place(files, diagnostic.span.unwrap_or(Span::of_file(diagnostic.file)));
    format!("::{level} {place}title={title}::{}", data(&message))
}

fn place(files: &[SourceFile], span: Span) -> String {
    let Some(file) = files.get(span.file) else { return String::new() };
    let start = Position::of(&file.text, span.start);
    let end = Position::of(&file.text, last(&file.text, span));
    // GitHub compares with paths from the root of the repository.
    let name = property(file.name.trim_start_matches("./"));
    format!("file={name},line={},col={},endLine={},", start.line, start.column, end.line)
}

/// What ends behind a line break ends on the line before it.
fn last(text: &str, span: Span) -> usize {
    let part = text.get(span.start..span.end).unwrap_or_default();
    span.start + part.trim_end().len()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn annotated(name: &str, problem: Diagnostic) -> String {
        let text = "- rule: R\n  condition: >\n    a and\n    b\n\n- c\n";
        annotation(&[SourceFile { name: name.to_owned(), text: text.to_owned() }], &problem)
    }

    #[test]
    fn the_place_is_that_of_the_problem() {
        let problem = Diagnostic::new(Code::UndefinedMacro, "there is no macro `b`");
        let at = problem.at(Span { file: 0, start: 39, end: 40 });
        assert_eq!(
            annotated("rules/a.yaml", at),
            "::error file=rules/a.yaml,line=4,col=5,endLine=4,title=R013::there is no macro `b`"
        );
    }

    #[test]
    fn several_lines_end_with_the_last_that_says_something() {
        let problem = Diagnostic::new(Code::Improvable, "x").at(Span { file: 0, start: 29, end: 42 });
        assert_eq!(
            annotated("./a.yaml", problem),
            "::warning file=a.yaml,line=3,col=5,endLine=4,title=R112::x"
        );
    }

    #[test]
    fn what_means_something_to_github_is_escaped() {
        let problem = Diagnostic::new(Code::BadValue, "50%: a,\r\nb").with_help("c");
        assert_eq!(
            annotated("50%,a:b\n.yaml", problem),
            "::error file=50%25%2Ca%3Ab%0A.yaml,line=1,col=1,endLine=1,title=R004::50%25: a,␍␊b%0Ahelp: c"
        );
    }

    #[test]
    fn a_file_that_is_not_known_is_left_out() {
        let problem = Diagnostic::new(Code::BadValue, "x").at(Span::of_file(7));
        assert_eq!(annotated("a", problem), "::error title=R004::x");
    }
}
