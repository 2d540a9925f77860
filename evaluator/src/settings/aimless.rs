//! Settings that mean no rule at all: a name that is misspelt, or a rule that is gone.

use rules::{AppendOutput, Options, Rule, Selection, SelectionAction, Selector};

/// A warning for each setting that means none of the rules.
pub(crate) fn warnings(options: &Options, rules: &[Rule]) -> Vec<String> {
    let aimless = |selection: &&Selection| !rules.iter().any(|rule| selection.means(&rule.name, &rule.tags));
    let selections = options.selections.iter().filter(aimless).map(|Selection { action, selector }| {
        let verb = match action {
            SelectionAction::Enable => "enable",
            SelectionAction::Disable => "disable",
        };
        match selector {
            Selector::Rule(name) => format!("there is no rule `{name}` to {verb}"),
            Selector::Tag(tag) => format!("there is no rule with the tag `{tag}` to {verb}"),
        }
    });
    let unknown = |name: &&String| !rules.iter().any(|rule| rule.name == **name);
    let named = options.append_output.iter().filter_map(|AppendOutput { rule, .. }| rule.as_ref());
    let outputs = named.filter(unknown).map(|name| format!("there is no rule `{name}` to append output to"));
    selections.chain(outputs).map(|text| format!("warning: {text}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_no_rule_is_named() {
        let rule = Rule {
            name: "Attach".into(),
            priority: rules::Priority::Notice,
            source: "k8s_audit".into(),
            tags: vec!["k8s".into()],
            description: "d".into(),
            enabled: true,
        };
        let select = |action, selector| Selection { action, selector };
        let options = Options {
            selections: vec![
                select(SelectionAction::Disable, Selector::Rule("*".into())),
                select(SelectionAction::Enable, Selector::Tag("k8s".into())),
                select(SelectionAction::Disable, Selector::Rule("Atach*".into())),
                select(SelectionAction::Enable, Selector::Tag("k8".into())),
            ],
            append_output: vec![
                AppendOutput { rule: Some("Attach".into()), ..AppendOutput::default() },
                AppendOutput { rule: Some("Attached".into()), ..AppendOutput::default() },
                AppendOutput::default(),
            ],
            ..Options::default()
        };
        let expected = [
            "warning: there is no rule `Atach*` to disable",
            "warning: there is no rule with the tag `k8` to enable",
            "warning: there is no rule `Attached` to append output to",
        ];
        assert_eq!(warnings(&options, &[rule]), expected);
    }
}
