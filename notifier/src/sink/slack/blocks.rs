//! A message of Slack in blocks: a heading, the text, the fields two by two, and where it comes from
//! (<https://docs.slack.dev/reference/block-kit/blocks>).

use proto::alerts::v1::Alert;
use serde_json::{Value, json};

use super::markup::escaped;
use super::{Slack, SlackFormat};
use crate::falco;
use crate::shown::Shown;
use crate::sink::cut::within;
use crate::sink::facts::output_fields;

/// Characters of a heading.
const LONGEST_HEADING: usize = 150;
/// Characters of a section's text: Slack takes 3000, some of them for the mark.
const LONGEST_TEXT: usize = 2_950;
/// Characters of a field: Slack takes 2000, name and mark among them.
const LONGEST_VALUE: usize = 1_600;
const LONGEST_NAME: usize = 300;
/// Fields of a section.
const MOST_FIELDS: usize = 10;
/// Sections of fields: Slack takes 50 blocks, and nobody reads so many.
const MOST_SECTIONS: usize = 10;

/// The blocks that show the alert.
pub(super) fn blocks(slack: &Slack, shown: &Shown<'_>) -> Vec<Value> {
    let alert = shown.alert;
    let heading = format!("{}: {}", falco::priority_name(alert), alert.rule);
    let mut blocks = vec![json!({
        "type": "header",
        "text": {"type": "plain_text", "text": within(&heading, LONGEST_HEADING), "emoji": false},
    })];
    if slack.format != SlackFormat::Fields {
        blocks.push(section(&shown.text()));
    }
    if slack.format != SlackFormat::Text {
        let fields: Vec<Value> = output_fields(alert).map(|(name, value)| field(name, &value)).collect();
        let sections = fields.chunks(MOST_FIELDS).take(MOST_SECTIONS);
        blocks.extend(sections.map(|fields| json!({"type": "section", "fields": fields})));
    }
    blocks.push(context(slack, alert));
    blocks
}

/// An empty text is refused.
fn section(text: &str) -> Value {
    let text = if text.trim().is_empty() { "-".to_owned() } else { escaped(text, LONGEST_TEXT) };
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

fn field(name: &str, value: &str) -> Value {
    let text = format!("*{}*\n{}", escaped(name, LONGEST_NAME), escaped(value, LONGEST_VALUE));
    json!({"type": "mrkdwn", "text": text})
}

fn context(slack: &Slack, alert: &Alert) -> Value {
    let mut parts = vec![falco::time(alert), alert.source.clone()];
    parts.extend([&alert.cluster, &alert.hostname].into_iter().filter(|text| !text.is_empty()).cloned());
    if !alert.tags.is_empty() {
        parts.push(alert.tags.join(", "));
    }
    parts.extend(slack.footer.clone());
    json!({
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": escaped(&parts.join(" · "), LONGEST_VALUE)}],
    })
}
