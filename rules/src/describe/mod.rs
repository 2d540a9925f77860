//! A ruleset described as JSON, in the shape in which Falco describes one with `-L`.

mod events;
mod fields;
pub mod markdown;
mod names;
mod operators;
mod order;
mod output;
mod reads;
mod transformers;

use std::collections::BTreeSet;

use serde_json::{Value, json};

pub use fields::describe_fields;
pub use reads::{Read, Reader, reads};

use crate::fields::{Class, find};
use crate::ruleset::AUDIT_SOURCE;
use crate::ruleset::catalog::{Catalog, ListItem, MacroItem, PluginVersion, RuleItem};
use crate::syntax::ast::Expr;
use crate::syntax::parse_condition;
use crate::syntax::print::canonical;
use names::{Names, field_name};
use order::unordered;
use output::output_fields;

/// The plugin that audit events come from.
const SOURCE_PLUGIN: &str = "k8saudit";
/// The plugin that makes fields of any JSON.
const JSON_PLUGIN: &str = "json";

/// Everything that the files define.
#[must_use]
pub fn describe(catalog: &Catalog) -> Value {
    described(catalog, |_| true, |_| true, |_| true)
}

/// One rule, and the macros and lists that it uses, also by way of others; none if there is no such rule.
#[must_use]
pub fn describe_rule(catalog: &Catalog, name: &str) -> Option<Value> {
    let rule = catalog.rules.iter().find(|rule| rule.name == name)?;
    let used = Used::by(rule, catalog);
    Some(described(
        catalog,
        |other| other.name == name,
        |known| used.macros.contains(known.name.as_str()),
        |list| used.lists.contains(list.name.as_str()),
    ))
}

fn described(
    catalog: &Catalog,
    wants_rule: impl Fn(&RuleItem) -> bool,
    wants_macro: impl Fn(&MacroItem) -> bool,
    wants_list: impl Fn(&ListItem) -> bool,
) -> Value {
    let rules = catalog.rules.iter().filter(|rule| wants_rule(rule));
    let macros = catalog.macros.iter().filter(|known| wants_macro(known));
    let lists = catalog.lists.iter().filter(|list| wants_list(list));
    json!({
        "required_engine_version": catalog.engine,
        "required_plugin_versions": catalog.plugins.iter().map(|plugin| plugin_value(plugin)).collect::<Vec<_>>(),
        "rules": rules.map(|rule| rule_value(rule, catalog)).collect::<Vec<_>>(),
        "macros": macros.map(|known| macro_value(known, catalog)).collect::<Vec<_>>(),
        "lists": lists.map(list_value).collect::<Vec<_>>(),
    })
}

fn plugin_value(versions: &[PluginVersion]) -> Value {
    let Some((main, alternatives)) = versions.split_first() else { return Value::Null };
    let value = |plugin: &PluginVersion| json!({"name": plugin.name, "version": plugin.version});
    let alternatives: Vec<_> = alternatives.iter().map(value).collect();
    json!({"name": main.name, "version": main.version, "alternatives": alternatives})
}

fn rule_value(rule: &RuleItem, catalog: &Catalog) -> Value {
    let compiled = Names::of(&rule.compiled);
    let fields = condition_fields(&compiled);
    let output_fields = output_fields(&rule.output_compiled, catalog.dialect);
    let plugins = plugins(rule, fields.iter().chain(&output_fields));
    let (macros, lists) = uses(&rule.condition, catalog);
    let exceptions = &rule.exceptions;
    let with_values = exceptions.iter().filter(|exception| !exception.values.is_empty());
    let exception_fields: BTreeSet<_> = with_values.flat_map(|exception| &exception.fields).collect();
    let events: Vec<_> =
        if rule.source == AUDIT_SOURCE { events::AUDIT.to_vec() } else { events::every().collect() };
    json!({
        "info": {
            "name": rule.name,
            "condition": rule.condition,
            "priority": rule.priority.name(),
            "output": rule.output,
            "description": rule.description,
            "enabled": rule.enabled,
            "source": rule.source,
            "tags": rule.tags,
            "capture": rule.capture,
            "capture_duration": rule.capture_duration,
        },
        "details": {
            "macros": macros,
            "lists": lists,
            "condition_operators": unordered(&compiled.operators),
            "condition_fields": fields,
            "output_fields": output_fields,
            "exception_names": unordered(exceptions.iter().map(|exception| &exception.name)),
            "exception_fields": exception_fields,
            "exception_operators": unordered(exceptions.iter().flat_map(|exception| &exception.operators)),
            "events": events,
            "condition_compiled": canonical(&rule.compiled),
            "output_compiled": rule.output_compiled,
            "plugins": plugins,
        },
    })
}

fn macro_value(known: &MacroItem, catalog: &Catalog) -> Value {
    let compiled = Names::of(&known.compiled);
    let (macros, lists) = uses(&known.condition, catalog);
    json!({
        "info": {"name": known.name, "condition": known.condition},
        "details": {
            "used": known.used,
            "macros": macros,
            "lists": lists,
            "condition_operators": unordered(&compiled.operators),
            "condition_fields": condition_fields(&compiled),
            "events": events::every().collect::<Vec<_>>(),
            "condition_compiled": canonical(&known.compiled),
            // Where its events come from is known only of the rules that use it.
            "plugins": [],
        },
    })
}

/// An item that is not among those that came out has been replaced, so it names a list.
fn list_value(list: &ListItem) -> Value {
    let (items, lists): (Vec<_>, Vec<_>) = list.items.iter().partition(|item| list.compiled.contains(item));
    json!({
        "info": {"name": list.name, "items": items},
        "details": {
            "used": list.used,
            "lists": unordered(lists),
            "items_compiled": list.compiled,
            "plugins": [],
        },
    })
}

fn condition_fields(names: &Names<'_>) -> Vec<String> {
    unordered(names.fields.iter().map(|field| field_name(field)))
}

/// The macros and the lists that a condition names itself, as it was written.
fn uses(condition: &str, catalog: &Catalog) -> (Vec<String>, Vec<String>) {
    let Ok(expr) = parse_condition(condition, catalog.dialect) else { return Default::default() };
    let (macros, lists) = known_names(&expr, catalog);
    (unordered(macros), unordered(lists))
}

fn known_names<'e>(expr: &'e Expr, catalog: &Catalog) -> (Vec<&'e str>, Vec<&'e str>) {
    let Names { mut macros, mut items, .. } = Names::of(expr);
    macros.retain(|name| catalog.macros.iter().any(|known| known.name == *name));
    items.retain(|name| catalog.lists.iter().any(|list| list.name == *name));
    (macros, items)
}

/// The plugins that a rule needs, in the order of a set that they came to as Falco loads them.
fn plugins<'a>(rule: &RuleItem, mut fields: impl Iterator<Item = &'a String>) -> Vec<String> {
    let is_json = |field: &String| {
        let name = field.split('[').next().unwrap_or_default();
        find(name).is_some_and(|field| field.class() == Class::Json)
    };
    let source = (rule.source == AUDIT_SOURCE).then_some(SOURCE_PLUGIN);
    unordered(source.into_iter().chain(fields.any(is_json).then_some(JSON_PLUGIN)))
}

/// The macros and lists that a rule uses, also by way of others.
struct Used {
    macros: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl Used {
    fn by(rule: &RuleItem, catalog: &Catalog) -> Self {
        let mut used = Self { macros: BTreeSet::new(), lists: BTreeSet::new() };
        used.by_text(&rule.condition, catalog);
        rule.exceptions.iter().flat_map(|exception| &exception.values).for_each(|values| {
            values.split([',', '(', ')', ' ']).for_each(|value| used.list(value, catalog));
        });
        used
    }

    /// Lists are put in wherever they are named, so words count, not only what stands in a list.
    fn by_text(&mut self, condition: &str, catalog: &Catalog) {
        condition.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '=')).for_each(|word| {
            self.list(word, catalog);
        });
        let Ok(expr) = parse_condition(condition, catalog.dialect) else { return };
        for name in known_names(&expr, catalog).0 {
            let known = catalog.macros.iter().find(|known| known.name == name);
            if let Some(known) = known.filter(|_| self.macros.insert(name.to_owned())) {
                self.by_text(&known.condition, catalog);
            }
        }
    }

    fn list(&mut self, name: &str, catalog: &Catalog) {
        let list = catalog.lists.iter().find(|list| list.name == name);
        if let Some(list) = list.filter(|_| self.lists.insert(name.to_owned())) {
            list.items.iter().for_each(|item| self.list(item, catalog));
        }
    }
}
