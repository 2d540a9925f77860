//! A message of Slack in the layout that users of falcosidekick know: an attachment with a bar in the colour of the
//! priority.

use std::borrow::Cow;

use proto::alerts::v1::{Alert, Priority};
use serde::Serialize;

use super::markup::escaped;
use super::{Slack, SlackFormat};
use crate::falco::{self, Form};
use crate::shown::Shown;
use crate::sink::cut::shortened;

/// Slack takes 40,000 characters of text in a message; some are left for the mark-up around it.
const LONGEST_TEXT: usize = 38_000;
/// A field beyond this is unreadable in a message.
const LONGEST_VALUE: usize = 2_000;
/// More fields than this are not shown.
const MOST_FIELDS: usize = 100;
/// A value under this many characters shares its row with another.
const SHORT: usize = 36;

/// The attachment that shows the alert.
pub(super) fn attachment(slack: &Slack, shown: &Shown<'_>) -> serde_json::Value {
    let Shown { alert, .. } = shown;
    let output = shown.text();
    let shows_fields = slack.format != SlackFormat::Text;
    let attachment = Attachment {
        text: (slack.format != SlackFormat::Fields).then(|| escaped(&output, LONGEST_TEXT)),
        fallback: shortened(&output, LONGEST_TEXT),
        color: color(alert.priority()),
        fields: if shows_fields { fields(alert) } else { Vec::new() },
        footer: slack.footer.as_deref().filter(|_| shows_fields),
    };
    serde_json::to_value(attachment).unwrap_or_default()
}

#[derive(Serialize)]
struct Attachment<'a> {
    fallback: Cow<'a, str>,
    color: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "Option::is_none")]
    footer: Option<&'a str>,
}

#[derive(Serialize)]
struct Field {
    title: String,
    value: String,
    short: bool,
}

/// What every alert has, then its output fields that are text by name, then its time.
fn fields(alert: &Alert) -> Vec<Field> {
    let always = [("rule", alert.rule.as_str()), ("priority", falco::priority_name(alert)), ("source", &alert.source)];
    let tags = alert.tags.join(", ");
    let sometimes = [("hostname", alert.hostname.as_str()), ("tags", &tags)].into_iter().filter(|(_, text)| !text.is_empty());
    let mut shown: Vec<Field> = always.into_iter().chain(sometimes).map(|(title, text)| field(title, text, true)).collect();
    let own = falco::fields(alert, Form::Extended).into_iter();
    let own = own.filter_map(|(name, value)| Some(field(name, value.as_text()?, is_short(value.as_text()?))));
    shown.extend(own.take(MOST_FIELDS));
    shown.push(field("time", &falco::timestamp(alert.time_unix_nanos).strftime("%F %T%.f +0000 UTC").to_string(), false));
    shown
}

fn field(title: &str, value: &str, short: bool) -> Field {
    Field { title: title.to_owned(), value: escaped(value, LONGEST_VALUE), short }
}

fn is_short(value: &str) -> bool {
    value.chars().count() < SHORT
}

fn color(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency | Priority::Error => "#e20b0b",
        Priority::Alert | Priority::Critical => "#ff5400",
        Priority::Warning => "#ffc700",
        Priority::Notice => "#5bffb5",
        Priority::Informational => "#68c2ff",
        Priority::Unspecified | Priority::Debug => "#ccfff2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_priority_has_its_color() {
        let colors: Vec<&str> = (1..=8).map(|priority| color(Priority::try_from(priority).unwrap())).collect();
        insta::assert_debug_snapshot!(colors);
    }
}
