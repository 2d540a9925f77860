//! `saker explain`: why a rule matches an event, or which part of its condition fails.

mod events;
mod look;
mod print;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use evaluator::{RuleErrors, RulesetError};
use rules::NotAnEvent;
use rules::explain::{Explainer, NoSuchRule, RuleId};

use super::rule_flags::RuleFlags;
use events::{Choice, Events, Found};
use print::Printer;

/// Say why a rule matches an event, or which part of its condition fails
///
/// Shows the condition as a tree, macros and lists by name, with the verdict on every part and the value of every
/// field; what decided is pointed at. Without --rule all rules are listed for the event, those first that came nearest.
/// Of a file with several events each is answered for in a line, until one is chosen. Long values are cut, but an event
/// may hold secrets, and so may what is printed here.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  saker explain --event event.json\n  saker explain --rule 'privileged pod' --event audit.log --number 3\n  saker explain --rules builtin mine.yaml --rule 'Attach/Exec Pod' --event - --format json < event.json"
)]
pub struct Explain {
    #[command(flatten)]
    rules: RuleFlags,
    /// The rule; a part of its name is enough that no other has
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// File of events; - is standard input
    #[arg(long, alias = "events", value_name = "FILE")]
    event: PathBuf,
    /// Which of the events, counted from 1 as `evt.num` counts
    #[arg(long, value_name = "N", conflicts_with = "audit_id")]
    number: Option<u64>,
    /// Only events with this auditID; each stage of a request is one
    #[arg(long, value_name = "ID")]
    audit_id: Option<String>,
    /// Without --rule: list all rules, not only the nearest
    #[arg(long, conflicts_with = "rule")]
    all: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The cluster that the events are of: `ka.cluster`
    #[arg(long, value_name = "NAME", default_value = "default")]
    cluster: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A tree
    Text,
    /// A JSON object for each event, one a line
    Json,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The rules do not load.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// No rule is meant, or several are.
    #[error(transparent)]
    Rule(#[from] NoSuchRule),
    /// The events cannot be read.
    #[error("cannot read events from {}: {error}", file.display())]
    Events {
        /// From where.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file holds no event, or none that is meant.
    #[error("{}: {reason}", file.display())]
    NoEvent {
        /// Which file.
        file: PathBuf,
        /// What is not there.
        reason: String,
    },
    /// What was an event is none.
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEvent),
    /// The explanation cannot be printed.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Explain {
    /// Explains what is asked for.
    ///
    /// # Errors
    /// Where rules do not load, the rule is not one, or the events cannot be read.
    pub fn run(self) -> Result<ExitCode, ExplainError> {
        match self.explain() {
            Err(ExplainError::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            explained => explained?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn explain(&self) -> Result<(), ExplainError> {
        let mut explainer = self.explainer()?;
        let rule = self.rule.as_deref().map(|name| explainer.find(name)).transpose()?;
        let hostname = evaluator::hostname();
        let wrong = |error| ExplainError::Events { file: self.event.clone(), error };
        let mut events = Events::open(&self.event, &self.cluster, &hostname).map_err(wrong)?;
        let choice = self.choice();
        let mut next = |explainer: &mut Explainer| events.next(&choice, explainer).map_err(wrong);
        let Some(first) = next(&mut explainer)? else {
            let reason = choice.missed(events.count());
            return Err(ExplainError::NoEvent { file: self.event.clone(), reason });
        };
        let mut printer = Printer::new(self.format);
        let second = if choice.is_one() { None } else { next(&mut explainer)? };
        let Some(second) = second else { return self.whole(&mut printer, &mut explainer, (rule, &first)) };
        for found in [first, second] {
            brief(&mut printer, &mut explainer, (rule, &found))?;
        }
        while let Some(found) = next(&mut explainer)? {
            brief(&mut printer, &mut explainer, (rule, &found))?;
        }
        printer.choose()?;
        Ok(())
    }

    fn explainer(&self) -> Result<Explainer, ExplainError> {
        let settings = self.rules.settings();
        let (files, options) = (evaluator::rule_files(&settings.rules)?, evaluator::options(&settings));
        let loaded = rules::load(&files, &options);
        Explainer::new(&loaded, &options).ok_or_else(|| {
            let errors = RuleErrors { diagnostics: loaded.diagnostics, files };
            RulesetError::from(errors).into()
        })
    }

    fn choice(&self) -> Choice {
        match (self.number, &self.audit_id) {
            (Some(number), _) => Choice::Number(number),
            (None, Some(id)) => Choice::AuditId(id.clone()),
            (None, None) => Choice::Every,
        }
    }

    /// The tree; or, without a rule, all rules.
    fn whole(
        &self,
        printer: &mut Printer,
        explainer: &mut Explainer,
        (rule, found): (Option<RuleId>, &Found),
    ) -> Result<(), ExplainError> {
        match rule {
            Some(rule) => {
                let explanation = explainer.explain(rule, &found.bytes, &found.context())?;
                printer.whole(&found.head, &explanation)?;
            }
            None => {
                let mut explanations = explainer.explain_all(&found.bytes, &found.context())?;
                // Those that match stand first, in the order in which they are evaluated.
                explanations.sort_by(|one, other| other.nearness().compare(one.nearness()));
                let most = if self.all { usize::MAX } else { print::NEAREST };
                printer.rules(&found.head, &explanations, most)?;
            }
        }
        Ok(())
    }
}

/// An event of several, in a line.
fn brief(
    printer: &mut Printer,
    explainer: &mut Explainer,
    (rule, found): (Option<RuleId>, &Found),
) -> Result<(), ExplainError> {
    match rule {
        Some(rule) => {
            let explanation = explainer.explain(rule, &found.bytes, &found.context())?;
            printer.brief(&found.head, &explanation)?;
        }
        None => printer.event(&found.head)?,
    }
    Ok(())
}
