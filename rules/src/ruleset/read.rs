//! Reads the items of a file into the collection, in order.

use super::collection::{Collection, List, Macro};
use super::history::{Change, What, defined_after};
use super::item::{Item, Read, Report, Reported, within};
use super::overrides::Overrides;
use super::rule_keys;
use super::wrong_file;
use crate::diagnostic::{Code, Diagnostic, ItemType, Location};
use crate::nearest::closest;
use crate::source::{SourceFile, Span};
use crate::yaml::{self, Node};

/// Whether a text names a field, or is a transformer applied to one.
pub(crate) type IsField = fn(&str) -> bool;

/// How much of a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it, so that all its problems are told.
    Whole,
    /// Up to the first error, as Falco does.
    FirstError,
}

/// Reads one file.
pub(crate) fn read(
    collection: &mut Collection,
    file: (usize, &SourceFile),
    is_field: IsField,
    extent: Extent,
) -> Vec<Diagnostic> {
    let (index, source) = file;
    let report = Report { diagnostics: Vec::new(), source: &source.text };
    let mut reader = Reader { collection, report, is_field, extent };
    let whole = [Location { item: ItemType::RulesContent, name: String::new(), span: Span::of_file(index) }];
    match yaml::parse(&source.text, index) {
        Ok(documents) => reader.documents(&documents, &whole),
        Err(error) => {
            reader.collection.incomplete = extent == Extent::Whole;
            let context = within(&whole, ItemType::ValueFor, "", error.span);
            let message = format!("this is no YAML: {}", error.message);
            let mut problem = Diagnostic::new(Code::YamlSyntax, message).at(error.span).inside(&context);
            if let Some(help) = error.help {
                problem = problem.with_help(help);
            }
            reader.report.push(problem);
        }
    }
    let mut diagnostics = reader.report.diagnostics;
    if extent == Extent::FirstError
        && let Some(first) = diagnostics.iter().position(Diagnostic::is_error)
    {
        diagnostics.truncate(first + 1);
    }
    diagnostics
}

/// Reads items of one file.
pub(super) struct Reader<'a> {
    pub(super) collection: &'a mut Collection,
    pub(super) report: Report<'a>,
    pub(super) is_field: IsField,
    pub(super) extent: Extent,
}

impl Reader<'_> {
    fn documents(&mut self, documents: &[std::rc::Rc<Node>], whole: &[Location]) {
        for document in documents.iter().filter(|document| !document.is_null()) {
            let Some(items) = document.sequence() else {
                self.not_rules(document, whole);
                if self.is_over() {
                    return;
                }
                continue;
            };
            for item in items.iter().filter(|item| !item.is_null()) {
                // A problem is in the report; the items behind it may have more.
                let _ = self.item(item, whole);
                if self.is_over() {
                    return;
                }
            }
        }
    }

    /// Whether there was an error and nothing behind it counts.
    fn is_over(&self) -> bool {
        self.extent == Extent::FirstError && self.report.diagnostics.iter().any(Diagnostic::is_error)
    }

    fn not_rules(&mut self, document: &Node, whole: &[Location]) {
        let message = format!("a rules file is a list of items, this is {}", document.describe());
        let at = Span { end: document.span.start, ..document.span };
        let error = Diagnostic::new(Code::NotRules, message).at(at).inside(whole);
        let is_mapping = document.mapping().is_some();
        let help =
            if is_mapping { wrong_file::advice(document) } else { "each item is a mapping: `- rule: …`" };
        self.report.push(error.with_help(help));
    }

    fn item(&mut self, node: &Node, whole: &[Location]) -> Read<()> {
        if node.mapping().is_none() {
            let context = within(whole, ItemType::RulesContentItem, "", node.span);
            let message = format!("an item is a mapping of keys to values, this is {}", node.describe());
            let error = Diagnostic::new(Code::NotRules, message).at(node.span).inside(&context);
            let help = "write `- rule: …`, `- macro: …` or `- list: …`, with a colon and a blank";
            return Err(self.report.push(error.with_help(help)));
        }
        let has = |key| node.get(key).is_some();
        if has("required_engine_version") {
            self.engine(&Item::new(node, ItemType::RequiredEngineVersion, "required_engine_version", whole))
        } else if let Some(versions) = node.get("required_plugin_versions") {
            self.plugins(node, versions, whole)
        } else if has("list") {
            self.list(Item::new(node, ItemType::List, "list", whole))
        } else if has("macro") {
            self.macro_item(Item::new(node, ItemType::Macro, "macro", whole))
        } else if has("rule") {
            self.rule(&Item::new(node, ItemType::Rule, "rule", whole))
        } else {
            self.unknown_item(node, whole);
            Ok(())
        }
    }

    fn unknown_item(&mut self, node: &Node, whole: &[Location]) {
        let context = within(whole, ItemType::RulesContentItem, "", node.span);
        let pairs = node.mapping().unwrap_or_default();
        let keys = || pairs.iter().filter_map(|(key, _)| Some((key, key.scalar()?.text.as_str())));
        let close =
            keys().find_map(|(key, name)| Some((key.span, closest(name, rule_keys::KINDS.iter().copied())?)));
        let first = pairs.first().map_or(node.span, |(key, _)| key.span);
        let span = close.map_or(first, |(span, _)| span);
        let help = match (wrong_file::kubernetes(node), close) {
            (Some(advice), _) => advice.to_owned(),
            (None, Some((_, kind))) => format!("did you mean `{kind}`?"),
            (None, None) => format!("items are {}", rule_keys::KINDS.join(", ")),
        };
        let warning = Diagnostic::new(Code::UnknownItem, "an item of no known kind, ignored");
        self.report.push(warning.at(span).inside(&context).with_help(help));
    }

    fn list(&mut self, item: Item<'_>) -> Read<()> {
        let name = self.report.string(&item, "list")?;
        let read = self.list_body(item, &name);
        if read.is_err() && self.extent == Extent::Whole {
            self.collection.broken_lists.insert(name);
        }
        read
    }

    fn list_body(&mut self, item: Item<'_>, name: &str) -> Read<()> {
        rule_keys::warn_unknown(&mut self.report, &item, rule_keys::LIST);
        if !rule_keys::is_list_name(name) {
            let warning = "a list of this name cannot be used: names contain no parentheses, quotes, `=`, commas or blanks";
            self.report.item(&item, Code::InvalidListName, warning);
        }
        let items = self.report.texts(&item, "items").and_then(|items| match items {
            Some(items) => Ok(items),
            None => Err(self.report.missing(&item, "items")),
        });
        let append = self.appends(&item, "items");
        let (items, append) = (items?, append?);
        let known = self.collection.lists.get(name);
        let earlier = known.map(|list| list.order);
        let history = defined_after(known.map(|list| list.history.as_slice()), item.heading.span);
        if !append {
            let order = self.collection.order(earlier);
            let list = List { name: name.to_owned(), items, heading: item.heading, order, history };
            self.collection.lists.put(name, list);
            return Ok(());
        }
        if earlier.is_none() {
            return Err(self.nothing_to_append_to(&item, "list"));
        }
        let visibility = self.collection.touch();
        if let Some(list) = self.collection.lists.get_mut(name) {
            list.items.extend(items);
            list.order.visibility = visibility;
            list.history.push(Change::of(What::Appended, &["items"], item.heading.span));
        }
        Ok(())
    }

    fn macro_item(&mut self, item: Item<'_>) -> Read<()> {
        let name = self.report.string(&item, "macro")?;
        let read = self.macro_body(&item, &name);
        if read.is_err() && self.extent == Extent::Whole {
            self.collection.broken.insert(name);
        }
        read
    }

    fn macro_body(&mut self, item: &Item<'_>, name: &str) -> Read<()> {
        rule_keys::warn_unknown(&mut self.report, item, rule_keys::MACRO);
        if !rule_keys::is_macro_name(name) {
            let warning =
                "a macro of this name cannot be used: names are letters, digits and `_`, a letter first";
            self.report.item(item, Code::InvalidMacroName, warning);
        }
        let condition = self.report.text(item, "condition");
        let append = self.appends(item, "condition");
        let (condition, append) = (condition?, append?);
        let known = self.collection.macros.get(name);
        let earlier = known.map(|known| known.order);
        let history = defined_after(known.map(|known| known.history.as_slice()), item.heading.span);
        if !append {
            let order = self.collection.order(earlier);
            let condition_context = item.part(ItemType::MacroCondition, "condition");
            let heading = item.heading.clone();
            let known =
                Macro { name: name.to_owned(), condition, heading, condition_context, order, history };
            self.collection.macros.put(name, known);
            return Ok(());
        }
        if earlier.is_none() {
            return Err(self.nothing_to_append_to(item, "macro"));
        }
        let visibility = self.collection.touch();
        if let Some(known) = self.collection.macros.get_mut(name) {
            known.condition.push_str(" ");
            known.condition.push(&condition);
            known.order.visibility = visibility;
            known.history.push(Change::of(What::Appended, &["condition"], item.heading.span));
        }
        Ok(())
    }

    /// Whether a list or macro is appended to, by the old key or by `override`.
    fn appends(&mut self, item: &Item<'_>, key: &'static str) -> Read<bool> {
        let flag = self.append_flag(item);
        let overrides = Overrides::read(&mut self.report, item, &[key], &[key]);
        let (flag, overrides) = (flag?, overrides?);
        self.not_both(item, flag, &overrides)?;
        Ok(flag || overrides.appends(key))
    }

    /// `append: true`, with a warning that there is a better way.
    pub(super) fn append_flag(&mut self, item: &Item<'_>) -> Read<bool> {
        let append = self.report.switch(item, "append")?.unwrap_or(false);
        if append {
            let span = item.key_span("append");
            let warning = Diagnostic::new(Code::Deprecated, "`append: true` is deprecated");
            let key = if item.has("items") { "items" } else { "condition" };
            let help = format!("say what is appended to: `override: {{{key}: append}}`");
            self.report.push(warning.at(span).inside(item.context()).with_help(help));
        }
        Ok(append)
    }

    pub(super) fn not_both(&mut self, item: &Item<'_>, append: bool, overrides: &Overrides) -> Read<()> {
        if append && !overrides.is_empty() {
            let error =
                Diagnostic::new(Code::BadOverride, "`append: true` and `override` exclude one another");
            let mut error = error.at(item.key_span("append")).inside(item.context());
            error = error.with_label(item.key_span("override"), "this says what is appended to");
            return Err(self.report.push(error.with_help("leave out `append: true`")));
        }
        Ok(())
    }

    pub(super) fn nothing_to_append_to(&mut self, item: &Item<'_>, kind: &str) -> Reported {
        if self.collection.incomplete {
            return Reported;
        }
        let name = item.name();
        let (is_broken, close) = match kind {
            "list" => {
                (self.collection.broken_lists.contains(name), closest(name, self.collection.lists.names()))
            }
            _ => (self.collection.broken.contains(name), closest(name, self.collection.macros.names())),
        };
        if is_broken {
            return Reported;
        }
        let message = format!("there is no {kind} `{name}` to append to");
        let error = Diagnostic::new(Code::NothingToChange, message).at(item.heading.span);
        self.report.push(error.inside(item.context()).with_help(rule_keys::earlier(close)))
    }
}
