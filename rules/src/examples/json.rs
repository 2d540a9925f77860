//! YAML as JSON values, and JSON values merged: what the events of examples are made of.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use super::mistake::mistake;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::Node;

/// The value that a part of a file stands for. Scalars without quotes are numbers, truth values and null where they
/// look like it. What no JSON can say is a mistake, and left out.
pub(super) fn value(node: &Node, mistakes: &mut Vec<Diagnostic>) -> Value {
    if let Some(scalar) = node.scalar() {
        return if scalar.is_plain() { plain(&scalar.text) } else { Value::from(scalar.text.as_str()) };
    }
    if let Some(items) = node.sequence() {
        return items.iter().map(|item| value(item, mistakes)).collect();
    }
    if node.mapping().is_none() {
        return Value::Null;
    }
    let entries = entries(node, mistakes);
    Value::Object(entries.into_iter().map(|(key, node)| (key.to_owned(), value(node, mistakes))).collect())
}

/// Keys and values of a mapping. A key given twice is a mistake, and the first counts.
pub(super) fn entries<'n>(node: &'n Node, mistakes: &mut Vec<Diagnostic>) -> Vec<(&'n str, &'n Node)> {
    let mut entries = Vec::new();
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for (key, value) in node.mapping().unwrap_or_default() {
        let Some(name) = key.scalar().map(|scalar| scalar.text.as_str()) else {
            let message = format!("a key is a text, this is {}", key.describe());
            mistakes.push(mistake(message, key.span));
            continue;
        };
        if let Some(first) = seen.get(name) {
            let wrong = mistake(format!("key `{name}` is given twice"), key.span);
            mistakes.push(wrong.with_label(*first, "first here"));
        } else if name == "<<" {
            let wrong = mistake("merge keys mean nothing in an event", key.span);
            mistakes.push(wrong.with_help("name a base event under `event`, and what differs under `patch`"));
        } else {
            seen.insert(name, key.span);
            entries.push((name, &**value));
        }
    }
    entries
}

fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => text.parse::<Number>().map_or_else(|_| Value::from(text), Value::Number),
    }
}

/// A JSON merge patch (RFC 7396): null takes away, objects merge, all else replaces.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(entries) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(object) = target else { return };
    for (key, value) in entries {
        if value.is_null() {
            object.remove(key);
        } else {
            merge(object.entry(key.as_str()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> (Value, Vec<String>) {
        let mut mistakes = Vec::new();
        let documents = crate::yaml::parse(text, 0).unwrap();
        let value = value(&documents[0], &mut mistakes);
        (value, mistakes.into_iter().map(|mistake| mistake.message).collect())
    }

    #[test]
    fn scalars_without_quotes_are_what_they_look_like() {
        let text = "[1, -2, 1.5, true, False, null, ~, '1', \"true\", 1.36.2, 0x10, 007, yes, x y]";
        let (value, mistakes) = read(text);
        let expected =
            json!([1, -2, 1.5, true, false, null, null, "1", "true", "1.36.2", "0x10", "007", "yes", "x y"]);
        assert_eq!((value, mistakes), (expected, Vec::<String>::new()));
    }

    #[test]
    fn what_json_cannot_say_is_a_mistake() {
        let (value, mistakes) = read("{a: 1, a: 2, [b]: 3, <<: {c: 4}, d: &d {e: 5}, f: *d}");
        assert_eq!(value, json!({"a": 1, "d": {"e": 5}, "f": {"e": 5}}));
        assert_eq!(
            mistakes,
            [
                "key `a` is given twice",
                "a key is a text, this is a list",
                "merge keys mean nothing in an event"
            ]
        );
    }

    /// The test cases of RFC 7396, appendix A.
    #[test]
    fn merges_as_the_rfc_shows() {
        for (target, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, expected, "{target} with {patch}");
        }
    }
}
