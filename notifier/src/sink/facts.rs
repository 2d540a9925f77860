//! What sinks ask an alert for by name: what every alert has, and its output fields.

use std::borrow::Cow;

use proto::alerts::v1::Alert;

use crate::falco::{self, Form};

/// What every alert is asked for, beside its output fields.
const NAMESPACE: &str = "ka.target.namespace";

/// What the alert says of `name`: one of `id`, `cluster`, `rule`, `priority`, `source`, `hostname`, `ruleset`, `tags` and
/// `namespace`, or an output field. `None` where it says nothing.
pub(crate) fn fact(alert: &Alert, name: &str) -> Option<String> {
    let text = match name {
        "id" => Cow::Borrowed(alert.id.as_str()),
        "cluster" => Cow::Borrowed(alert.cluster.as_str()),
        "rule" => Cow::Borrowed(alert.rule.as_str()),
        "priority" => Cow::Borrowed(falco::priority_name(alert)),
        "source" => Cow::Borrowed(alert.source.as_str()),
        "hostname" => Cow::Borrowed(alert.hostname.as_str()),
        "ruleset" => Cow::Borrowed(alert.ruleset.as_str()),
        "tags" => Cow::Owned(alert.tags.join(",")),
        "namespace" => return output_field(alert, NAMESPACE),
        field => return output_field(alert, field),
    };
    Some(text.into_owned()).filter(|text| !text.is_empty())
}

/// The output fields that say something, as text, by name.
pub(crate) fn output_fields(alert: &Alert) -> impl Iterator<Item = (&str, String)> {
    let all = falco::fields(alert, Form::Plain).into_iter();
    all.filter_map(|(name, value)| Some((name, value.shown()?.into_owned())))
}

fn output_field(alert: &Alert, wanted: &str) -> Option<String> {
    output_fields(alert).find(|(name, text)| *name == wanted && !text.is_empty()).map(|(_, text)| text)
}

/// A name of letters, digits and `_` that does not begin with a digit, as Prometheus wants it; `None` where nothing is
/// left of it. Names that begin with `__` are for others.
pub(crate) fn safe_name(name: &str) -> Option<String> {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        let character = if character.is_ascii_alphanumeric() { character } else { '_' };
        if character != '_' || !(safe.is_empty() || safe.ends_with('_')) {
            safe.push(character);
        }
    }
    let safe = safe.trim_end_matches('_');
    match safe.chars().next() {
        None => None,
        Some(first) if first.is_ascii_digit() => Some(format!("_{safe}")),
        Some(_) => Some(safe.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    #[test]
    fn facts_are_asked_for_by_name() {
        let known = |name: &str| fact(&alert(), name);
        assert_eq!(known("rule").unwrap(), "Attach to pod");
        assert_eq!(known("tags").unwrap(), "k8s,mitre_execution");
        assert_eq!(known("ka.user.name").unwrap(), "alice");
        assert_eq!(known("evt.time").unwrap(), "1540476552581541000");
        assert_eq!((known("namespace"), known("ka.nothing")), (None, None));
        let shown: Vec<(String, String)> =
            output_fields(&every_kind_of_field()).map(|(name, text)| (name.to_owned(), text)).collect();
        let expected = [
            ("b.bool", "true"),
            ("c.signed", "-5"),
            ("d.unsigned", "18446744073709551615"),
            ("e.list", r#"["x","","ü"]"#),
        ];
        let rest = [("f.empty", "[]"), ("g.text", "\t\"\\ü")];
        let expected: Vec<(String, String)> = expected
            .iter()
            .chain(&rest)
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn names_are_made_safe() {
        for (name, safe) in [
            ("ka.uri.param[command]", Some("ka_uri_param_command")),
            ("__name__", Some("name")),
            ("9lives", Some("_9lives")),
            ("a..b", Some("a_b")),
            ("ü", None),
            ("", None),
        ] {
            assert_eq!(safe_name(name).as_deref(), safe, "{name}");
        }
    }
}
