//! An item of a rule file, and the values of its keys; what is wrong with them goes to the report.

use std::collections::BTreeSet;

use super::collection::Heading;
use super::missing;
use super::rule_keys;
use super::sourced::Sourced;
use crate::diagnostic::{Code, Diagnostic, ItemType, Location};
use crate::source::Span;
use crate::yaml::{self, Node};

/// That a problem has been reported, and so there is no value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reported;

/// A value, or a problem that has been reported.
pub(super) type Read<T> = Result<T, Reported>;

/// Where problems go, with the text of the file they are in.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) source: &'a str,
}

/// A mapping with the items it stands in.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) node: &'a Node,
    pub(super) heading: Heading,
}

impl<'a> Item<'a> {
    /// The item that `key` names, inside `parent`.
    pub(super) fn new(node: &'a Node, item: ItemType, key: &str, parent: &[Location]) -> Self {
        let name = node.get(key).and_then(Node::scalar).map_or("", |scalar| &scalar.text);
        let context = within(parent, item, name, node.span);
        Self { node, heading: Heading { context, span: heading_span(node, key) } }
    }

    pub(super) fn context(&self) -> &[Location] {
        &self.heading.context
    }

    pub(super) fn name(&self) -> &str {
        self.context().last().map_or("", |location| &location.name)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// Where a key stands, or else the item.
    pub(super) fn key_span(&self, key: &str) -> Span {
        self.node.key_span(key).unwrap_or(self.heading.span)
    }

    /// The context of a part of this item.
    pub(super) fn part(&self, item: ItemType, key: &str) -> Vec<Location> {
        let span = self.node.get(key).map_or(self.heading.span, |value| value.span);
        within(self.context(), item, "", span)
    }
}

/// A context with one more item inside.
pub(super) fn within(parent: &[Location], item: ItemType, name: &str, span: Span) -> Vec<Location> {
    let mut context = parent.to_vec();
    context.push(Location { item, name: name.to_owned(), span });
    context
}

/// A key with its value if that fits on the line, else the start of the mapping.
fn heading_span(node: &Node, key: &str) -> Span {
    match (node.key_span(key), node.get(key)) {
        (Some(key), Some(value)) if value.scalar().is_some() => Span { end: value.span.end, ..key },
        (Some(key), _) => key,
        _ => Span { end: node.span.start, ..node.span },
    }
}

impl Report<'_> {
    pub(super) fn push(&mut self, diagnostic: Diagnostic) -> Reported {
        self.diagnostics.push(diagnostic);
        Reported
    }

    /// A problem of an item as a whole.
    pub(super) fn item(&mut self, item: &Item<'_>, code: Code, message: impl Into<String>) -> Reported {
        self.push(Diagnostic::new(code, message).at(item.heading.span).inside(item.context()))
    }

    /// A scalar that is there and not empty.
    pub(super) fn required<'n>(&mut self, item: &Item<'n>, key: &str) -> Read<&'n Node> {
        match self.optional(item, key)? {
            Some(node) => Ok(node),
            None => Err(self.missing(item, key)),
        }
    }

    /// That a key is missing; another may stand there in its place.
    pub(super) fn missing(&mut self, item: &Item<'_>, key: &str) -> Reported {
        let mut error = Diagnostic::new(Code::MissingKey, missing::message(key));
        error = error.at(item.heading.span).inside(item.context());
        let pairs = item.node.mapping().unwrap_or_default();
        let other = pairs.iter().find_map(|(other, _)| {
            let name = &other.scalar()?.text;
            let known = rule_keys::RULE.contains(&name.as_str());
            (!known && rule_keys::meant(name, &[key]).is_some()).then_some((name, other.span))
        });
        if let Some((name, span)) = other {
            error = error.with_label(span, "here is one much like it");
            error = error.with_help(format!("did you mean `{key}` by `{name}`?"));
        } else if item.node.get("override").is_some_and(|node| node.mapping().is_none()) {
            let help = "what an item changes is a mapping: `override: {condition: append}`";
            error = error.with_label(item.key_span("override"), "this is no mapping").with_help(help);
        } else if item.node.get("must").is_some() {
            let help = "this is an example of a rule, not a rule; `saker test` takes files of them";
            error = error.with_label(item.key_span("must"), "examples have this key").with_help(help);
        }
        self.push(error)
    }

    /// A scalar that is not empty, if there is one.
    pub(super) fn optional<'n>(&mut self, item: &Item<'n>, key: &str) -> Read<Option<&'n Node>> {
        let Some(node) = item.node.get(key) else { return Ok(None) };
        let wrong = match node.scalar() {
            Some(scalar) if scalar.text.is_empty() => format!("the value of `{key}` is empty"),
            Some(_) => return Ok(Some(node)),
            None if node.is_null() => {
                let error = Diagnostic::new(Code::BadValue, format!("key `{key}` has no value"));
                return Err(self.push(error.at(heading_span(item.node, key)).inside(item.context())));
            }
            None => format!("the value of `{key}` is {}, not a single value", node.describe()),
        };
        Err(self.value(item, key, node, wrong))
    }

    /// A problem with the value of a key.
    pub(super) fn value(
        &mut self,
        item: &Item<'_>,
        key: &str,
        node: &Node,
        wrong: impl Into<String>,
    ) -> Reported {
        let context = within(item.context(), ItemType::ValueFor, key, node.span);
        let error = Diagnostic::new(Code::BadValue, wrong).at(node.span).inside(&context);
        self.push(match self.value_advice(key, node) {
            Some(help) => error.with_help(help),
            None => error,
        })
    }

    fn value_advice(&self, key: &str, node: &Node) -> Option<&'static str> {
        let is_braced = self.source.get(node.span.start..).is_some_and(|text| text.starts_with('{'));
        Some(match key {
            "items" | "tags" if node.scalar().is_some() => "write it as a list: `[a, b]`",
            "items" if node.is_null() => "an empty list is `[]`",
            "condition" | "output" | "desc" if node.sequence().is_some() => {
                "write it as one text; below a `>` it can go over several lines"
            }
            _ if node.mapping().is_some() && is_braced => "a value that starts with `{` needs quotes",
            "enabled" | "append" | "skip-if-unknown-filter" | "warn_evttypes" | "capture" => {
                "write true or false"
            }
            _ => return None,
        })
    }

    /// A text with its places.
    pub(super) fn text(&mut self, item: &Item<'_>, key: &str) -> Read<Sourced> {
        let node = self.required(item, key)?;
        Ok(self.sourced(node))
    }

    /// A text.
    pub(super) fn string(&mut self, item: &Item<'_>, key: &str) -> Read<String> {
        Ok(self.text(item, key)?.text().to_owned())
    }

    /// A switch, if it is there.
    pub(super) fn switch(&mut self, item: &Item<'_>, key: &str) -> Read<Option<bool>> {
        self.decoded(item, key, yaml::boolean, "neither true nor false")
    }

    /// A number without sign, if it is there.
    pub(super) fn number(&mut self, item: &Item<'_>, key: &str) -> Read<Option<u32>> {
        self.decoded(item, key, yaml::unsigned, "not a number of at most 32 bits, or negative")
    }

    fn decoded<T>(
        &mut self,
        item: &Item<'_>,
        key: &str,
        decode: impl Fn(&str) -> Option<T>,
        otherwise: &str,
    ) -> Read<Option<T>> {
        let Some(node) = self.optional(item, key)? else { return Ok(None) };
        let text = node.scalar().map_or("", |scalar| &scalar.text);
        match decode(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.value(item, key, node, format!("`{text}` is {otherwise}"))),
        }
    }

    /// The scalars of a sequence, if it is there; they may be empty.
    pub(super) fn texts(&mut self, item: &Item<'_>, key: &str) -> Read<Option<Vec<Sourced>>> {
        let Some(node) = item.node.get(key) else { return Ok(None) };
        let Some(elements) = node.sequence() else {
            let wrong = format!("the value of `{key}` is {}, not a list", node.describe());
            return Err(self.value(item, key, node, wrong));
        };
        let list = within(item.context(), ItemType::ValueFor, key, node.span);
        let mut wrong = None;
        for element in elements.iter().filter(|element| element.scalar().is_none()) {
            let message = format!("an element of `{key}` is {}, not a single value", element.describe());
            let context = within(&list, ItemType::ListItem, "", element.span);
            let error = Diagnostic::new(Code::BadValue, message).at(element.span).inside(&context);
            wrong = Some(self.push(error));
        }
        match wrong {
            Some(reported) => Err(reported),
            None => Ok(Some(elements.iter().map(|element| self.sourced(element)).collect())),
        }
    }

    /// The tags, sorted, each once.
    pub(super) fn tags(&mut self, item: &Item<'_>) -> Read<BTreeSet<String>> {
        let tags = self.texts(item, "tags")?.unwrap_or_default();
        Ok(tags.iter().map(|tag| tag.text().to_owned()).collect())
    }

    /// A scalar's text with its places.
    pub(super) fn sourced(&self, node: &Node) -> Sourced {
        node.sourced(self.source).unwrap_or_default()
    }
}
