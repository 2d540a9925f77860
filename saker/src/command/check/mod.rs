//! `saker check`: everything that is wrong with rule files, for their author and for continuous integration.

mod shipped;
mod summary;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use evaluator::RulesetError;
use rules::{Diagnostic, SourceFile, report};

use summary::Summary;

/// Tell everything that is wrong with rule files
///
/// The files are loaded one after the other, as a running Saker would load them: each may use and change what those
/// before it define. Rules that build on the shipped ruleset are checked behind it, as in `saker check builtin mine.yaml`.
/// Exits with 0 where everything loads and with 1 where there are errors.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker check my_rules.yaml\n  saker check --fail-on-warnings builtin rules/\n  saker check --format github rules/*.yaml"
)]
pub struct Check {
    /// Rule files, and directories of them, in the order in which they load; `builtin` is the shipped ruleset
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// How to print problems
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 1 over warnings, too
    #[arg(long)]
    fail_on_warnings: bool,
    /// Rules mean exactly what they mean to Falco; it stops at the first error of each file
    #[arg(long)]
    falco_exact: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Problems with the lines they are about, and a summary
    Text,
    /// A line for each problem: file:line:column: error[R013]: message
    Line,
    /// The JSON of Falco's validation
    Json,
    /// Annotations for a workflow on GitHub
    Github,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The files cannot be read.
    #[error(transparent)]
    Files(#[from] RulesetError),
    /// The problems cannot be printed.
    #[error("cannot print the problems: {0}")]
    Print(#[from] io::Error),
}

impl Check {
    /// Checks all files, and prints what is wrong with them.
    ///
    /// # Errors
    /// Where the files cannot be read.
    pub fn run(self) -> Result<ExitCode, CheckError> {
        let files = evaluator::rule_files(&self.paths)?;
        let problems = self.problems(&files);
        print(&self.told(&files, &problems))?;
        let failed = problems.iter().any(|problem| problem.is_error() || self.fail_on_warnings);
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn problems(&self, files: &[SourceFile]) -> Vec<Diagnostic> {
        let settings =
            evaluator::Settings { falco_exact: self.falco_exact, ..evaluator::Settings::default() };
        let options = evaluator::options(&settings);
        let loaded = rules::load(files, &options);
        let mut problems = loaded.diagnostics.clone();
        // In Falco's JSON there is what Falco says, and nothing else.
        if !(self.falco_exact && matches!(self.format, Format::Json)) {
            problems.extend(loaded.lint(files));
        }
        shipped::advise(files, &mut problems);
        if !self.falco_exact {
            // Falco's own order is that in which it comes upon them.
            problems.sort_by_key(|problem| (problem.file, problem.span));
        }
        problems
    }

    fn told(&self, files: &[SourceFile], problems: &[Diagnostic]) -> String {
        match self.format {
            Format::Json => format!("{:#}\n", report::validation(files, problems)),
            Format::Line => lines(&once_each(problems), ToString::to_string),
            Format::Github => lines(&once_each(problems), |problem| report::annotation(files, problem)),
            Format::Text => {
                let problems = once_each(problems);
                let rendered = lines(&problems, |problem| problem.render_in_colour(files));
                let summary =
                    Summary { files, problems: &problems, fails_on_warnings: self.fail_on_warnings };
                format!("{rendered}{summary}\n")
            }
        }
    }
}

/// With `--falco-exact` the warnings on a file come up again after each further file.
fn once_each(problems: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut seen = HashSet::new();
    let mut once: Vec<&Diagnostic> = problems.iter().collect();
    once.retain(|problem| seen.insert((problem.code, problem.span, problem.message.as_str())));
    once
}

fn lines(problems: &[&Diagnostic], line: impl Fn(&Diagnostic) -> String) -> String {
    let mut lines = String::new();
    for problem in problems {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{}", line(problem));
    }
    lines
}

/// Colours are left out where nobody sees them, or wants to. Who closes the pipe has read enough.
fn print(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
