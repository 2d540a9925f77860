//! `override`: which keys of an item append to, or replace, those of an earlier one.

use super::item::{Item, Read, Report, within};
use super::rule_keys::meant;
use crate::diagnostic::{Code, Diagnostic, ItemType, Location};
use crate::nearest::closest;
use crate::yaml::Node;

/// The keys under `override`.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    append: Vec<String>,
    replace: Vec<String>,
}

impl Overrides {
    /// Reads `override`, given the keys that can be appended to and replaced. A single value says nothing.
    pub(super) fn read(
        report: &mut Report<'_>,
        item: &Item<'_>,
        appendable: &[&str],
        replaceable: &[&str],
    ) -> Read<Self> {
        let mut overrides = Self::default();
        let Some(node) = item.node.get("override") else { return Ok(overrides) };
        check_shape(report, item, node)?;
        let pairs = node.mapping().unwrap_or_default();
        let context = within(item.context(), ItemType::Overrides, "", item.node.span);
        let mut wrong = None;
        for (key, operation) in pairs {
            let (name, operation_name) = (text(key), text(operation));
            let (can_append, can_replace) = (appendable.contains(&name), replaceable.contains(&name));
            let problem = match operation_name {
                "append" if can_append => {
                    overrides.append.push(name.to_owned());
                    continue;
                }
                "replace" if can_replace => {
                    overrides.replace.push(name.to_owned());
                    continue;
                }
                "append" if can_replace => (format!("`{name}` cannot be appended to, only replaced"), key),
                "append" => (format!("`{name}` cannot be appended to"), key),
                "replace" => (format!("`{name}` cannot be replaced"), key),
                "" => (format!("`{name}` says neither append nor replace"), operation),
                other => (format!("`{other}` is neither append nor replace"), operation),
            };
            let error = bad_override(problem, name, &context);
            let error = error.with_help(advice(name, operation_name, appendable, replaceable));
            wrong = Some(report.push(error));
        }
        wrong.map_or(Ok(overrides), Err)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.append.is_empty() && self.replace.is_empty()
    }

    pub(super) fn appends_any(&self) -> bool {
        !self.append.is_empty()
    }

    pub(super) fn replaces_any(&self) -> bool {
        !self.replace.is_empty()
    }

    pub(super) fn appends(&self, key: &str) -> bool {
        self.append.iter().any(|append| append == key)
    }

    pub(super) fn replaces(&self, key: &str) -> bool {
        self.replace.iter().any(|replace| replace == key)
    }

    /// Every overridden key must be in the item.
    pub(super) fn check_present(
        &self,
        report: &mut Report<'_>,
        item: &Item<'_>,
        keys: &[String],
    ) -> Read<()> {
        let missing = keys.iter().filter(|key| !item.has(key));
        let reported = missing.map(|key| {
            let error =
                Diagnostic::new(Code::BadOverride, format!("`override` names `{key}`, which is not here"));
            let named = item.node.get("override").and_then(|overrides| overrides.key_span(key));
            let error = error.at(named.unwrap_or(item.heading.span)).inside(item.context());
            let help = format!("add `{key}: …` to the item, beside `override`");
            report.push(error.with_help(help))
        });
        reported.last().map_or(Ok(()), Err)
    }

    /// What is appended cannot replace as well.
    pub(super) fn check_apart(&self, report: &mut Report<'_>, item: &Item<'_>) -> Read<()> {
        let both = self.replace.iter().filter(|key| self.appends(key));
        let reported = both.map(|key| {
            report.item(
                item,
                Code::BadOverride,
                format!("`override` says both append and replace of `{key}`"),
            )
        });
        reported.last().map_or(Ok(()), Err)
    }

    /// Every key in the item that could be overridden must be under `override`.
    pub(super) fn check_complete(&self, report: &mut Report<'_>, item: &Item<'_>, keys: &[&str]) -> Read<()> {
        let mut left: Vec<_> = keys.iter().filter(|key| item.has(key)).collect();
        left.retain(|key| !self.appends(key) && !self.replaces(key));
        left.sort_unstable();
        let reported = left.iter().map(|key| {
            let span = item.node.get(key).map_or(item.heading.span, |value| value.span);
            let context = within(item.context(), ItemType::Overrides, key, span);
            let span = item.node.key_span(key).unwrap_or(span);
            let message = format!("`override` does not say what to do with `{key}`");
            let help = format!("add `{key}: append` or `{key}: replace` to `override`");
            let error = Diagnostic::new(Code::BadOverride, message).at(span).inside(&context);
            report.push(error.with_label(item.key_span("override"), "not named here").with_help(help))
        });
        reported.last().map_or(Ok(()), Err)
    }

    pub(super) fn appended(&self) -> &[String] {
        &self.append
    }

    pub(super) fn replaced(&self) -> &[String] {
        &self.replace
    }
}

/// What to write, for those who asked for what cannot be done.
fn advice(name: &str, operation: &str, appendable: &[&str], replaceable: &[&str]) -> String {
    let operations = [("append", appendable), ("replace", replaceable)];
    let possible = operations.iter().filter(|(_, keys)| keys.contains(&name)).map(|(word, _)| *word);
    let possible: Vec<_> = possible.map(|word| format!("`{name}: {word}`")).collect();
    if possible.is_empty() {
        return match meant(name, &[appendable, replaceable].concat()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => {
                let (append, replace) = (appendable.join(", "), replaceable.join(", "));
                format!("append goes with {append}; replace with {replace}")
            }
        };
    }
    match closest(operation, operations.into_iter().map(|(word, _)| word)) {
        Some(close) if close != operation && possible.len() > 1 => format!("did you mean `{close}`?"),
        _ => format!("write {}", possible.join(" or ")),
    }
}

/// `override` and what is in it are no lists.
fn check_shape(report: &mut Report<'_>, item: &Item<'_>, node: &Node) -> Read<()> {
    let pairs = node.mapping().unwrap_or_default().iter().flat_map(|(key, operation)| [key, operation]);
    let is_composed = |node: &Node| node.sequence().is_some() || node.mapping().is_some();
    let wrong = match node.sequence() {
        Some(items) => (!items.is_empty()).then_some(node),
        None => pairs.map(|part| &**part).find(|part| is_composed(part)),
    };
    let Some(wrong) = wrong else { return Ok(()) };
    let message = format!("`override` maps keys to append or replace, here is {}", wrong.describe());
    let error = Diagnostic::new(Code::OverrideShape, message).at(wrong.span);
    let error = error.with_help("write it as in `override: {condition: append}`");
    Err(report.push(error.inside(item.context().get(..1).unwrap_or_default())))
}

fn bad_override(
    (message, node): (String, &std::rc::Rc<Node>),
    key: &str,
    context: &[Location],
) -> Diagnostic {
    let item = if text(node) == key { ItemType::Overrides } else { ItemType::ValueFor };
    let context = within(context, item, key, node.span);
    Diagnostic::new(Code::BadOverride, message).at(node.span).inside(&context)
}

fn text(node: &Node) -> &str {
    if node.is_null() { "null" } else { node.scalar().map_or("", |scalar| &scalar.text) }
}
