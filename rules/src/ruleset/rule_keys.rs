//! The keys and names that items may have.

use std::collections::HashMap;

use super::item::{Item, Report};
use crate::diagnostic::{Code, Diagnostic};

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

/// Warns of keys that mean nothing, and of keys given twice.
pub(super) fn warn_unknown(report: &mut Report<'_>, item: &Item<'_>, known: &[&str]) {
    let mut seen = HashMap::new();
    for (key, _) in item.node.mapping().unwrap_or_default() {
        let Some(name) = key.scalar().map(|scalar| scalar.text.as_str()) else { continue };
        let first = *seen.entry(name).or_insert(key.span);
        if known.contains(&name) {
            if first != key.span {
                let warning = Diagnostic::new(Code::DuplicateKey, format!("key `{name}` is given twice"));
                let warning = warning.with_label(first, "this one counts");
                report.push(warning.at(key.span).inside(item.context()));
            }
        } else {
            let warning = Diagnostic::new(Code::UnknownKey, format!("unknown key `{name}`, ignored"));
            let warning = warning.at(key.span).inside(item.context());
            report.push(match closest(name, known.iter().copied()) {
                Some(close) => warning.with_help(format!("did you mean `{close}`?")),
                None => warning.with_help(format!("keys are {}", known.join(", "))),
            });
        }
    }
}

/// Nobody mistypes longer names than this, and to compare them takes time that grows with the square of their length.
const MAX_COMPARED: usize = 100;

/// The name most like `name`, if one is like it at all.
pub(crate) fn closest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > MAX_COMPARED {
        return None;
    }
    let (likeness, closest) = names
        .filter(|known| known.len() <= MAX_COMPARED)
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .max_by(|(a, known_a), (b, known_b)| a.total_cmp(b).then_with(|| known_b.cmp(known_a)))?;
    (likeness > 0.85).then_some(closest)
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
    fn the_closest_name_is_close() {
        assert_eq!(closest("conditon", RULE.iter().copied()), Some("condition"));
        assert_eq!(closest("xyz", RULE.iter().copied()), None);
    }

    #[test]
    fn names() {
        assert!(is_macro_name("a_1") && !is_macro_name("1a") && !is_macro_name("a-b") && !is_macro_name(""));
        assert!(is_list_name("a-b.c") && !is_list_name("a b") && !is_list_name("a=b"));
    }
}
