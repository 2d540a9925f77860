//! What there is in rule files, by name.

use std::collections::BTreeSet;
use std::fmt;

use crate::source::SourceFile;
use crate::yaml::{self, Node};

/// The keys that say of what kind an item is; the first that is there decides.
const KINDS: [&str; 5] = ["required_engine_version", "required_plugin_versions", "list", "macro", "rule"];

/// The names of rules, macros and lists, each once however often it is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Names of rules.
    pub rules: BTreeSet<String>,
    /// Names of macros.
    pub macros: BTreeSet<String>,
    /// Names of lists.
    pub lists: BTreeSet<String>,
}

impl Inventory {
    /// Of all these files. What cannot be read is not in it.
    pub fn of(files: &[SourceFile]) -> Self {
        let mut inventory = Self::default();
        for (index, file) in files.iter().enumerate() {
            let documents = yaml::parse(&file.text, index).unwrap_or_default();
            let items = documents.iter().filter_map(|document| document.sequence()).flatten();
            items.for_each(|item| inventory.add(item));
        }
        inventory
    }

    fn add(&mut self, item: &Node) {
        let Some(kind) = KINDS.into_iter().find(|kind| item.get(kind).is_some()) else { return };
        let names = match kind {
            "rule" => &mut self.rules,
            "macro" => &mut self.macros,
            "list" => &mut self.lists,
            _ => return,
        };
        names.extend(item.get(kind).and_then(Node::scalar).map(|name| name.text.clone()));
    }
}

/// `12 rules, 1 macro`; what there is none of is not named.
impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [("rule", self.rules.len()), ("macro", self.macros.len()), ("list", self.lists.len())];
        let counted = counts.into_iter().filter(|(_, count)| *count > 0);
        let counted: Vec<_> = counted
            .map(|(word, count)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
            .collect();
        f.write_str(if counted.is_empty() { "no rules" } else { "" })?;
        f.write_str(&counted.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(texts: &[&str]) -> Inventory {
        let file = |text: &&str| SourceFile { name: String::new(), text: (*text).to_owned() };
        Inventory::of(&texts.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn names_count_once() {
        let first = "- rule: a\n- rule: b\n- macro: a\n---\n- rule: a\n  append: true\n";
        let found = inventory(&[first, "- rule: c\n- list: l\n  rule: no\n- required_engine_version: 1\n"]);
        assert_eq!(found.to_string(), "3 rules, 1 macro, 1 list");
        assert!(found.lists.contains("l") && !found.rules.contains("no"));
    }

    #[test]
    fn nothing_is_no_rules() {
        assert_eq!(inventory(&["# to do\n"]).to_string(), "no rules");
    }

    #[test]
    fn what_is_no_item_does_not_count() {
        let found = inventory(&["", "rule: a", "- [a]\n- rule: [b]\n- x: y\n", "- rule: [", "- rule: z\n"]);
        assert_eq!(found.to_string(), "1 rule");
    }
}
