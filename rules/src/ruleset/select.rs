//! Which rules are evaluated, in which order, and what options add to their outputs.

use super::collection::Rule;
use super::resolved::ResolvedRule;
use crate::options::{AppendOutput, ExtraField, Options, Selection, SelectionAction, Selector};

/// The rules that are evaluated, in order: those their files enable, in order of definition, then those that
/// selections turn on. Rules that are not grave enough are out whatever selections say.
pub(super) fn active(rules: &[ResolvedRule], options: &Options) -> Vec<usize> {
    let eligible = |rule: &ResolvedRule| rule.priority <= options.minimum_priority;
    let mut active: Vec<usize> =
        (0..).zip(rules).filter(|(_, rule)| rule.enabled && eligible(rule)).map(|(index, _)| index).collect();
    for selection in &options.selections {
        let selected: Vec<usize> = (0..)
            .zip(rules)
            .filter(|(_, rule)| eligible(rule) && selection.means(&rule.name, &rule.tags))
            .map(|(index, _)| index)
            .collect();
        match selection.action {
            SelectionAction::Disable => active.retain(|index| !selected.contains(index)),
            SelectionAction::Enable => {
                let new: Vec<_> = selected.into_iter().filter(|index| !active.contains(index)).collect();
                active.extend(new);
            }
        }
    }
    active
}

/// What options add to the output and the fields of a rule.
pub(super) fn additions(rule: &Rule, options: &Options) -> (Vec<String>, Vec<ExtraField>) {
    let meant: Vec<_> = options.append_output.iter().filter(|addition| addition.means(rule)).collect();
    let outputs = meant.iter().filter_map(|addition| addition.extra_output.clone()).collect();
    let fields = meant.iter().flat_map(|addition| addition.extra_fields.clone()).collect();
    (outputs, fields)
}

impl Selection {
    /// Whether it means a rule of this name that carries these tags.
    pub fn means(&self, name: &str, tags: &[String]) -> bool {
        match &self.selector {
            Selector::Rule(pattern) => matches(pattern, name),
            Selector::Tag(tag) => tags.contains(tag),
        }
    }
}

impl AppendOutput {
    fn means(&self, rule: &Rule) -> bool {
        self.source.as_ref().is_none_or(|source| *source == rule.source)
            && self.rule.as_ref().is_none_or(|name| *name == rule.name)
            && self.tags.iter().all(|tag| rule.tags.contains(tag))
    }
}

/// Whether a name matches a pattern in which `*` stands for any text. As in Falco each text between stars is looked
/// for once, from the left, and never again: `*a` does not match `aba`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let literals = rest.split('*').filter(|literal| !literal.is_empty());
    for literal in literals {
        let Some((_, behind)) = name.split_once(literal) else { return false };
        name = behind;
    }
    name.is_empty() || rest.is_empty() || rest.ends_with('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_filled_from_the_left() {
        for (pattern, name) in
            [("*", ""), ("*", "x"), ("De*", "Delete"), ("*te", "Delete"), ("D*l*e", "Dle"), ("a", "a")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("De", "Delete"), ("*a", "aba"), ("*x*", "abc"), ("D*lx", "Delete"), ("", "x")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
