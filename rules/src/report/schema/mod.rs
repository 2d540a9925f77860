//! Where a file departs from the schema that Falco keeps beside its loader, in the words of valijson, the library it
//! holds files against it with. The schema is stricter than loading in places and looser in others, and decides nothing.

mod falco;

use falco::{Object, RULES, Schema};

use crate::yaml::{self, Node};

/// A file may be wrong in each of its values, which nobody reads to the end.
const MOST: usize = 1_000;

const WRONG_TYPE: &str = "Value type not permitted by 'type' constraint.";
const NO_ENUM_VALUE: &str = "Failed to match against any enum values.";

/// The departures of all documents, the innermost first; nothing if the text is no YAML.
pub(super) fn departures(text: &str) -> Option<Vec<String>> {
    let documents = yaml::parse(text, 0).ok()?;
    let mut departures = Departures(Vec::new());
    for document in &documents {
        departures.check(document, &RULES, "<root>");
    }
    Some(departures.0)
}

struct Departures(Vec<String>);

impl Departures {
    fn add(&mut self, path: &str, what: impl std::fmt::Display) {
        if self.0.len() < MOST {
            self.0.push(format!("failed for {path}: {what}"));
        }
    }

    /// Whether the node is as it should be.
    fn check(&mut self, node: &Node, schema: &Schema, path: &str) -> bool {
        let text = node.scalar().map(|scalar| scalar.text.as_str());
        let (fits, otherwise) = match schema {
            // Whatever stands in YAML is a text to the library.
            Schema::Text | Schema::Anything => return true,
            Schema::Boolean => (matches!(text, Some("true" | "false")), WRONG_TYPE),
            Schema::Integer => (text.is_some_and(is_integer), WRONG_TYPE),
            Schema::OneOf(words) => (text.is_some_and(|text| words.contains(&text)), NO_ENUM_VALUE),
            Schema::List(element) => match node.sequence() {
                Some(elements) => return self.elements(elements, element, path),
                None => (false, WRONG_TYPE),
            },
            Schema::Object(object) => match node.mapping() {
                Some(pairs) => return self.object(node, object, pairs.len(), path),
                None => (false, WRONG_TYPE),
            },
        };
        if !fits {
            self.add(path, otherwise);
        }
        fits
    }

    fn elements(&mut self, elements: &[std::rc::Rc<Node>], schema: &Schema, path: &str) -> bool {
        let mut valid = true;
        for (index, element) in elements.iter().enumerate() {
            if !self.check(element, schema, &format!("{path}[{index}]")) {
                self.add(path, format_args!("Failed to validate item #{index} in array."));
                valid = false;
            }
        }
        valid
    }

    fn object(&mut self, node: &Node, object: &Object, size: usize, path: &str) -> bool {
        let mut valid = true;
        if size < object.least {
            self.add(path, format_args!("Object should have no fewer than {} properties.", object.least));
            valid = false;
        }
        let mut known = 0;
        for (name, schema) in object.properties {
            let Some(value) = node.get(name) else { continue };
            known += 1;
            if !self.check(value, schema, &format!("{path}[{name}]")) {
                let failed = "Failed to validate against schema associated with property name";
                self.add(path, format_args!("{failed} '{name}'."));
                valid = false;
            }
        }
        // A key that is given twice counts twice, but has no name that is not known.
        if known != size {
            let unwanted = unwanted(node, object);
            let failed = "Object contains a property that could not be validated using 'properties' or \
                          'additionalProperties' constraints";
            self.add(path, format_args!("{failed}: '{unwanted}'."));
            valid = false;
        }
        for name in object.required.iter().filter(|name| node.get(name).is_none()) {
            self.add(path, format_args!("Missing required property '{name}'."));
            valid = false;
        }
        valid
    }
}

/// The first key that means nothing.
fn unwanted<'n>(node: &'n Node, object: &Object) -> &'n str {
    let mut names = node.mapping().unwrap_or_default().iter().map(|(key, _)| match key.scalar() {
        Some(scalar) => scalar.text.as_str(),
        None if key.is_null() => "null",
        None => "",
    });
    names.find(|name| object.properties.iter().all(|(known, _)| known != name)).unwrap_or_default()
}

fn is_integer(text: &str) -> bool {
    text.trim_ascii_start().parse::<i64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        departures(text).unwrap().join("\n")
    }

    #[test]
    fn a_rule_as_it_should_be() {
        let rule = "- rule: R\n  desc: d\n  condition: c\n  output: [not, looked, at]\n  priority: INFORMATIONAL\n  \
                    tags: [a, 1]\n  enabled: false\n  capture_duration: 5\n  exceptions: [{name: n, fields: 1, comps: \
                    {}}]\n- list: l\n  items: [1, a, ]\n  override: {items: append}\n- required_plugin_versions: \
                    [{name: a, version: 1, alternatives: [{name: b, version: 2}]}]\n";
        assert_eq!(told(rule), "");
    }

    #[test]
    fn values_of_other_types() {
        insta::assert_snapshot!(told("- rule: R\n  enabled: yes\n  capture_duration: 1.5\n  tags: a\n"), @r"
        failed for <root>[0][capture_duration]: Value type not permitted by 'type' constraint.
        failed for <root>[0]: Failed to validate against schema associated with property name 'capture_duration'.
        failed for <root>[0][enabled]: Value type not permitted by 'type' constraint.
        failed for <root>[0]: Failed to validate against schema associated with property name 'enabled'.
        failed for <root>[0][tags]: Value type not permitted by 'type' constraint.
        failed for <root>[0]: Failed to validate against schema associated with property name 'tags'.
        failed for <root>: Failed to validate item #0 in array.
        ");
    }

    #[test]
    fn keys_too_few_and_too_many() {
        let text = "- rule: R\n  override: {}\n  exceptions: [{nam: x, values: []}]\n  rule: S\n- a\n";
        insta::assert_snapshot!(told(text), @r"
        failed for <root>[0][exceptions][0]: Object contains a property that could not be validated using 'properties' or 'additionalProperties' constraints: 'nam'.
        failed for <root>[0][exceptions][0]: Missing required property 'name'.
        failed for <root>[0][exceptions]: Failed to validate item #0 in array.
        failed for <root>[0]: Failed to validate against schema associated with property name 'exceptions'.
        failed for <root>[0][override]: Object should have no fewer than 1 properties.
        failed for <root>[0]: Failed to validate against schema associated with property name 'override'.
        failed for <root>[0]: Object contains a property that could not be validated using 'properties' or 'additionalProperties' constraints: ''.
        failed for <root>: Failed to validate item #0 in array.
        failed for <root>[1]: Value type not permitted by 'type' constraint.
        failed for <root>: Failed to validate item #1 in array.
        ");
    }

    #[test]
    fn each_document_is_looked_at() {
        insta::assert_snapshot!(told("a: b\n---\n- override: {condition: appends}\n"), @r"
        failed for <root>: Value type not permitted by 'type' constraint.
        failed for <root>[0][override][condition]: Failed to match against any enum values.
        failed for <root>[0][override]: Failed to validate against schema associated with property name 'condition'.
        failed for <root>[0]: Failed to validate against schema associated with property name 'override'.
        failed for <root>: Failed to validate item #0 in array.
        ");
        assert_eq!(told("# nothing\n"), "");
        assert_eq!(departures("- ["), None);
    }

    #[test]
    fn departures_are_bounded() {
        assert_eq!(departures(&"- x\n".repeat(5_000)).unwrap().len(), MOST);
    }

    #[test]
    fn integers() {
        for text in ["1", "-1", "+1", " 1", "007"] {
            assert!(is_integer(text), "{text}");
        }
        for text in ["", "1.0", "0x1", "1 ", "99999999999999999999"] {
            assert!(!is_integer(text), "{text}");
        }
    }
}
