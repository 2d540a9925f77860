//! The report as JUnit's XML, which every CI system reads: a suite for each file, a case for each example.

use std::fmt::{self, Write};
use std::time::Duration;

use super::report::{CaseReport, Counts, Outcome, Report, SuiteReport};

/// The whole document.
pub(super) fn xml(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = document(report, &mut out);
    out
}

fn document(report: &Report, out: &mut String) -> fmt::Result {
    let Counts { failed, unusable, .. } = report.counts();
    let (errors, missing) = (unusable + report.broken_files(), report.gaps.len());
    let tests = report.counts().all() + report.broken_files() + missing;
    let time = seconds(report.elapsed);
    let failures = failed + missing;
    writeln!(
        out,
        "<testsuites name=\"saker test\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" time=\"{time}\">"
    )?;
    report.suites.iter().try_for_each(|suite| write_suite(suite, out))?;
    if missing > 0 {
        let name = "examples that are required";
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{missing}\" failures=\"{missing}\" errors=\"0\">"
        )?;
        for gap in &report.gaps {
            let name = format!("has an example that it must {}", gap.must);
            open_case(out, &gap.rule, &name, Duration::ZERO)?;
            write_problem(out, "failure", &gap.to_string())?;
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    Ok(())
}

fn write_suite(suite: &SuiteReport, out: &mut String) -> fmt::Result {
    let counts @ Counts { failed, unusable, .. } = suite.counts();
    let broken = usize::from(!suite.mistakes.is_empty());
    let (tests, errors) = (counts.all() + broken, unusable + broken);
    let (name, time) = (Escaped(&suite.file), seconds(suite.elapsed()));
    writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\" errors=\"{errors}\" time=\"{time}\">"
    )?;
    if broken > 0 {
        open_case(out, &suite.file, "is a file of examples", Duration::ZERO)?;
        write_problem(out, "error", &suite.mistakes)?;
    }
    suite.cases.iter().try_for_each(|case| write_case(case, out))?;
    out.push_str("  </testsuite>\n");
    Ok(())
}

fn write_case(case: &CaseReport, out: &mut String) -> fmt::Result {
    let example = &case.example;
    let line = format!("line {}", example.position.line);
    let name = format!("must {}: {}", example.must, example.why.as_ref().unwrap_or(&line));
    open_case(out, &example.rule, &name, case.elapsed)?;
    match &case.outcome {
        Outcome::Passed => {
            out.push_str("</testcase>\n");
            Ok(())
        }
        Outcome::Failed(why) => write_problem(out, "failure", why),
        Outcome::Unusable(why) => write_problem(out, "error", why),
    }
}

fn open_case(out: &mut String, class: &str, name: &str, elapsed: Duration) -> fmt::Result {
    let (class, name, time) = (Escaped(class), Escaped(name), seconds(elapsed));
    write!(out, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{time}\">")
}

/// What went wrong with a case, and the end of the case.
fn write_problem(out: &mut String, element: &str, why: &str) -> fmt::Result {
    let first = why.lines().next().unwrap_or_default();
    let (first, why) = (Escaped(first), Escaped(why));
    writeln!(out, "<{element} message=\"{first}\">{why}</{element}></testcase>")
}

fn seconds(elapsed: Duration) -> String {
    format!("{:.6}", elapsed.as_secs_f64())
}

/// Text in an attribute or an element. Characters that no XML can hold, not even escaped, are shown by their pictures.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // A parser would make blanks of these in an attribute.
                '\t' | '\n' | '\r' => write!(f, "&#{};", u32::from(character))?,
                '\0'..='\u{1f}' => f.write_char(picture(character))?,
                '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

fn picture(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_survives_as_xml() {
        let text: String =
            ('\0'..='\u{ff}').chain("<![CDATA[]]>&amp;\u{fffe}\u{ffff}\u{10ffff}".chars()).collect();
        let escaped = Escaped(&text);
        let xml = format!("<a b=\"{escaped}\">{escaped}</a>");
        let document = roxmltree::Document::parse(&xml).unwrap();
        let read = document.root_element();
        assert_eq!(read.attribute("b"), read.text());
        let kept = |c: &char| !matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
        let expected: String = text.chars().filter(|c| kept(c) || "\t\n\r".contains(*c)).collect();
        let told: String = read.text().unwrap().chars().filter(|c| !"\u{fffd}".contains(*c)).collect();
        let told: String = told.chars().filter(|c| !('\u{2400}'..='\u{241f}').contains(c)).collect();
        assert_eq!(told, expected);
    }
}
