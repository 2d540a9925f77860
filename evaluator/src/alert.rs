//! From a match to the alert that travels. Pure: who, where and when are arguments.

use bus::Id;
use proto::alerts::v1::{Alert, Field, Priority, TextList, TimeFormat, Value, value::Kind};
use rules::{Evaluation, Match, Rule};

/// Where an event came from, and what judges it.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Name of the cluster that the event came from.
    pub cluster: &'a str,
    /// When ingest had received it, in nanoseconds since the Unix epoch.
    pub received_unix_nanos: u64,
    /// Digest of the ruleset.
    pub ruleset: &'a str,
    /// Name of the host that evaluates it.
    pub hostname: &'a str,
}

/// The alerts for what an evaluation found in the event of this identity: its digest, or its bytes where it has none.
/// `rules` are those of the program that evaluated it.
pub fn alerts(evaluation: Evaluation, identity: &[u8], rules: &[Rule], origin: Origin<'_>) -> Vec<Alert> {
    let Evaluation { time_unix_nanos, time_format: format, matches } = evaluation;
    let alert = |found: Match| {
        let rule = rules.get(found.rule)?;
        Some(Alert {
            id: id(origin.cluster, identity, &rule.name).to_string(),
            cluster: origin.cluster.to_owned(),
            ruleset: origin.ruleset.to_owned(),
            rule: rule.name.clone(),
            priority: priority(rule.priority).into(),
            source: rule.source.clone(),
            tags: rule.tags.clone(),
            message: found.message,
            fields: found.fields.into_iter().map(field).collect(),
            time_unix_nanos,
            hostname: origin.hostname.to_owned(),
            received_unix_nanos: origin.received_unix_nanos,
            time_format: time_format(format).into(),
            summary: None,
        })
    };
    matches.into_iter().filter_map(alert).collect()
}

/// The id of an alert: the same wherever and however often the event is evaluated, and however it was redacted.
pub fn id(cluster: &str, identity: &[u8], rule: &str) -> Id {
    Id::of([cluster.as_bytes(), identity, rule.as_bytes()])
}

fn field((name, value): (String, Option<rules::Value>)) -> Field {
    let kind = value.map(|value| match value {
        rules::Value::Text(text) => Kind::Text(text),
        rules::Value::Signed(number) => Kind::Signed(number),
        rules::Value::Unsigned(number) => Kind::Unsigned(number),
        rules::Value::Boolean(truth) => Kind::Boolean(truth),
        rules::Value::List(items) => Kind::List(TextList { items }),
    });
    Field { name, value: kind.map(|kind| Value { kind: Some(kind) }) }
}

fn time_format(format: rules::TimeFormat) -> TimeFormat {
    match format {
        rules::TimeFormat::Clock => TimeFormat::Unspecified,
        rules::TimeFormat::Iso8601 => TimeFormat::Iso8601,
    }
}

fn priority(priority: rules::Priority) -> Priority {
    match priority {
        rules::Priority::Emergency => Priority::Emergency,
        rules::Priority::Alert => Priority::Alert,
        rules::Priority::Critical => Priority::Critical,
        rules::Priority::Error => Priority::Error,
        rules::Priority::Warning => Priority::Warning,
        rules::Priority::Notice => Priority::Notice,
        rules::Priority::Informational => Priority::Informational,
        rules::Priority::Debug => Priority::Debug,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin<'_> =
        Origin { cluster: "prod", received_unix_nanos: 7, ruleset: "0123abcd", hostname: "vm" };

    fn rule(name: &str, priority: rules::Priority) -> Rule {
        Rule {
            name: name.into(),
            priority,
            source: "k8s_audit".into(),
            tags: vec!["k8s".into()],
            description: "d".into(),
            enabled: true,
        }
    }

    #[test]
    fn an_alert_says_what_the_match_and_its_rule_say() {
        let rules = [rule("A", rules::Priority::Debug), rule("B", rules::Priority::Warning)];
        let fields = vec![
            ("a".into(), None),
            ("b".into(), Some(rules::Value::Boolean(true))),
            ("c".into(), Some(rules::Value::List(vec!["x".into()]))),
            ("d".into(), Some(rules::Value::Signed(-1))),
            ("e".into(), Some(rules::Value::Text("t".into()))),
            ("f".into(), Some(rules::Value::Unsigned(u64::MAX))),
        ];
        let found = Match { rule: 1, message: "m".into(), fields };
        let evaluation =
            Evaluation { time_unix_nanos: -5, time_format: rules::TimeFormat::Iso8601, matches: vec![found] };
        insta::assert_debug_snapshot!(alerts(evaluation, b"{}", &rules, ORIGIN));
    }

    #[test]
    fn ids_come_from_cluster_event_and_rule() {
        let base = id("prod", b"{}", "A");
        assert_eq!(base, id("prod", b"{}", "A"));
        assert_ne!(base, id("test", b"{}", "A"));
        assert_ne!(base, id("prod", b"{} ", "A"));
        assert_ne!(base, id("prod", b"{}", "B"));
    }

    #[test]
    fn priorities_keep_their_names() {
        for own in rules::Priority::ALL {
            assert_eq!(priority(own).as_str_name(), format!("PRIORITY_{}", own.name().to_uppercase()));
        }
    }
}
