//! Lints: remarks on rulesets that load, on what is right as far as the language goes and yet hardly meant.
//!
//! Nothing of this runs when a service loads its rules.

mod absent;
mod body;
mod constants;
mod contradiction;
mod domain;
mod lists;
mod logic;
mod meanings;
mod needs;
mod never;
mod number;
mod output;
mod part;
mod pinned;
mod redundant;
mod shadow;
#[cfg(test)]
mod sound;
mod spot;
mod subject;
mod values;

pub use needs::needs;

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, ItemType, Label};
use crate::load::{Loaded, load};
use crate::options::Options;
use crate::ruleset::{Definitions, in_expression};
use crate::source::{Lines, SourceFile, Span};
use part::{Part, Parts};
use subject::{Subject, Unit};

/// What there is to remark on a ruleset that loads; nothing on one that does not. Each remark is made once, also where
/// it is about a macro that many rules use, and they come in the order of the files.
#[must_use]
pub fn lint(files: &[SourceFile], options: &Options) -> Vec<Diagnostic> {
    load(files, options).lint(files)
}

/// The same of files that were loaded.
pub(crate) fn remarks(loaded: &Loaded, files: &[SourceFile]) -> Vec<Diagnostic> {
    if loaded.program.is_none() {
        return Vec::new();
    }
    let Definitions { collection, options, .. } = &loaded.definitions;
    let subject = Subject::new(collection, options, files);
    let parts = Parts::new(&subject);
    let mut report = Report { subject: &subject, seen: HashSet::new(), found: Vec::new() };
    for unit in subject.units() {
        report.add(unit, lists::lint(&subject, unit));
        let Some(part) = parts.of(unit) else { continue };
        for lint in OF_TEXTS {
            report.add(unit, lint(&subject, unit, part));
        }
    }
    for unit in subject.rules() {
        report.add(unit, output::lint(unit, options.dialect()));
        let Some(part) = parts.of(unit) else { continue };
        for lint in OF_RULES {
            report.add(unit, lint(&subject, unit, part));
        }
    }
    for (unit, finding) in shadow::lint(&subject, &parts, &evaluated(&subject, loaded)) {
        report.add(unit, vec![finding]);
    }
    report.finish()
}

/// The rules that are evaluated, in that order; those that are left out for a field that does not exist are not.
fn evaluated<'s, 'c>(subject: &'s Subject<'c>, loaded: &Loaded) -> Vec<&'s Unit<'c>> {
    let left_out = loaded.diagnostics.iter().filter(|found| found.code == Code::SkippedUnknownField);
    let left_out: HashSet<&str> = left_out
        .flat_map(|found| found.context.iter().filter(|location| location.item == ItemType::Rule))
        .map(|rule| &*rule.name)
        .collect();
    let active = loaded.resolved.active.iter().filter_map(|&index| loaded.resolved.rules.get(index));
    let evaluated = active.filter(|rule| !left_out.contains(&*rule.name));
    evaluated.filter_map(|rule| subject.rule(&rule.name)).collect()
}

/// Looks at a condition, its macros filled in.
type Lint = fn(&Subject<'_>, &Unit<'_>, &Part<'_>) -> Vec<Finding>;

/// Those that look at what one text says, a rule's or a macro's.
const OF_TEXTS: &[Lint] =
    &[never::lint, number::lint, contradiction::lint, redundant::lint, meanings::lint, constants::lint];
/// Those that look at all that a rule asks for.
const OF_RULES: &[Lint] = &[absent::lint, body::lint];

/// Remarks of one kind on one condition. Nobody reads more, and a condition can be megabytes long.
const MAX_FINDINGS: usize = 100;

/// Something to remark.
#[derive(Debug)]
struct Finding {
    code: Code,
    span: Option<Span>,
    message: String,
    help: String,
    labels: Vec<Label>,
}

impl Finding {
    fn new(code: Code, span: Option<Span>, message: String, help: impl Into<String>) -> Self {
        Self { code, span, message, help: help.into(), labels: Vec::new() }
    }

    fn with_label(mut self, span: Option<Span>, text: impl Into<String>) -> Self {
        self.labels.extend(span.map(|span| Label { span, text: text.into() }));
        self
    }
}

struct Report<'s> {
    subject: &'s Subject<'s>,
    seen: HashSet<(Code, Option<Span>, Vec<Span>)>,
    found: Vec<Diagnostic>,
}

impl Report<'_> {
    fn add(&mut self, unit: &Unit<'_>, findings: Vec<Finding>) {
        for Finding { code, span, message, help, labels } in findings.into_iter().take(MAX_FINDINGS) {
            if !self.seen.insert((code, span, labels.iter().map(|label| label.span).collect())) {
                continue;
            }
            let diagnostic = Diagnostic { span, labels, ..Diagnostic::new(code, message) };
            let diagnostic = self.subject.collection.tell_origin(diagnostic.with_help(help), unit.user);
            let file = span.map_or(unit.heading.span.file, |span| span.file);
            self.found.push(Diagnostic { file, ..in_expression(diagnostic, unit.user_context) });
        }
    }

    fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|diagnostic| (diagnostic.file, diagnostic.span, diagnostic.code));
        let files = self.subject.files.iter();
        let lines: Vec<_> = files.map(|file| (file.name.as_str(), Lines::of(&file.text))).collect();
        self.found.iter_mut().for_each(|diagnostic| diagnostic.locate(&lines));
        self.found
    }
}
