//! `saker rules`: what rule files come down to, and the rules that evaluators take from the bus.

mod list;
mod push;
mod pushed;
mod show;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use evaluator::{RuleErrors, RulesetError};
use rules::describe::{describe, describe_rule};
use rules::ruleset::Catalog;
use rules::{SourceFile, explain, nearest};
use service::exit;
use service::flags::parse_words;

use super::ended;
use super::rule_flags::RuleSources;
use super::table::one_line;

/// List rules, show one with everything it refers to put in, or push rules to all evaluators
///
/// Without a subcommand it lists; flags come behind the subcommand. As JSON it is what Falco prints with -L and -l.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  saker rules\n  saker rules --rules builtin mine.yaml\n  saker rules show \"Attach/Exec Pod\"\n  saker rules --rules builtin mine.yaml --format json \"Attach/Exec Pod\"\n  saker rules push my_rules.yaml --message 'quiet hours'\n  saker rules pushed"
)]
pub struct Rules {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: Which,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List all rules in order of definition
    List(Which),
    /// Show one rule: its condition as written and as it is evaluated, what it reads, where it comes from
    Show(Show),
    Push(push::Push),
    Pushed(pushed::ShowPushed),
    /// What is no command: the name of a rule to show, and flags behind it.
    #[command(external_subcommand)]
    Named(Vec<String>),
}

#[derive(Debug, Args)]
struct Show {
    /// The rule; a part of its name is enough that no other has
    name: String,
    #[command(flatten)]
    which: Which,
}

/// [`Show`] without its command.
#[derive(Debug, Parser)]
#[command(name = "saker rules")]
struct Named {
    #[command(flatten)]
    show: Show,
}

#[derive(Debug, Args)]
struct Which {
    #[command(flatten)]
    sources: RuleSources,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Which {
    /// `--rules` takes all that follows it: a last word behind files that is none itself is the name of a rule.
    fn named(&self) -> Option<(&str, Self)> {
        let (name, sources) = self.sources.split_last()?;
        let is_source = name == "builtin" || Path::new(name).exists();
        (!is_source && !name.ends_with(".yaml") && !name.ends_with(".yml"))
            .then_some((name, Self { sources, ..*self }))
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The rules do not load.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// There is no such rule.
    #[error("there is no rule `{name}`; {advice}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        advice: String,
    },
    /// Nobody reads the output.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
}

impl Rules {
    /// Does what was asked.
    pub async fn run(self) -> ExitCode {
        match self.action {
            None => ended(print(list(&self.list))),
            Some(Action::List(which)) => ended(print(list(&which))),
            Some(Action::Show(wanted)) => ended(print(show(&wanted.name, &wanted.which))),
            Some(Action::Push(push)) => push.run().await,
            Some(Action::Pushed(pushed)) => pushed.run().await,
            Some(Action::Named(words)) => named(&words, &self.list),
        }
    }
}

/// A rule by its name, with flags behind it or before.
fn named(words: &[String], before: &Which) -> ExitCode {
    let word = words.first().map_or("", String::as_str);
    if Path::new(word).exists() {
        return exit::usage(&format!(
            "`{word}` is no command of `saker rules`; for the rules in it: saker rules --rules {word}"
        ));
    }
    if words.len() == 1 {
        return ended(print(show(word, before)));
    }
    match parse_words(std::iter::once("saker rules").chain(words.iter().map(String::as_str))) {
        Ok(Named { show: wanted }) => ended(print(show(&wanted.name, &wanted.which))),
        Err(code) => code,
    }
}

fn print(told: Result<String, RulesError>) -> Result<ExitCode, RulesError> {
    let told = told?;
    match io::stdout().lock().write_all(told.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        written => Ok(written.map(|()| ExitCode::SUCCESS)?),
    }
}

fn list(which: &Which) -> Result<String, RulesError> {
    if let Some((name, which)) = which.named() {
        return show(name, &which);
    }
    let loaded = Loaded::new(which)?;
    Ok(match which.format {
        Format::Text => list::page(&loaded.catalog),
        Format::Json => format!("{}\n", describe(&loaded.catalog)),
    })
}

fn show(name: &str, which: &Which) -> Result<String, RulesError> {
    let Loaded { catalog, files } = Loaded::new(which)?;
    let names: Vec<&str> = catalog.rules.iter().map(|rule| rule.name.as_str()).collect();
    let Some(rule) = explain::find(name, &names).ok().and_then(|at| catalog.rules.get(at)) else {
        return Err(RulesError::Unknown { name: name.to_owned(), advice: advice(name, &catalog) });
    };
    Ok(match which.format {
        Format::Text => show::page(rule, &catalog, &files),
        Format::Json => format!("{}\n", describe_rule(&catalog, &rule.name).unwrap_or_default()),
    })
}

/// Rules that load, with the files they come from.
struct Loaded {
    catalog: Catalog,
    files: Vec<SourceFile>,
}

impl Loaded {
    /// Warnings go to stderr.
    fn new(which: &Which) -> Result<Self, RulesError> {
        let settings = which.sources.settings();
        let files = evaluator::rule_files(&settings.rules)?;
        let loaded = rules::load(&files, &evaluator::options(&settings));
        let Some(catalog) = loaded.catalog() else {
            let errors = RuleErrors { diagnostics: loaded.diagnostics, files };
            return Err(RulesetError::from(errors).into());
        };
        for warning in &loaded.diagnostics {
            // Where stderr is gone there is nobody left to tell.
            let _ = writeln!(io::stderr().lock(), "{}", warning.render(&files));
        }
        Ok(Self { catalog, files })
    }
}

/// What may have been meant by a name that no rule has.
fn advice(name: &str, catalog: &Catalog) -> String {
    if let Some(known) = catalog.macros.iter().find(|known| known.name == name) {
        return format!("there is a macro of that name: {}", one_line(known.condition.trim()));
    }
    if let Some(list) = catalog.lists.iter().find(|list| list.name == name) {
        return format!("there is a list of that name: {}", one_line(&list.compiled.join(", ")));
    }
    match nearest(name, catalog.rules.iter().map(|rule| rule.name.as_str())).as_slice() {
        [] => "`saker rules` lists those that there are".to_owned(),
        like => format!("did you mean `{}`?", like.join("` or `")),
    }
}
