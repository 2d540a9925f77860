//! What rule files define, item by item: as it was written, and as it comes out.

use std::collections::{HashMap, HashSet};

use super::collection::{Collection, List, Macro, Rule};
use super::exceptions::{Entry, Exception};
use super::history::Change;
use super::lists::expanded;
use super::resolution::Resolution;
use super::resolved::Resolved;
use super::select;
use super::versions::PluginRequirement;
use crate::options::Options;
use crate::priority::Priority;
use crate::syntax::Dialect;
use crate::syntax::ast::Expr;

/// The items of a ruleset, each kind in order of first definition.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The highest engine version that the files require; `0.0.0` if they require none.
    pub engine: String,
    /// The plugins that they require, each with its alternatives behind it.
    pub plugins: Vec<Vec<PluginVersion>>,
    /// The rules, disabled ones and those for system calls too, but for rules that are left out.
    pub rules: Vec<RuleItem>,
    /// The macros.
    pub macros: Vec<MacroItem>,
    /// The lists.
    pub lists: Vec<ListItem>,
    /// How texts of the files are read.
    pub dialect: Dialect,
}

/// A plugin by name and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginVersion {
    /// What it is called.
    pub name: String,
    /// The version that is required at least, as written.
    pub version: String,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct RuleItem {
    /// Its name, unique.
    pub name: String,
    /// Its condition as written: exceptions, lists and macros not put in.
    pub condition: String,
    /// The condition as it is evaluated: everything put in.
    pub compiled: Expr,
    /// Its output as written.
    pub output: String,
    /// The output with what options add.
    pub output_compiled: String,
    /// Its description.
    pub description: String,
    /// How grave it is.
    pub priority: Priority,
    /// Where its events come from.
    pub source: String,
    /// Whether the files enable it.
    pub enabled: bool,
    /// Its tags, sorted, each once.
    pub tags: Vec<String>,
    /// Its exceptions.
    pub exceptions: Vec<ExceptionItem>,
    /// Whether it asks for a capture of system calls.
    pub capture: bool,
    /// How long, in milliseconds.
    pub capture_duration: u32,
    /// Its definition, and what changed it since.
    pub history: Vec<Change>,
}

/// An exception of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionItem {
    /// Its name.
    pub name: String,
    /// The fields that are compared.
    pub fields: Vec<String>,
    /// How each is compared.
    pub operators: Vec<String>,
    /// What they are compared with, a row each.
    pub values: Vec<String>,
}

/// A macro.
#[derive(Debug, Clone)]
pub struct MacroItem {
    /// Its name, unique.
    pub name: String,
    /// Its condition as written.
    pub condition: String,
    /// The condition as it is put in: other macros and lists put into it.
    pub compiled: Expr,
    /// Whether a rule or macro uses it.
    pub used: bool,
    /// Its definition, and what changed it since.
    pub history: Vec<Change>,
}

/// A list.
#[derive(Debug, Clone)]
pub struct ListItem {
    /// Its name, unique.
    pub name: String,
    /// Its items as written.
    pub items: Vec<String>,
    /// Its items with the names of other lists replaced by theirs.
    pub compiled: Vec<String>,
    /// Whether a rule, macro or list uses it.
    pub used: bool,
    /// Its definition, and what changed it since.
    pub history: Vec<Change>,
}

/// Everything that was read and resolved, but for the rules that stand alone.
#[derive(Debug)]
pub(crate) struct Definitions {
    pub(crate) collection: Collection,
    pub(crate) resolution: Resolution,
    /// Positions of the rules that are left out.
    pub(crate) left_out: Vec<usize>,
    pub(crate) options: Options,
}

impl Catalog {
    pub(crate) fn new(definitions: &Definitions, resolved: &Resolved) -> Self {
        let Definitions { collection, resolution, left_out, options } = definitions;
        let compiled = compiled(resolution, resolved);
        let rules = (0..).zip(collection.rules.iter()).filter(|(position, _)| !left_out.contains(position));
        let rules = rules.filter_map(|(position, rule)| {
            let compiled = (*compiled.get(&position)?).clone();
            Some(RuleItem::new(rule, compiled, options))
        });
        let macros = collection.macros.iter().filter_map(|known| {
            let compiled = resolution.trees.get(&known.name)?.clone();
            Some(MacroItem::new(known, compiled, resolution.usage.uses_macro(&known.name)))
        });
        let lists = collection.lists.iter().map(|list| {
            let compiled = expanded(list, &collection.lists, &mut HashSet::new());
            let compiled = compiled.into_iter().map(|item| item.text().to_owned()).collect();
            ListItem::new(list, compiled, resolution.usage.uses_list(&list.name))
        });
        Self {
            engine: collection.engine.to_string(),
            plugins: collection.plugins.iter().map(plugin_versions).collect(),
            rules: rules.collect(),
            macros: macros.collect(),
            lists: lists.collect(),
            dialect: options.dialect(),
        }
    }
}

/// The conditions of all rules that are compiled, by their positions.
fn compiled<'r>(resolution: &'r Resolution, resolved: &'r Resolved) -> HashMap<usize, &'r Expr> {
    let audit = resolution.positions.iter().zip(&resolved.rules);
    let audit = audit.filter_map(|(position, rule)| Some((*position, rule.expr.as_ref()?)));
    audit.chain(resolution.foreign.iter().map(|(position, expr)| (*position, expr))).collect()
}

fn plugin_versions(requirement: &PluginRequirement) -> Vec<PluginVersion> {
    let named = requirement.alternatives.iter().zip(&requirement.written);
    named.map(|((name, _), version)| PluginVersion { name: name.clone(), version: version.clone() }).collect()
}

impl RuleItem {
    fn new(rule: &Rule, compiled: Expr, options: &Options) -> Self {
        let (extra, _) = select::additions(rule, options);
        let output = rule.output.text().to_owned();
        let output_compiled = std::iter::once(&output).chain(&extra).cloned().collect::<Vec<_>>().join(" ");
        Self {
            name: rule.name.clone(),
            condition: rule.condition.text().to_owned(),
            compiled,
            output,
            output_compiled,
            description: rule.description.clone(),
            priority: rule.priority,
            source: rule.source.clone(),
            enabled: rule.enabled,
            tags: rule.tags.iter().cloned().collect(),
            exceptions: rule.exceptions.iter().map(ExceptionItem::new).collect(),
            capture: rule.capture,
            capture_duration: rule.capture_duration,
            history: rule.history.clone(),
        }
    }
}

impl MacroItem {
    fn new(known: &Macro, compiled: Expr, used: bool) -> Self {
        let (name, condition) = (known.name.clone(), known.condition.text().to_owned());
        Self { name, condition, compiled, used, history: known.history.clone() }
    }
}

impl ListItem {
    fn new(list: &List, compiled: Vec<String>, used: bool) -> Self {
        let items = list.items.iter().map(|item| item.text().to_owned()).collect();
        Self { name: list.name.clone(), items, compiled, used, history: list.history.clone() }
    }
}

impl ExceptionItem {
    fn new(exception: &Exception) -> Self {
        Self {
            name: exception.name.clone(),
            fields: flat(&exception.fields),
            operators: flat(&exception.operators),
            values: exception.values.iter().map(row).collect(),
        }
    }
}

/// Each text of an entry, whatever it is nested in.
fn flat(entry: &Entry) -> Vec<String> {
    match entry {
        Entry::One(text) => vec![text.text().to_owned()],
        Entry::Several(items, _) => items.iter().flat_map(flat).collect(),
    }
}

/// The values of a row, those that are lists in parentheses.
fn row(entry: &Entry) -> String {
    let cell = |entry: &Entry| match entry {
        Entry::One(text) => text.text().to_owned(),
        Entry::Several(..) => format!("({})", flat(entry).join(", ")),
    };
    match entry {
        Entry::One(text) => text.text().to_owned(),
        Entry::Several(items, _) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
    }
}
