//! What a window of a group has come to, as one alert.

use std::time::Duration;

use bus::Id;
use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Summary, Value};
use proto::notifier::v1::{Group, Part};
use service::units::Span;

use crate::falco;

const SECOND: u64 = 1_000_000_000;

/// The alert itself where there was one; else one that says how many there were, since when, and which were the first.
pub(super) fn of(group: &Group, summary: &Summary, now: u64) -> Alert {
    let first = group.first.clone().unwrap_or_default();
    if summary.count <= 1 {
        return first;
    }
    let length =
        now.min(group.due_unix_nanos.max(group.began_unix_nanos)).saturating_sub(group.began_unix_nanos);
    Alert {
        id: id(group, summary).to_string(),
        tags: first.tags,
        message: message(group, summary, &first.rule, length),
        fields: fields(group, summary),
        time_unix_nanos: summary.last_unix_nanos,
        summary: Some(summary.clone()),
        ..first
    }
}

/// The same for whoever ends the window.
fn id(group: &Group, summary: &Summary) -> Id {
    let key = group.key.iter().flat_map(|part| [part.name.as_bytes(), part.value.as_bytes()]);
    let first = summary.examples.first().map_or("", |example| example.id.as_str());
    let window = group.window.to_le_bytes();
    let own: [&[u8]; 4] = [b"summary", group.sink.as_bytes(), first.as_bytes(), &window];
    Id::of(own.into_iter().chain(key))
}

fn message(group: &Group, summary: &Summary, rule: &str, length: u64) -> String {
    let what = if group.several_rules { "alerts of several rules" } else { rule };
    let key: Vec<String> = group.key.iter().filter(|part| part.name != "alert.rule").map(pair).collect();
    let key = if key.is_empty() { String::new() } else { format!(" ({})", key.join(" ")) };
    let examples: Vec<&str> = summary.examples.iter().map(|example| example.message.as_str()).collect();
    format!(
        "{what} ×{} in {}{key}, first {}, last {}; for example: {}",
        summary.count,
        Span::new(Duration::from_secs(length.div_ceil(SECOND).max(1))),
        falco::timestamp(summary.first_unix_nanos).strftime("%T"),
        falco::timestamp(summary.last_unix_nanos).strftime("%T"),
        examples.join("; "),
    )
}

fn pair(part: &Part) -> String {
    format!("{}={}", part.name, part.value)
}

/// The fields that all of them have in common, and how many they are. What belongs to the alert itself is no output field.
fn fields(group: &Group, summary: &Summary) -> Vec<Field> {
    let text = |name: &str, text: String| field(name, Kind::Text(text));
    let common = group.key.iter().filter(|part| !part.name.starts_with("alert."));
    let mut fields: Vec<Field> = common.map(|part| text(&part.name, part.value.clone())).collect();
    fields.push(field("saker.count", Kind::Unsigned(summary.count)));
    for (name, nanos) in [("saker.first", summary.first_unix_nanos), ("saker.last", summary.last_unix_nanos)]
    {
        fields.push(text(name, falco::iso(nanos)));
    }
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    fields
}

fn field(name: &str, kind: Kind) -> Field {
    Field { name: name.to_owned(), value: Some(Value { kind: Some(kind) }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::numbered;
    use crate::tally::Tally;

    #[test]
    fn it_says_how_many_since_when_and_which() {
        let mut tally = Tally::default();
        assert!((1..=37).all(|number| tally.count(&numbered(number * SECOND))));
        let part = |name: &str, value: &str| Part { name: name.into(), value: value.into() };
        let group = Group {
            sink: "ops".into(),
            first: Some(numbered(SECOND)),
            key: vec![part("alert.rule", "Attach to pod"), part("ka.target.namespace", "web")],
            due_unix_nanos: 300 * SECOND,
            ..Group::default()
        };
        let alert = of(&group, tally.summary(), 400 * SECOND);
        insta::assert_snapshot!(alert.message, @"Attach to pod ×37 in 5m (ka.target.namespace=web), first 00:00:01, last 00:00:37; for example: alert 1000000000; alert 2000000000; alert 3000000000");
        insta::assert_snapshot!(falco::json(&alert, falco::Form::Plain), @r#"{"hostname":"vm","output":"00:00:37.000000000: Warning Attach to pod ×37 in 5m (ka.target.namespace=web), first 00:00:01, last 00:00:37; for example: alert 1000000000; alert 2000000000; alert 3000000000","output_fields":{"ka.target.namespace":"web","saker.count":37,"saker.first":"1970-01-01T00:00:01.000000000Z","saker.last":"1970-01-01T00:00:37.000000000Z"},"priority":"Warning","rule":"Attach to pod","source":"k8s_audit","tags":["k8s","mitre_execution"],"time":"1970-01-01T00:00:37.000000000Z"}"#);
        assert_eq!(of(&group, tally.summary(), 500 * SECOND).id, alert.id, "whoever ends the window");
        assert_ne!(of(&Group { window: 1, ..group }, tally.summary(), 400 * SECOND).id, alert.id);
    }
}
