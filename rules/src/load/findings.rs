//! The problems of one compilation, in the order in which Falco would come upon them.

use crate::diagnostic::{Code, Diagnostic};
use crate::problem::Problem;
use crate::ruleset::{Collection, Finding, Resolution, RuleStep, Stage, in_expression};
use crate::syntax::ast::Place;

/// The problems of one compilation.
pub(super) struct Findings<'r> {
    collection: &'r Collection,
    resolution: &'r mut Resolution,
    findings: Vec<Found>,
    left_out: Vec<usize>,
}

struct Found {
    stage: Stage,
    diagnostic: Diagnostic,
    /// A rule that asks for it is left out for this.
    skippable: bool,
}

impl<'r> Findings<'r> {
    /// Those that resolving brought up.
    pub(super) fn new(collection: &'r Collection, resolution: &'r mut Resolution) -> Self {
        let skips = |stage: Stage| {
            stage
                .rule()
                .and_then(|rule| collection.rules.at(rule))
                .is_some_and(|rule| rule.skip_if_unknown_filter)
        };
        let found = |Finding { stage, diagnostic }| {
            let unknown = matches!(diagnostic.code, Code::UnknownField | Code::UnknownOutputField);
            let skippable = unknown && skips(stage);
            Found { stage, diagnostic, skippable }
        };
        let findings = std::mem::take(&mut resolution.findings).into_iter().map(found).collect();
        Self { collection, resolution, findings, left_out: Vec::new() }
    }

    /// Adds what is wrong with fields and outputs.
    pub(super) fn add(&mut self, problems: Vec<Problem>) {
        let found: Vec<_> = problems.into_iter().filter_map(|problem| self.found(problem)).collect();
        self.findings.extend(found);
        self.findings.sort_by_key(|found| found.stage);
        self.drop_remarks_on_broken_rules();
    }

    fn found(&self, problem: Problem) -> Option<Found> {
        let position = *self.resolution.positions.get(problem.rule)?;
        let rule = self.collection.rules.at(position)?;
        let resolved = self.resolution.resolved.rules.get(problem.rule)?;
        let output = resolved.output.place();
        let in_output = |place: &Place| place.start >= output.start && place.start <= output.end;
        let texts = &self.resolution.texts;
        let Problem { code, message, place, help, .. } = problem;
        let from_options = || "the settings add this to the output: see append_output".to_owned();
        let help = help.or_else(|| place.is_none().then(from_options));
        let unknown = matches!(code, Code::UnknownField | Code::UnknownOutputField);
        let skippable = unknown && place.is_some() && resolved.skip_if_unknown_filter;
        if let Some(place) = place.clone().filter(|place| !in_output(place)) {
            let error =
                Diagnostic { span: texts.span(&place), ..with_help(Diagnostic::new(code, message), help) };
            let error = self.collection.tell_origin(error, &rule.heading);
            let diagnostic = in_expression(error, &rule.condition_context);
            let diagnostic = Diagnostic { condition: texts.beginning(&place), ..diagnostic };
            return Some(Found { stage: Stage::Rule(position, RuleStep::Fields), diagnostic, skippable });
        }
        let code = if code == Code::OutputSyntax { code } else { Code::UnknownOutputField };
        let span = place.and_then(|place| texts.span(&place)).unwrap_or(rule.heading.span);
        let error = with_help(Diagnostic::new(code, message).at(span), help);
        let diagnostic = error.inside(&rule.output_context);
        Some(Found { stage: Stage::Rule(position, RuleStep::Output), diagnostic, skippable })
    }

    /// Remarks on what a condition could do better are made on rules that compile.
    fn drop_remarks_on_broken_rules(&mut self) {
        let is_error = |found: &Found| found.diagnostic.is_error();
        let broken: Vec<_> = self
            .findings
            .iter()
            .filter(|found| is_error(found))
            .filter_map(|found| found.stage.rule())
            .collect();
        self.findings.retain(|found| {
            found.diagnostic.code != Code::Improvable
                || found.stage.rule().is_none_or(|position| !broken.contains(&position))
        });
    }

    /// Where the first error of a rule is one that it is to be left out for, that becomes a warning, and the rest of
    /// its problems never come up.
    pub(super) fn apply_skips(&mut self) {
        let mut decided = std::collections::HashMap::new();
        for found in std::mem::take(&mut self.findings) {
            let Some(position) = found.stage.rule() else {
                self.findings.push(found);
                continue;
            };
            match decided.get(&position) {
                Some(true) => continue,
                None if found.diagnostic.is_error() => {
                    decided.insert(position, found.skippable);
                    let skipped = found.skippable.then_some(position);
                    self.findings.push(if found.skippable { as_warning(found) } else { found });
                    self.left_out.extend(skipped);
                    self.forget(skipped.filter(|_| self.skipped_for_its_output()));
                }
                _ => self.findings.push(found),
            }
        }
    }

    fn skipped_for_its_output(&self) -> bool {
        matches!(self.findings.last().map(|found| found.stage), Some(Stage::Rule(_, RuleStep::Output)))
    }

    /// The condition of a rule that is left out for its output is never looked at, so nothing in it is used.
    fn forget(&mut self, rule: Option<usize>) {
        if let Some(position) = rule {
            self.resolution.usage.forget(position);
        }
    }

    /// Drops what Falco would not have come to.
    pub(super) fn keep_first_error(&mut self) {
        if let Some(first) = self.findings.iter().position(|found| found.diagnostic.is_error()) {
            self.findings.truncate(first + 1);
        }
    }

    pub(super) fn any_error(&self) -> bool {
        self.findings.iter().any(|found| found.diagnostic.is_error())
    }

    /// The problems, and the positions of the rules that are left out for theirs.
    pub(super) fn into_parts(self) -> (Vec<Diagnostic>, Vec<usize>) {
        (self.findings.into_iter().map(|found| found.diagnostic).collect(), self.left_out)
    }
}

fn with_help(diagnostic: Diagnostic, help: Option<String>) -> Diagnostic {
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

fn as_warning(found: Found) -> Found {
    let Diagnostic { message, .. } = &found.diagnostic;
    let message = format!("{message}; the rule is left out");
    let code = Code::SkippedUnknownField;
    let diagnostic = Diagnostic { code, severity: code.severity(), message, ..found.diagnostic };
    Found { diagnostic, ..found }
}
