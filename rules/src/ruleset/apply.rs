//! Puts what an item says about a rule into the collection.

use std::collections::HashMap;
use std::collections::hash_map::Entry::Vacant;

use super::collection::Rule;
use super::exception_checks::Wrong;
use super::exceptions::Exception;
use super::foreign::is_of_audit;
use super::history::{Change, What};
use super::item::{Item, Read, Reported};
use super::read::{Extent, Reader};
use super::read_rule::{AUDIT_SOURCE, DEFAULT_SOURCE, Update};
use super::rule_keys::earlier;
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest::closest;

impl Reader<'_> {
    pub(super) fn apply_define(&mut self, item: &Item<'_>, mut rule: Rule) -> Read<()> {
        self.same_source(item, Some(&rule.source))?;
        // Falco knows system calls even where it gets none; who writes rules for audit events wants to hear of them.
        let silent = self.extent == Extent::FirstError && rule.source == DEFAULT_SOURCE;
        if rule.source != AUDIT_SOURCE && !silent {
            self.unknown_source(item, &rule.source);
        }
        let mut wrong = None;
        for exception in &mut rule.exceptions {
            wrong = self.complete(exception, &rule.source).err().or(wrong);
        }
        wrong.map_or(Ok(()), Err)?;
        self.collection.touch();
        let name = rule.name.clone();
        self.collection.rules.put(&name, rule);
        Ok(())
    }

    pub(super) fn apply_append(&mut self, item: &Item<'_>, update: Update) -> Read<()> {
        let source = self.existing(item, update.source.as_deref())?;
        let change = Change::of(What::Appended, &update.keys(), item.heading.span);
        let (mut places, mut next) = self.exception_places(item);
        let mut added = update.exceptions.unwrap_or_default();
        for exception in &mut added {
            self.check_appended(exception, &source, &places)?;
            if let Vacant(place) = places.entry(exception.name.clone()) {
                place.insert(next);
                next += 1;
            }
        }
        self.collection.touch();
        let Some(rule) = self.collection.rules.get_mut(item.name()) else { return Ok(()) };
        rule.history.push(change);
        if let Some(condition) = update.condition {
            rule.condition.push_str(" ");
            rule.condition.push(&condition);
        }
        if let Some(output) = update.output {
            rule.output.push_str(" ");
            rule.output.push(&output);
        }
        if let Some(description) = update.description {
            rule.description.push(' ');
            rule.description.push_str(&description);
        }
        rule.tags.extend(update.tags.unwrap_or_default());
        for exception in added {
            match places.get(&exception.name).and_then(|place| rule.exceptions.get_mut(*place)) {
                Some(earlier) => earlier.values.extend(exception.values),
                None => rule.exceptions.push(exception),
            }
        }
        Ok(())
    }

    /// Exceptions that replace others are not checked: what is wrong with them shows in the condition.
    pub(super) fn apply_replace(&mut self, item: &Item<'_>, update: Update) -> Read<()> {
        self.existing(item, update.source.as_deref())?;
        self.collection.touch();
        let Some(rule) = self.collection.rules.get_mut(item.name()) else { return Ok(()) };
        rule.history.push(Change::of(What::Replaced, &update.keys(), item.heading.span));
        replace(&mut rule.condition, update.condition);
        replace(&mut rule.output, update.output);
        replace(&mut rule.description, update.description);
        replace(&mut rule.tags, update.tags);
        replace(&mut rule.exceptions, update.exceptions);
        replace(&mut rule.priority, update.priority);
        replace(&mut rule.enabled, update.enabled);
        replace(&mut rule.skip_if_unknown_filter, update.skip_if_unknown_filter);
        replace(&mut rule.capture, update.capture);
        replace(&mut rule.capture_duration, update.capture_duration);
        Ok(())
    }

    pub(super) fn apply_switch(
        &mut self,
        item: &Item<'_>,
        source: Option<String>,
        enabled: bool,
    ) -> Read<()> {
        self.existing(item, source.as_deref())?;
        if let Some(rule) = self.collection.rules.get_mut(item.name()) {
            rule.enabled = enabled;
            rule.history.push(Change::of(What::Replaced, &["enabled"], item.heading.span));
        }
        Ok(())
    }

    /// The source of the rule that is changed, which must exist.
    fn existing(&mut self, item: &Item<'_>, source: Option<&str>) -> Read<String> {
        self.same_source(item, source)?;
        if let Some(rule) = self.collection.rules.get(item.name()) {
            return Ok(rule.source.clone());
        }
        if self.collection.incomplete || self.collection.broken_rules.contains(item.name()) {
            return Err(Reported);
        }
        let error =
            Diagnostic::new(Code::NothingToChange, format!("there is no rule `{}` to change", item.name()));
        let help = earlier(closest(item.name(), self.collection.rules.names()));
        Err(self.report.push(error.at(item.heading.span).inside(item.context()).with_help(help)))
    }

    fn same_source(&mut self, item: &Item<'_>, source: Option<&str>) -> Read<()> {
        let earlier = self.collection.rules.get(item.name());
        let (Some(earlier), Some(source)) = (earlier, source) else { return Ok(()) };
        if earlier.source == source {
            return Ok(());
        }
        let message =
            format!("rule `{}` was defined for source {}, not {source}", earlier.name, earlier.source);
        let error =
            Diagnostic::new(Code::SourceChanged, message).with_label(earlier.heading.span, "defined here");
        let help = format!("repeat `source: {}`", earlier.source);
        Err(self.report.push(error.at(item.heading.span).inside(item.context()).with_help(help)))
    }

    fn unknown_source(&mut self, item: &Item<'_>, source: &str) {
        let message = format!("rule for events of source {source}, which there are none of; ignored");
        let warning =
            Diagnostic::new(Code::UnknownSource, message).at(item.heading.span).inside(item.context());
        let is_meant = source.contains("audit") || closest(source, std::iter::once(AUDIT_SOURCE)).is_some();
        self.report.push(if source == DEFAULT_SOURCE && !item.has("source") {
            warning.with_help(format!("a rule for audit events says `source: {AUDIT_SOURCE}`"))
        } else if is_meant {
            let warning = warning.with_help(format!("did you mean `{AUDIT_SOURCE}`?"));
            Diagnostic { span: item.node.get("source").map(|node| node.span), ..warning }
        } else {
            warning.with_help(format!("only rules with `source: {AUDIT_SOURCE}` are evaluated"))
        });
    }

    /// An exception that is appended either adds values to one of that name, or is complete itself.
    fn check_appended(
        &mut self,
        exception: &mut Exception,
        source: &str,
        earlier: &HashMap<String, usize>,
    ) -> Read<()> {
        if !earlier.contains_key(&exception.name) {
            if exception.fields.is_given() && exception.values.is_empty() {
                return Err(self.bad_exception(exception, Wrong::new("a new exception needs `values`")));
            }
            return self.complete(exception, source);
        }
        for (entry, key) in [(&exception.fields, "fields"), (&exception.operators, "comps")] {
            if entry.is_given() {
                let message = format!("`{key}` of an exception cannot be changed, only `values` appended");
                let help = "leave it out, or give the exception a name of its own";
                return Err(self.bad_exception(exception, Wrong::of(entry, message).with_help(help)));
            }
        }
        Ok(())
    }

    /// Where the exceptions of a rule are by their names, the first of each name, and where the next one will be.
    fn exception_places(&self, item: &Item<'_>) -> (HashMap<String, usize>, usize) {
        let exceptions = self.collection.rules.get(item.name()).map_or(&[][..], |rule| &rule.exceptions);
        let mut places = HashMap::new();
        for (place, exception) in exceptions.iter().enumerate() {
            places.entry(exception.name.clone()).or_insert(place);
        }
        (places, exceptions.len())
    }

    fn complete(&mut self, exception: &mut Exception, source: &str) -> Read<()> {
        let is_field = self.is_field;
        exception
            .complete(|field| match source {
                AUDIT_SOURCE => is_field(field),
                DEFAULT_SOURCE => !is_of_audit(field),
                _ => true,
            })
            .map_err(|wrong| self.bad_exception(exception, wrong))
    }

    fn bad_exception(&mut self, exception: &Exception, wrong: Wrong) -> Reported {
        self.report.push(wrong.diagnostic(exception))
    }
}

fn replace<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}
