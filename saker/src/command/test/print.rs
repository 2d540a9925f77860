//! The report for people: what failed and why, and one line that counts.

use std::io::{self, BufWriter, Write};

use rules::examples::Example;

use super::report::{CaseReport, Counts, Outcome, Report, SuiteReport};

/// Prints failures on stdout, and what could not be used on stderr.
pub(super) fn text(report: &Report) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut told = "";
    for suite in &report.suites {
        // Where rules do not load, that is the same for all files of examples that are about them.
        if suite.mistakes != told {
            complain(&suite.mistakes);
        }
        told = &suite.mistakes;
        suite.cases.iter().try_for_each(|case| print(&mut out, suite, case))?;
    }
    for gap in &report.gaps {
        writeln!(out, "MISSING {gap}")?;
    }
    writeln!(out, "{}", summary(report))?;
    out.flush()
}

/// Prints a text as it is.
pub(super) fn raw(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn print(out: &mut impl Write, suite: &SuiteReport, case: &CaseReport) -> io::Result<()> {
    match &case.outcome {
        Outcome::Passed => Ok(()),
        Outcome::Unusable(why) => {
            complain(why);
            Ok(())
        }
        Outcome::Failed(why) => {
            let Example { rule, must, position, .. } = &case.example;
            let reason = case.example.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
            let heading = format!("FAILED {}:{}: {rule} must {must}{reason}", suite.file, position.line);
            writeln!(out, "{}", heading.replace(char::is_control, " "))?;
            why.lines().try_for_each(|line| writeln!(out, "  {line}"))?;
            writeln!(out)
        }
    }
}

/// `396 examples, 396 passed in 48 ms`
fn summary(report: &Report) -> String {
    let counts @ Counts { passed, failed, unusable } = report.counts();
    let mut parts = vec![counted(counts.all(), "example"), format!("{passed} passed")];
    let more = [(failed, "failed"), (unusable, "unusable")];
    parts.extend(more.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    let broken = report.broken_files();
    parts.extend((broken > 0).then(|| format!("{} with mistakes", counted(broken, "file"))));
    parts.extend((!report.gaps.is_empty()).then(|| format!("{} missing", report.gaps.len())));
    format!("{} in {} ms", parts.join(", "), report.elapsed.as_millis())
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// With an empty line behind it. Where stderr is gone there is nobody left to tell.
fn complain(text: &str) {
    let text = text.trim_end();
    if !text.is_empty() {
        let _ = writeln!(io::stderr().lock(), "{text}\n");
    }
}
