//! What a file that is no rules file probably is.

use crate::yaml::Node;

/// A kind of file with the keys that give it away: one of them is enough.
const KINDS: &[(&[&str], &str)] = &[
    (&["logsource", "detection"], "this looks like a Sigma rule; Sigma rules have to be translated first"),
    (
        &["rules_file", "rules_files", "load_plugins", "plugins", "json_output", "engine"],
        "this looks like falco.yaml; the rules are in the files it names under `rules_files`",
    ),
    (
        &["customRules", "falco", "falcosidekick"],
        "this looks like the values of a Helm chart; the rules are the texts under `customRules`",
    ),
    (
        &["evaluator", "ingest", "notifier", "bus"],
        "these look like the settings of Saker; the rules are in the files it names under `evaluator.rules`",
    ),
    (&["rule", "macro", "list"], "each item starts with a dash: `- rule: …`"),
    (
        &["rules", "macros", "lists"],
        "there is no key above the items: the file starts with the first `- rule: …`, at the left margin",
    ),
];

/// What to do with a mapping where rules should be.
pub(super) fn advice(node: &Node) -> &'static str {
    if let Some(advice) = kubernetes(node) {
        return advice;
    }
    let kind = KINDS.iter().find(|(keys, _)| keys.iter().any(|key| node.get(key).is_some()));
    kind.map_or("each item starts with a dash: `- rule: …`", |(_, advice)| *advice)
}

/// Whether a mapping is something of Kubernetes', and what.
pub(super) fn kubernetes(node: &Node) -> Option<&'static str> {
    let text = |key| node.get(key).and_then(Node::scalar).map(|scalar| scalar.text.as_str());
    let kind = text("kind")?;
    Some(match (kind, text("apiVersion").unwrap_or_default()) {
        ("Event" | "EventList", version) if version.starts_with("audit.k8s.io/") || version.is_empty() => {
            "these are audit events, not rules; rules are held against them"
        }
        ("Policy", version) if version.starts_with("audit.k8s.io/") => {
            "this is an audit policy: it belongs to the API server, and says which events there are"
        }
        ("ConfigMap", _) => "this is a ConfigMap; the rules are the texts under its `data`",
        _ => "this is a manifest of Kubernetes, not a list of rules",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn files_that_people_mistake_for_rules() {
        for (text, word) in [
            ("{kind: EventList, apiVersion: audit.k8s.io/v1, items: []}", "audit events"),
            ("{kind: Policy, apiVersion: audit.k8s.io/v1, rules: []}", "audit policy"),
            ("{kind: ConfigMap, apiVersion: v1}", "`data`"),
            ("{kind: Pod, apiVersion: v1}", "manifest"),
            ("{title: x, logsource: {}}", "Sigma"),
            ("{rules_files: [], plugins: []}", "falco.yaml"),
            ("{customRules: {}}", "Helm"),
            ("{evaluator: {}}", "settings"),
            ("{rule: A}", "dash"),
            ("{rules: []}", "left margin"),
            ("{x: y}", "dash"),
        ] {
            let documents = parse(text, 0).unwrap();
            assert!(advice(documents.first().unwrap()).contains(word), "{text}");
        }
    }
}
