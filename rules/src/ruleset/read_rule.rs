//! Reads rules: definitions, appends, overrides and switches.

use std::collections::BTreeSet;

use super::collection::Rule;
use super::exceptions::Exception;
use super::history::defined_after;
use super::item::{Item, Read};
use super::overrides::Overrides;
use super::read::{Extent, Reader};
use super::rule_keys;
use super::sourced::Sourced;
use crate::diagnostic::{Code, Diagnostic, ItemType};
use crate::priority::Priority;

/// The source of rules that name none.
pub(crate) const DEFAULT_SOURCE: &str = "syscall";
/// The source of rules for audit events.
pub(crate) const AUDIT_SOURCE: &str = "k8s_audit";

/// Keys that a definition has.
const REQUIRED: &[&str] = &["condition", "output", "desc", "priority"];
const APPENDABLE: &[&str] = &["condition", "output", "desc", "tags", "exceptions"];
const REPLACEABLE: &[&str] = &[
    "condition",
    "output",
    "desc",
    "priority",
    "tags",
    "exceptions",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
];

/// What an item changes about an earlier rule.
#[derive(Debug, Default)]
pub(super) struct Update {
    pub(super) source: Option<String>,
    pub(super) condition: Option<Sourced>,
    pub(super) output: Option<Sourced>,
    pub(super) description: Option<String>,
    pub(super) tags: Option<BTreeSet<String>>,
    pub(super) exceptions: Option<Vec<Exception>>,
    pub(super) priority: Option<Priority>,
    pub(super) enabled: Option<bool>,
    pub(super) skip_if_unknown_filter: Option<bool>,
    pub(super) capture: Option<bool>,
    pub(super) capture_duration: Option<u32>,
}

impl Update {
    /// The keys that it has a value for.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let given = [
            ("condition", self.condition.is_some()),
            ("output", self.output.is_some()),
            ("desc", self.description.is_some()),
            ("tags", self.tags.is_some()),
            ("exceptions", self.exceptions.is_some()),
            ("priority", self.priority.is_some()),
            ("enabled", self.enabled.is_some()),
            ("skip-if-unknown-filter", self.skip_if_unknown_filter.is_some()),
            ("capture", self.capture.is_some()),
            ("capture_duration", self.capture_duration.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }
}

impl Reader<'_> {
    pub(super) fn rule(&mut self, item: &Item<'_>) -> Read<()> {
        let name = self.report.string(item, "rule")?;
        let read = self.rule_body(item, name.clone());
        if read.is_err() && self.extent == Extent::Whole {
            self.collection.broken_rules.insert(name);
        }
        read
    }

    fn rule_body(&mut self, item: &Item<'_>, name: String) -> Read<()> {
        rule_keys::warn_unknown(&mut self.report, item, rule_keys::RULE);
        let append = self.append_flag(item);
        let overrides = Overrides::read(&mut self.report, item, APPENDABLE, REPLACEABLE);
        let (append, overrides) = (append?, overrides?);
        self.not_both(item, append, &overrides)?;
        if !overrides.is_empty() {
            self.override_rule(item, &overrides)
        } else if append {
            self.append_rule(item)
        } else if REQUIRED.iter().any(|key| item.has(key)) {
            self.define_rule(item, name)
        } else {
            self.switch_rule(item)
        }
    }

    fn override_rule(&mut self, item: &Item<'_>, overrides: &Overrides) -> Read<()> {
        let source = self.optional_source(item)?;
        if overrides.appends_any() {
            overrides.check_present(&mut self.report, item, overrides.appended())?;
            let update = self.update(item, &|key| overrides.appends(key), Exceptions::Appended)?;
            self.apply_append(item, Update { source: source.clone(), ..update })?;
        }
        if overrides.replaces_any() {
            overrides.check_apart(&mut self.report, item)?;
            overrides.check_present(&mut self.report, item, overrides.replaced())?;
            let update = self.update(item, &|key| overrides.replaces(key), Exceptions::Defined)?;
            self.apply_replace(item, Update { source, ..update })?;
        }
        overrides.check_complete(&mut self.report, item, REPLACEABLE)
    }

    /// The old way to append: condition and exceptions only, other keys are ignored.
    fn append_rule(&mut self, item: &Item<'_>) -> Read<()> {
        let source = self.optional_source(item)?;
        let wanted = |key: &str| matches!(key, "condition" | "exceptions") && item.has(key);
        let update = self.update(item, &wanted, Exceptions::Appended)?;
        if update.condition.is_none()
            && update.exceptions.is_none()
            && self.collection.rules.get(item.name()).is_some()
        {
            let message = "nothing is appended: there is neither `condition` nor `exceptions`";
            let error = Diagnostic::new(Code::EmptyAppend, message).at(item.heading.span);
            let help =
                "`append: true` knows these two only; others are appended to by `override: {output: append}`";
            return Err(self.report.push(error.inside(item.context()).with_help(help)));
        }
        self.apply_append(item, Update { source, ..update })
    }

    /// The values of those keys that are wanted, in the order in which Falco reads them.
    fn update(&mut self, item: &Item<'_>, wanted: &dyn Fn(&str) -> bool, how: Exceptions) -> Read<Update> {
        let mut update = Update::default();
        if wanted("condition") {
            update.condition = Some(self.report.text(item, "condition")?);
        }
        if wanted("exceptions") {
            update.exceptions = Some(self.exceptions(item, how)?);
        }
        if wanted("output") {
            update.output = Some(self.report.text(item, "output")?);
        }
        if wanted("desc") {
            update.description = Some(self.report.string(item, "desc")?);
        }
        if wanted("tags") {
            update.tags = Some(self.report.tags(item)?);
        }
        if wanted("priority") {
            update.priority = Some(self.priority(item)?);
        }
        self.update_switches(item, wanted, &mut update)?;
        Ok(update)
    }

    fn update_switches(
        &mut self,
        item: &Item<'_>,
        wanted: &dyn Fn(&str) -> bool,
        update: &mut Update,
    ) -> Read<()> {
        if wanted("enabled") {
            update.enabled = self.report.switch(item, "enabled")?;
        }
        if wanted("warn_evttypes") {
            self.report.switch(item, "warn_evttypes")?;
        }
        if wanted("skip-if-unknown-filter") {
            update.skip_if_unknown_filter = self.report.switch(item, "skip-if-unknown-filter")?;
        }
        if wanted("capture") {
            update.capture = self.report.switch(item, "capture")?;
        }
        if wanted("capture_duration") {
            update.capture_duration = self.report.number(item, "capture_duration")?;
        }
        Ok(())
    }

    /// `enabled` and nothing else turns an earlier rule on or off.
    fn switch_rule(&mut self, item: &Item<'_>) -> Read<()> {
        self.report.required(item, "enabled")?;
        let enabled = self.report.switch(item, "enabled")?.unwrap_or(true);
        let source = self.optional_source(item)?;
        let warning = Diagnostic::new(Code::Deprecated, "a rule with `enabled` alone is deprecated");
        let help = "add `override: {enabled: replace}`";
        self.report.push(warning.at(item.heading.span).inside(item.context()).with_help(help));
        self.apply_switch(item, source, enabled)
    }

    fn define_rule(&mut self, item: &Item<'_>, name: String) -> Read<()> {
        let first = self.report.diagnostics.len();
        let condition = self.report.text(item, "condition");
        let output = self.report.text(item, "output");
        let description = self.report.string(item, "desc");
        let priority = self.priority(item);
        let source = self.source(item);
        let enabled = self.report.switch(item, "enabled");
        let evttypes = self.report.switch(item, "warn_evttypes");
        let skip = self.report.switch(item, "skip-if-unknown-filter");
        let capture = self.report.switch(item, "capture");
        let duration = self.report.number(item, "capture_duration");
        let tags = self.report.tags(item);
        let exceptions = self.exceptions(item, Exceptions::Defined);
        self.tell_earlier(first, &name);
        self.report.join_missing(first, REQUIRED);
        self.or_told(evttypes, None)?;
        let earlier = self.collection.rules.get(&name).map(|rule| rule.history.as_slice());
        let history = defined_after(earlier, item.heading.span);
        let rule = Rule {
            name,
            condition: condition?,
            output: output?.trimmed(),
            description: self.or_told(description, String::new())?,
            priority: self.or_told(priority, Priority::default())?,
            source: source?,
            enabled: self.or_told(enabled, None)?.unwrap_or(true),
            tags: self.or_told(tags, BTreeSet::new())?,
            exceptions: exceptions?,
            skip_if_unknown_filter: self.or_told(skip, None)?.unwrap_or(false),
            capture: self.or_told(capture, None)?.unwrap_or(false),
            capture_duration: self.or_told(duration, None)?.unwrap_or(0),
            heading: item.heading.clone(),
            condition_context: item.part(ItemType::RuleCondition, "condition"),
            output_context: item.part(ItemType::RuleOutput, "output"),
            history,
        };
        self.apply_define(item, rule)
    }

    /// The value; or, where all problems of a file are told, of which this is one, another, so that it hides none of
    /// those of the condition and the output.
    fn or_told<T>(&self, read: Read<T>, instead: T) -> Read<T> {
        match self.extent {
            Extent::Whole => Ok(read.unwrap_or(instead)),
            Extent::FirstError => read,
        }
    }

    /// What lacks keys and has the name of an earlier rule was probably meant to change that one.
    fn tell_earlier(&mut self, first: usize, name: &str) {
        let Some(earlier) = self.collection.rules.get(name) else { return };
        let missing = |found: &&mut Diagnostic| found.code == Code::MissingKey && found.labels.is_empty();
        for found in self.report.diagnostics.iter_mut().skip(first).filter(missing) {
            let help = "to change an earlier rule say how: `override: {condition: append}`, or replace";
            *found = found.clone().with_label(earlier.heading.span, "the earlier rule").with_help(help);
        }
    }

    fn priority(&mut self, item: &Item<'_>) -> Read<Priority> {
        let node = self.report.required(item, "priority")?;
        let text = node.scalar().map_or("", |scalar| &scalar.text);
        text.parse().map_err(|error: crate::priority::UnknownPriority| {
            let mut problem = Diagnostic::new(Code::UnknownPriority, error.to_string()).at(node.span);
            if let Some(close) = Priority::closest(text) {
                problem = problem.with_help(format!("did you mean `{close}`?"));
            }
            self.report.push(problem.inside(&item.part(ItemType::RulePriority, "priority")))
        })
    }

    /// The source of a definition; nothing, or an empty text, stands for the default.
    fn source(&mut self, item: &Item<'_>) -> Read<String> {
        Ok(self.optional_source(item)?.unwrap_or_else(|| DEFAULT_SOURCE.to_owned()))
    }

    fn optional_source(&mut self, item: &Item<'_>) -> Read<Option<String>> {
        let Some(node) = item.node.get("source").filter(|node| !node.is_null()) else { return Ok(None) };
        match node.scalar() {
            Some(scalar) if scalar.text.is_empty() => Ok(None),
            Some(scalar) => Ok(Some(scalar.text.clone())),
            None => {
                let wrong = format!("the value of `source` is {}, not a single value", node.describe());
                Err(self.report.value(item, "source", node, wrong))
            }
        }
    }
}

/// Whether exceptions define a rule's or add to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exceptions {
    Defined,
    Appended,
}
