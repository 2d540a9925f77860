//! Reads the exceptions of a rule.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use super::exceptions::{Entry, Exception};
use super::item::{Item, Read, within};
use super::read::Reader;
use super::read_rule::Exceptions;
use super::rule_keys;
use crate::diagnostic::{Code, Diagnostic, ItemType, Location};
use crate::yaml::Node;

impl Reader<'_> {
    /// The exceptions of an item; none if there is no such key, or nothing under it.
    pub(super) fn exceptions(&mut self, item: &Item<'_>, how: Exceptions) -> Read<Vec<Exception>> {
        let Some(node) = item.node.get("exceptions").filter(|node| !node.is_null()) else {
            return Ok(Vec::new());
        };
        let context = within(item.context(), ItemType::Exceptions, "", node.span);
        let Some(entries) = node.sequence() else {
            let message = format!("`exceptions` is {}, not a list", node.describe());
            let error = Diagnostic::new(Code::BadValue, message).at(node.span).inside(&context);
            return Err(self.report.push(error.with_help("each exception starts with a dash: `- name: …`")));
        };
        let mut exceptions = Vec::new();
        let mut first = HashMap::new();
        let mut wrong = None;
        for entry in entries {
            let exception = match self.exception(entry, item, &context, how) {
                Ok(exception) => exception,
                Err(reported) => {
                    wrong = Some(reported);
                    continue;
                }
            };
            match first.entry(exception.name.clone()) {
                Vacant(entry) => drop(entry.insert(exception.span)),
                Occupied(first) => {
                    let message = format!("there are two exceptions called `{}`", exception.name);
                    let warning = Diagnostic::new(Code::ExceptionNameNotUnique, message);
                    let warning = warning.with_label(*first.get(), "the other");
                    self.report.push(warning.at(exception.span).inside(&exception.context));
                }
            }
            exceptions.push(exception);
        }
        wrong.map_or(Ok(exceptions), Err)
    }

    fn exception(
        &mut self,
        node: &Node,
        rule: &Item<'_>,
        exceptions: &[Location],
        how: Exceptions,
    ) -> Read<Exception> {
        if node.mapping().is_none() {
            let context = within(exceptions, ItemType::Exception, "", node.span);
            let message = format!("an exception is a mapping, this is {}", node.describe());
            let error = Diagnostic::new(Code::BadValue, message).at(node.span).inside(&context);
            return Err(self.report.push(error.with_help("write `- name: …`, with `fields` and `values`")));
        }
        let unnamed = Item::new(node, ItemType::Exception, "name", exceptions);
        let name = self.report.string(&unnamed, "name")?;
        // With its name known, an exception counts as a part of the rule itself.
        let item = Item::new(node, ItemType::Exception, "name", rule.context());
        rule_keys::warn_stray(&mut self.report, &item);
        let fields = match (node.get("fields"), how) {
            (Some(fields), _) => self.entry(fields, &item, "fields")?,
            (None, Exceptions::Appended) => Entry::default(),
            (None, Exceptions::Defined) => {
                return Err(self.report.missing(&item, "fields"));
            }
        };
        let operators = match node.get("comps") {
            Some(operators) => self.entry(operators, &item, "comps")?,
            None => Entry::default(),
        };
        let values = self.values(node, &item, how)?;
        let (context, span) = (item.heading.context, item.heading.span);
        Ok(Exception { name, fields, operators, values, context, span })
    }

    fn values(&mut self, node: &Node, item: &Item<'_>, how: Exceptions) -> Read<Vec<Entry>> {
        let Some(values) = node.get("values") else {
            if how == Exceptions::Appended {
                let message = "an exception is appended to without `values`";
                self.report.item(item, Code::AppendNoValues, message);
            }
            return Ok(Vec::new());
        };
        let context = within(item.context(), ItemType::ExceptionValues, "", values.span);
        let Some(entries) = values.sequence() else {
            let message = format!("`values` is {}, not a list", values.describe());
            let error = Diagnostic::new(Code::BadValue, message).at(values.span).inside(&context);
            return Err(self.report.push(error.with_help("write it as a list: `[a, b]`")));
        };
        entries.iter().map(|entry| self.entry(entry, item, "values")).collect()
    }

    /// One text or several. What is neither counts as not given, as it does for Falco.
    fn entry(&mut self, node: &Node, item: &Item<'_>, key: &str) -> Read<Entry> {
        if let Some(items) = node.sequence() {
            let items: Read<Vec<_>> = items.iter().map(|inner| self.entry(inner, item, key)).collect();
            return Ok(Entry::Several(items?, node.span));
        }
        match node.scalar() {
            Some(scalar) if scalar.text.is_empty() => {
                Err(self.report.value(item, key, node, format!("a text in `{key}` is empty")))
            }
            Some(_) => Ok(Entry::One(self.report.sourced(node))),
            None => Ok(Entry::default()),
        }
    }
}
