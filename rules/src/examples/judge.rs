//! Examples held against rules.

use super::example::{Example, ExampleFile, Must};
use super::expected::Shown;
use super::mistake::mistake;
use super::read::start;
use super::unmet::unmet;
use super::verdict::{Failure, Shortfall, Verdict};
use crate::diagnostic::{Diagnostic, Label};
use crate::fields::Context;
use crate::load::Loader;
use crate::nearest::closest;
use crate::options::{Matching, Options};
use crate::program::{Match, Program, Rule};
use crate::ruleset::resolved::Resolved;
use crate::ruleset::sourced::Sourced;
use crate::source::{Position, SourceFile, Span};

/// Rules that examples are held against, each rule by itself: which of them comes first does not matter.
#[derive(Debug)]
pub struct Subject {
    files: Vec<SourceFile>,
    options: Options,
    /// Where loading goes on for examples that bring rules of their own.
    loader: Loader,
    loaded: Loaded,
}

/// Rules that loaded.
#[derive(Debug, Clone)]
struct Loaded {
    program: Program,
    resolved: Resolved,
}

impl Subject {
    /// Loads the rules of these files.
    ///
    /// # Errors
    /// All that is wrong or doubtful, of which something is an error.
    pub fn new(files: Vec<SourceFile>, options: &Options) -> Result<Self, Vec<Diagnostic>> {
        let options = Options { matching: Matching::All, ..options.clone() };
        let loader = Loader::over(&files, &options);
        let crate::load::Loaded { program, diagnostics, resolved, .. } = loader.clone().finish(&files);
        let loaded = Loaded { program: program.ok_or(diagnostics)?, resolved };
        Ok(Self { files, options, loader, loaded })
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        self.loaded.program.rules()
    }

    /// Each rule with the file that defines it.
    pub fn homes(&self) -> impl Iterator<Item = (&Rule, &SourceFile)> {
        self.rules().iter().filter_map(|rule| {
            let defined = self.loader.collection().rules.get(&rule.name)?;
            Some((rule, self.files.get(defined.heading.span.file)?))
        })
    }

    /// Whether an example holds.
    ///
    /// # Errors
    /// Where the example cannot be tried: there is no such rule, or what it brings along does not load.
    pub fn judge(&self, example: &Example) -> Result<Verdict, Vec<Diagnostic>> {
        let with = example.with.as_ref().map(|with| self.with(with)).transpose()?;
        let loaded = with.as_ref().unwrap_or(&self.loaded);
        let rule = loaded.program.rules().iter().position(|rule| rule.name == example.rule);
        let rule =
            rule.ok_or_else(|| vec![self.unknown(&example.rule, example.rule_span, &loaded.program)])?;
        let event = example.event();
        let mut matches = evaluate(&loaded.program, &event);
        let found = matches.iter().position(|found| found.rule == rule).map(|at| matches.remove(at));
        let shortfalls = match (example.must, found) {
            (Must::Match, Some(found)) => shortfalls(example, &found),
            (Must::NotMatch, None) => Vec::new(),
            (Must::NotMatch, Some(found)) => vec![Shortfall::Matched { output: found.message }],
            (Must::Match, None) => {
                let resolved = loaded.resolved.rules.iter().find(|resolved| resolved.name == example.rule);
                let reasons = resolved.map(|resolved| unmet(resolved, &self.options, &event));
                vec![Shortfall::Unmatched { reasons: reasons.unwrap_or_default() }]
            }
        };
        let name = |found: Match| loaded.program.rules().get(found.rule).map(|rule| rule.name.clone());
        Ok(match shortfalls.is_empty() {
            true => Verdict::Holds,
            false => {
                Verdict::Fails(Failure { shortfalls, others: matches.into_iter().filter_map(name).collect() })
            }
        })
    }

    /// Whether the rule of an example matches another event than its own, as with less of it recorded. What is no event
    /// is not matched.
    ///
    /// # Errors
    /// As [`Self::judge`].
    pub fn matches(&self, example: &Example, event: &[u8]) -> Result<bool, Vec<Diagnostic>> {
        let with = example.with.as_ref().map(|with| self.with(with)).transpose()?;
        let program = &with.as_ref().unwrap_or(&self.loaded).program;
        let rule = program.rules().iter().position(|rule| rule.name == example.rule);
        let rule = rule.ok_or_else(|| vec![self.unknown(&example.rule, example.rule_span, program)])?;
        Ok(evaluate(program, event).iter().any(|found| found.rule == rule))
    }

    /// The rules that there are not, of those examples that could not be read.
    #[must_use]
    pub fn unknown_rules(&self, file: &ExampleFile) -> Vec<Diagnostic> {
        let is_known = |name: &String| self.rules().iter().any(|rule| rule.name == *name);
        let lost = file.lost.iter().filter(|(name, _)| !is_known(name));
        lost.map(|(name, span)| self.unknown(name, *span, &self.loaded.program)).collect()
    }

    /// The rules with others behind them.
    fn with(&self, with: &Sourced) -> Result<Loaded, Vec<Diagnostic>> {
        let index = self.files.len();
        let file = SourceFile { name: "with".to_owned(), text: with.text().to_owned() };
        let mut loader = self.loader.clone();
        loader.file(index, &file);
        let crate::load::Loaded { program, diagnostics, resolved, .. } = loader.finish(&self.files);
        let errors = || diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        let program = program
            .ok_or_else(|| errors().map(|error| self.in_example(error, with, index)).collect::<Vec<_>>())?;
        Ok(Loaded { program, resolved })
    }

    /// An error in rules that an example brings along, where it stands in the example.
    fn in_example(&self, error: &Diagnostic, with: &Sourced, index: usize) -> Diagnostic {
        let here = |span: Span| with.span(span.start..span.end).filter(|_| span.file == index);
        let whole = with.span(0..with.len()).unwrap_or(Span::of_file(0));
        let elsewhere = error.span.filter(|span| span.file != index);
        let place = elsewhere.and_then(|span| Some((self.files.get(span.file)?, span)));
        let place = place.map_or_else(String::new, |(file, span)| {
            let Position { line, column } = Position::of(&file.text, span.start);
            format!(", at {}:{line}:{column}", file.name)
        });
        let labels = error.labels.iter();
        let labels = labels.filter_map(|label| Some(Label { span: here(label.span)?, ..label.clone() }));
        let span = error.span.and_then(here).unwrap_or(start(whole));
        let told = Diagnostic::new(error.code, format!("{}{place}", error.message)).at(span);
        let remark = Some("in `with`".to_owned());
        Diagnostic { remark, labels: labels.collect(), help: error.help.clone(), ..told }
    }

    fn unknown(&self, name: &str, span: Span, program: &Program) -> Diagnostic {
        if let Some(rule) = self.loader.collection().rules.get(name).filter(|rule| rule.source != "k8s_audit")
        {
            let message = format!("rule `{name}` is for events of {}, not for audit events", rule.source);
            return mistake(message, span).with_help("a rule for them says `source: k8s_audit`");
        }
        let wrong = mistake(format!("there is no rule `{name}`"), span);
        let heading = format!("- rule: {name}\n");
        if crate::shipped().iter().any(|file| file.text.contains(&heading) && !self.files.contains(file)) {
            return wrong.with_help("it is a shipped rule, and those are not loaded: `rules: [builtin, …]`");
        }
        match closest(name, program.rules().iter().map(|rule| rule.name.as_str())) {
            Some(close) => wrong.with_help(format!("did you mean `{close}`?")),
            None => {
                let files: Vec<_> = self.files.iter().map(|file| file.name.as_str()).collect();
                wrong.with_help(format!("the rules are those of {}", files.join(", ")))
            }
        }
    }
}

fn evaluate(program: &Program, event: &[u8]) -> Vec<Match> {
    let context = Context { number: 1, cluster: "default", hostname: None };
    // Reading made sure that it is an event.
    program.evaluator().evaluate(event, &context).map_or_else(|_| Vec::new(), |evaluation| evaluation.matches)
}

/// In what an alert differs from what the example expects.
fn shortfalls(example: &Example, found: &Match) -> Vec<Shortfall> {
    let output = example.output.as_ref().filter(|output| **output != found.message);
    let output = output
        .map(|expected| Shortfall::Output { expected: expected.clone(), actual: found.message.clone() });
    let fields = example.fields.iter().filter_map(|(name, expected)| {
        let actual = found.fields.iter().find(|(field, _)| field == name);
        let actual = actual.map(|(_, value)| Shown::had(value.as_ref()));
        let named = || found.fields.iter().map(|(field, _)| field.clone()).collect();
        match actual {
            Some(actual) if actual == *expected => None,
            Some(actual) => Some(Shortfall::Field {
                name: name.clone(),
                expected: expected.to_string(),
                actual: actual.to_string(),
            }),
            None => Some(Shortfall::NoField { name: name.clone(), fields: named() }),
        }
    });
    output.into_iter().chain(fields).collect()
}
