//! Runs examples side by side, each against its rules.

use std::slice;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use evaluator::{RuleErrors, RulesetError, rule_files};
use rules::examples::{self, Example, Gap, Subject, Verdict};
use rules::{Code, Diagnostic, Options};

use super::find::Suite;
use super::hint;
use super::report::{CaseReport, Outcome, Report, SuiteReport};

/// Whether every rule must have examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    AsItIs,
    Required,
}

/// Suites that are about the same rules.
struct Group {
    subject: Result<Subject, String>,
    suites: Vec<Suite>,
}

/// Runs all examples.
pub(super) fn run(suites: Vec<Suite>, options: &Options, coverage: Coverage) -> Report {
    let started = Instant::now();
    let groups = groups(suites, options);
    let gaps = match coverage {
        Coverage::Required => groups.iter().flat_map(gaps).collect(),
        Coverage::AsItIs => Vec::new(),
    };
    let suites = groups.iter().flat_map(reports).collect();
    Report { suites, gaps, elapsed: started.elapsed() }
}

/// Those about the same rules together, so that each ruleset is loaded once.
fn groups(suites: Vec<Suite>, options: &Options) -> Vec<Group> {
    let mut groups: Vec<(Vec<String>, Vec<Suite>)> = Vec::new();
    for suite in suites {
        match groups.iter_mut().find(|(rules, _)| *rules == suite.rules) {
            Some((_, suites)) => suites.push(suite),
            None => groups.push((suite.rules.clone(), vec![suite])),
        }
    }
    let load = |(rules, suites): (Vec<String>, Vec<Suite>)| {
        let subject = if rules.is_empty() { Err(String::new()) } else { subject(&rules, options) };
        Group { subject, suites }
    };
    groups.into_iter().map(load).collect()
}

/// The rules, or what is wrong with them, ready to be shown.
fn subject(sources: &[String], options: &Options) -> Result<Subject, String> {
    let told = |error: RulesetError| format!("error: {error}\n");
    let files = rule_files(sources).map_err(told)?;
    Subject::new(files.clone(), options).map_err(|diagnostics| {
        let help = help(sources, &diagnostics);
        format!("{}\n{help}", RuleErrors { diagnostics, files })
    })
}

/// Rules that refer to what is not there were perhaps written to stand behind the shipped ones.
fn help(sources: &[String], diagnostics: &[Diagnostic]) -> String {
    let is_lost = |found: &Diagnostic| matches!(found.code, Code::UndefinedMacro | Code::NothingToChange);
    if sources.iter().any(|source| source == "builtin") || !diagnostics.iter().any(is_lost) {
        return String::new();
    }
    "  = help: if these rules change the shipped ones, the examples say so: `rules: [builtin, …]`\n"
        .to_owned()
}

/// What the rules of a group lack; the shipped ones have theirs elsewhere, unless those are run, too.
fn gaps(group: &Group) -> Vec<Gap> {
    let Ok(subject) = &group.subject else { return Vec::new() };
    let mut coverage = examples::Coverage::default();
    let suites = || group.suites.iter().map(|suite| &suite.examples);
    suites().flat_map(|suite| &suite.examples).for_each(|example| coverage.add(example));
    let runs_shipped = suites().any(|suite| examples::shipped().contains(&suite.file));
    let shipped = if runs_shipped { Vec::new() } else { rules::shipped() };
    let own = subject.homes().filter(|(_, file)| !shipped.contains(file));
    coverage.gaps(own.map(|(rule, _)| rule.name.as_str()))
}

fn reports(group: &Group) -> Vec<SuiteReport> {
    let mut reports: Vec<SuiteReport> = group.suites.iter().map(|suite| report(suite, group)).collect();
    let Ok(subject) = &group.subject else { return reports };
    let jobs: Vec<_> = (0..)
        .zip(&group.suites)
        .flat_map(|(at, suite)| suite.examples.examples.iter().map(move |example| (at, suite, example)))
        .collect();
    let mut cases = side_by_side(&jobs, |(at, suite, example)| (*at, case(subject, suite, example)));
    cases.sort_by_key(|(at, case)| (*at, case.example.position.line, case.example.position.column));
    for (at, case) in cases {
        if let Some(report) = reports.get_mut(at) {
            report.cases.push(case);
        }
    }
    reports
}

/// The file without its examples.
fn report(suite: &Suite, group: &Group) -> SuiteReport {
    let file = &suite.examples.file;
    let unknown =
        group.subject.as_ref().map_or_else(|_| Vec::new(), |subject| subject.unknown_rules(&suite.examples));
    let found = suite.examples.mistakes.iter().chain(&unknown);
    let mut mistakes: String = found.map(|mistake| mistake.render(slice::from_ref(file)) + "\n").collect();
    mistakes.extend(suite.unusable.clone());
    mistakes.extend(group.subject.as_ref().err().cloned());
    SuiteReport { file: file.name.clone(), mistakes, cases: Vec::new() }
}

fn case(subject: &Subject, suite: &Suite, example: &Example) -> CaseReport {
    let started = Instant::now();
    let outcome = match subject.judge(example) {
        Ok(Verdict::Holds) => Outcome::Passed,
        Ok(Verdict::Fails(failure)) => {
            let hint = hint::explain(suite, example).map_or_else(String::new, |hint| format!("\n{hint}"));
            Outcome::Failed(format!("{failure}{hint}"))
        }
        Err(mistakes) => {
            let file = slice::from_ref(&suite.examples.file);
            let told: Vec<_> = mistakes.iter().map(|mistake| mistake.render(file)).collect();
            Outcome::Unusable(told.join("\n"))
        }
    };
    CaseReport { example: example.clone(), outcome, elapsed: started.elapsed() }
}

/// Does all jobs on as many threads as there are processors; results come in any order.
fn side_by_side<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let waiting = Mutex::new(jobs.iter());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || std::iter::from_fn(next).map(&work).collect::<Vec<R>>();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let done = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.flatten().collect()
    })
}
