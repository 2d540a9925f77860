//! The keys and names that items may have.

use std::collections::HashMap;

use super::item::{Item, Report};
use crate::diagnostic::{Code, Diagnostic};
use crate::nearest::closest;

/// What an item can be.
pub(super) const KINDS: &[&str] =
    &["rule", "macro", "list", "required_engine_version", "required_plugin_versions"];
pub(super) const EXCEPTION: &[&str] = &["name", "fields", "comps", "values"];
pub(super) const LIST: &[&str] = &["list", "items", "append", "override"];
pub(super) const MACRO: &[&str] = &["macro", "condition", "append", "override"];
pub(super) const RULE: &[&str] = &[
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "tags",
    "exceptions",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
    "append",
    "override",
];

/// Words that others have for a key.
const ALIASES: &[(&str, &str)] = &[
    ("severity", "priority"),
    ("level", "priority"),
    ("description", "desc"),
    ("message", "output"),
    ("filter", "condition"),
    ("expression", "condition"),
    ("disabled", "enabled"),
    ("values", "items"),
    ("overrides", "override"),
    ("operators", "comps"),
];

/// Warns of keys that mean nothing, and of keys given twice.
pub(super) fn warn_unknown(report: &mut Report<'_>, item: &Item<'_>, known: &[&str]) {
    warn_of_keys(report, item, known, Code::UnknownKey);
}

/// The same of an exception, whose keys Falco does not look at.
pub(super) fn warn_stray(report: &mut Report<'_>, item: &Item<'_>) {
    warn_of_keys(report, item, EXCEPTION, Code::StrayKey);
}

fn warn_of_keys(report: &mut Report<'_>, item: &Item<'_>, known: &[&str], code: Code) {
    let mut seen = HashMap::new();
    for (key, _) in item.node.mapping().unwrap_or_default() {
        let Some(name) = key.scalar().map(|scalar| scalar.text.as_str()) else { continue };
        let first = *seen.entry(name).or_insert(key.span);
        if known.contains(&name) {
            if first != key.span {
                let warning = Diagnostic::new(Code::DuplicateKey, format!("key `{name}` is given twice"));
                let warning = warning.with_label(first, "this one counts");
                let warning = warning.with_help("leave one of the two out");
                report.push(warning.at(key.span).inside(item.context()));
            }
        } else {
            let warning = Diagnostic::new(code, format!("unknown key `{name}`, ignored"));
            let warning = warning.at(key.span).inside(item.context());
            report.push(match meant(name, known) {
                Some(close) => warning.with_help(format!("did you mean `{close}`?")),
                None => warning.with_help(format!("keys are {}", known.join(", "))),
            });
        }
    }
}

/// The key that was probably meant.
pub(super) fn meant<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let alias = ALIASES.iter().find(|(alias, key)| *alias == name && known.contains(key));
    alias
        .and_then(|(_, key)| known.iter().copied().find(|known| known == key))
        .or_else(|| closest(name, known.iter().copied()))
}

/// Advice on a name that is not there, given the one that is most like it.
pub(super) fn earlier(close: Option<&str>) -> String {
    match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => "the file that defines it must be loaded first".to_owned(),
    }
}

/// Whether a macro of this name can be used.
pub(super) fn is_macro_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a list of this name can be used.
pub(super) fn is_list_name(name: &str) -> bool {
    !name.contains(|c| matches!(c, '(' | ')' | '"' | '\'' | '=' | ',' | ' ' | '\t'..='\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_was_meant() {
        assert_eq!(meant("conditon", RULE), Some("condition"));
        assert_eq!(meant("severity", RULE), Some("priority"));
        assert_eq!(meant("severity", LIST), None);
    }

    #[test]
    fn names() {
        assert!(is_macro_name("a_1") && !is_macro_name("1a") && !is_macro_name("a-b") && !is_macro_name(""));
        assert!(is_list_name("a-b.c") && !is_list_name("a b") && !is_list_name("a=b"));
    }
}
