//! The events that examples start from, by name: those that come with the product, and those of a file.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::json::{entries, merge, value};
use super::mistake::mistake;
use crate::diagnostic::Diagnostic;
use crate::yaml::{self, Node};

/// The name of what underlies all base events.
const COMMON: &str = "common";

/// Events by name, and what underlies them all.
#[derive(Debug, Clone)]
pub struct BaseEvents {
    common: Value,
    /// Each without what underlies it.
    events: BTreeMap<String, Value>,
}

impl BaseEvents {
    /// Those that come with the product.
    #[must_use]
    pub fn builtin() -> Self {
        let none = Self { common: Value::Object(Map::new()), events: BTreeMap::new() };
        // A test holds the file against all that could be wrong with it.
        let documents =
            yaml::parse(include_str!("../../ruleset/examples/events.yaml"), 0).unwrap_or_default();
        documents.first().map_or_else(|| none.clone(), |document| none.and(document, &mut Vec::new()))
    }

    /// These and those that a file adds: what it gives under a name takes the place of what was there, and its
    /// `common` is merged over the common of these.
    pub(super) fn and(&self, node: &Node, mistakes: &mut Vec<Diagnostic>) -> Self {
        let mut both = self.clone();
        if node.mapping().is_none() {
            let message = format!("`events` is a mapping of names to events, this is {}", node.describe());
            mistakes.push(mistake(message, node.span).with_help("`events: {my-event: {verb: get}}`"));
        }
        for (name, node) in entries(node, mistakes) {
            if node.mapping().is_none() {
                let message = format!("a base event is a mapping, this is {}", node.describe());
                mistakes.push(mistake(message, node.span));
                continue;
            }
            let event = value(node, mistakes);
            if name == COMMON {
                merge(&mut both.common, &event);
            } else {
                both.events.insert(name.to_owned(), event);
            }
        }
        both
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }

    /// The whole event of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        if name == COMMON {
            return Some(self.common.clone());
        }
        self.events.get(name).map(|event| self.complete(event))
    }

    /// An event over what underlies all: whatever it leaves out is filled in.
    pub(super) fn complete(&self, event: &Value) -> Value {
        let mut whole = self.common.clone();
        merge(&mut whole, event);
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Tape};
    use serde_json::json;

    #[test]
    fn those_that_come_along_are_events_without_mistakes() {
        let text = include_str!("../../ruleset/examples/events.yaml");
        let documents = yaml::parse(text, 0).unwrap();
        let mut mistakes = Vec::new();
        let empty = BaseEvents { common: json!({}), events: BTreeMap::new() };
        empty.and(&documents[0], &mut mistakes);
        assert_eq!((documents.len(), mistakes), (1, Vec::new()));
        let events = BaseEvents::builtin();
        assert!(events.names().count() > 30);
        for name in events.names() {
            let text = events.get(name).unwrap().to_string();
            assert!(Event::read(text.as_bytes(), &mut Tape::default()).is_ok(), "{name}: {text}");
        }
    }

    #[test]
    fn a_file_adds_and_replaces() {
        let text = "{common: {verb: watch, user: {username: eve}}, exec: {verb: get}, mine: {level: null}}";
        let events = BaseEvents::builtin().and(&yaml::parse(text, 0).unwrap()[0], &mut Vec::new());
        let get = |name: &str, pointer: &str| events.get(name).unwrap().pointer(pointer).cloned();
        assert_eq!(get("exec", "/verb"), Some(json!("get")));
        assert_eq!(get("exec", "/objectRef"), None, "another event of that name");
        assert_eq!(get("get-pod", "/user/username"), Some(json!("eve")), "common underlies all");
        assert_eq!(get("mine", "/verb"), Some(json!("watch")));
        assert_eq!(get("mine", "/kind"), Some(json!("Event")));
        assert_eq!(get("mine", "/level"), None);
        assert!(events.get("yours").is_none());
    }
}
