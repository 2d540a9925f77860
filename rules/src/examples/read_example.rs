//! One example, read.

use std::sync::Arc;

use super::event::{Given, Source};
use super::example::{Example, Must};
use super::expected::Shown;
use super::json::{entries, value};
use super::mistake::mistake;
use super::read::{Reader, start};
use crate::event::{Event, NotAnEvent, Tape};
use crate::nearest::closest;
use crate::ruleset::sourced::Sourced;
use crate::source::{Position, Span};
use crate::yaml::Node;

const KEYS: &[&str] =
    &["rule", "must", "why", "event", "file", "patch", "request", "with", "output", "fields"];

/// The values of an example by their keys.
type Entries<'n> = [(&'n str, &'n Node)];

impl Reader<'_> {
    /// None where anything is wrong with it. The rule's name can be held against the rules all the same, unless the
    /// example may have brought the rule along.
    pub(super) fn example(&mut self, node: &Node) -> Option<Example> {
        let before = self.mistakes.len();
        let example = self.whole_example(node).filter(|_| self.mistakes.len() == before);
        let rule = node.get("rule").filter(|_| example.is_none() && node.get("with").is_none());
        if let Some((rule, scalar)) = rule.and_then(|rule| Some((rule, rule.scalar()?))) {
            self.lost.push((scalar.text.clone(), rule.span));
        }
        example
    }

    fn whole_example(&mut self, node: &Node) -> Option<Example> {
        if node.mapping().is_none() {
            let message = format!("an example is a mapping of keys to values, this is {}", node.describe());
            self.tell(mistake(message, node.span));
            return None;
        }
        let entries = self.known(node, KEYS);
        let rule = self.required(&entries, "rule", node);
        let must = self.required(&entries, "must", node).and_then(|must| self.must(must));
        let why = get(&entries, "why").and_then(|why| self.text("why", why));
        let event = self.event(&entries, node);
        let with = get(&entries, "with").and_then(|with| self.with(with));
        let output = get(&entries, "output").and_then(|output| self.text("output", output));
        let fields = get(&entries, "fields").map(|fields| self.fields(fields)).unwrap_or_default();
        let (rule, must, event) = (rule?, must?, event?);
        self.check_expectations(&entries, must);
        let file = get(&entries, "file").and_then(Node::scalar);
        let changed = ["patch", "request", "with"].iter().any(|key| get(&entries, key).is_some());
        Some(Example {
            rule: self.text("rule", rule)?.to_owned(),
            must,
            why: why.map(str::to_owned),
            position: Position::of(&self.file.text, node.span.start),
            event_file: file.filter(|_| !changed).map(|file| file.text.clone()),
            rule_span: rule.span,
            event,
            with,
            output: output.map(str::to_owned),
            fields,
        })
    }

    fn required<'n>(&mut self, entries: &Entries<'n>, key: &str, example: &Node) -> Option<&'n Node> {
        let found = get(entries, key);
        if found.is_none() {
            let wrong = mistake(format!("an example needs `{key}`"), start(example.span));
            self.tell(match key {
                "must" => wrong.with_help("`must: match` or `must: not match`"),
                _ => wrong.with_help("the name of the rule that it is about"),
            });
        }
        found
    }

    fn text<'n>(&mut self, key: &str, node: &'n Node) -> Option<&'n str> {
        let text = node.scalar().map(|scalar| scalar.text.as_str());
        if text.is_none() {
            let message = format!("`{key}` is a text, this is {}", node.describe());
            self.tell(mistake(message, node.span));
        }
        text
    }

    fn must(&mut self, node: &Node) -> Option<Must> {
        let must = match self.text("must", node)? {
            "match" => Some(Must::Match),
            "not match" => Some(Must::NotMatch),
            _ => None,
        };
        if must.is_none() {
            self.tell(mistake("`must` is neither `match` nor `not match`", node.span));
        }
        must
    }

    fn with(&mut self, node: &Node) -> Option<Sourced> {
        let with = node.sourced(&self.file.text);
        if with.is_none() {
            let message = format!("`with` is a text of rules, this is {}", node.describe());
            self.tell(mistake(message, node.span).with_help("a `|` makes it one: `with: |`"));
        }
        with
    }

    fn fields(&mut self, node: &Node) -> Vec<(String, Shown)> {
        if node.mapping().is_none() {
            let message = format!("`fields` is a mapping of fields to values, this is {}", node.describe());
            self.tell(mistake(message, node.span).with_help("`fields: {ka.user.name: alice}`"));
        }
        let mut fields = Vec::new();
        for (name, node) in entries(node, &mut self.mistakes) {
            match Shown::given(&value(node, &mut self.mistakes)) {
                Some(shown) => fields.push((name.to_owned(), shown)),
                None => self.tell(mistake("a field is one value, or a list of values", node.span)),
            }
        }
        fields
    }

    /// Only a rule that matches says something.
    fn check_expectations(&mut self, entries: &Entries<'_>, must: Must) {
        for key in ["output", "fields"] {
            if let Some(node) = get(entries, key).filter(|_| must == Must::NotMatch) {
                let message = format!("a rule that must not match has no `{key}`");
                self.tell(mistake(message, node.span));
            }
        }
    }

    /// The event, which rules can be held against.
    fn event(&mut self, entries: &Entries<'_>, example: &Node) -> Option<Given> {
        let (source, from) = match (get(entries, "event"), get(entries, "file")) {
            (Some(event), None) => (self.event_source(event)?, event),
            (None, Some(file)) => (self.event_file(file)?, file),
            (Some(_), Some(file)) => {
                self.tell(mistake("an example has one event, by `event` or by `file`", file.span));
                return None;
            }
            (None, None) => {
                let wrong = mistake("an example needs `event`", start(example.span));
                self.tell(
                    wrong.with_help("the name of a base event (`saker test --base-events`), or an event"),
                );
                return None;
            }
        };
        let (patch, request) = (get(entries, "patch"), get(entries, "request"));
        let text = request.and_then(|request| self.text("request", request));
        let event = Given {
            source,
            patch: patch.map(|patch| value(patch, &mut self.mistakes)),
            request: text.map(str::to_owned),
        };
        self.check_event(&event, request.or(patch).unwrap_or(from).span)?;
        Some(event)
    }

    fn event_source(&mut self, node: &Node) -> Option<Source> {
        if node.mapping().is_some() {
            let event = value(node, &mut self.mistakes);
            return Some(Source::Value(Arc::new(self.events.complete(&event))));
        }
        let Some(text) = node.scalar().map(|scalar| scalar.text.as_str()) else {
            let message =
                format!("`event` is the name of a base event, or an event, this is {}", node.describe());
            self.tell(mistake(message, node.span));
            return None;
        };
        if text.trim_start().starts_with('{') {
            return Some(Source::Text(text.into()));
        }
        let base = self.events.get(text).map(|event| Source::Value(Arc::new(event)));
        if base.is_none() {
            let help = match closest(text, self.events.names()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "`saker test --base-events` lists those that come along".to_owned(),
            };
            self.tell(mistake(format!("there is no base event `{text}`"), node.span).with_help(help));
        }
        base
    }

    fn event_file(&mut self, node: &Node) -> Option<Source> {
        let path = self.text("file", node)?;
        match (self.open)(path) {
            Ok(text) => Some(Source::Text(text.into())),
            Err(error) => {
                let wrong = mistake(format!("cannot read {path}: {error}"), node.span);
                self.tell(wrong.with_help("paths are relative to the file of examples"));
                None
            }
        }
    }

    /// That rules can be held against it.
    fn check_event(&mut self, event: &Given, span: Span) -> Option<()> {
        let bytes = match event.bytes() {
            Ok(bytes) => bytes,
            Err(error) => {
                self.tell(mistake(format!("what is to be patched is no JSON: {error}"), span));
                return None;
            }
        };
        let Err(why) = Event::read(&bytes, &mut Tape::default()) else { return Some(()) };
        let wrong = mistake(format!("this makes no event: {why}"), span);
        self.tell(match why {
            NotAnEvent::NoTime => {
                wrong.with_help("each event has a `stageTimestamp`; base events bring one along")
            }
            NotAnEvent::NotAnObject => wrong.with_help("an example has one event, not a list of them"),
            NotAnEvent::Broken { .. } if event.request.is_some() => {
                wrong.with_help("`request` is put in as it stands, and must be JSON")
            }
            NotAnEvent::Broken { .. } => wrong,
        });
        None
    }
}

fn get<'n>(entries: &Entries<'n>, key: &str) -> Option<&'n Node> {
    entries.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
}
