//! A channel of Slack, by an incoming webhook; the message looks as users of falcosidekick know it.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use proto::alerts::v1::{Alert, Priority};
use serde::{Deserialize, Serialize};

use super::http::{Headers, Target};
use super::{Body, Connect, Failure, Rendered, SecretUrl, Sink, SinkError};
use crate::falco::{self, Form};
use crate::rate::Rate;
use crate::shown::Shown;

/// Slack takes 40,000 characters of text in a message; some are left for the mark-up around it.
const LONGEST_TEXT: usize = 38_000;
/// A field beyond this is unreadable in a message.
const LONGEST_VALUE: usize = 2_000;
/// More fields than this are not shown.
const MOST_FIELDS: usize = 100;
/// A value under this many characters shares its row with another.
const SHORT: usize = 36;

/// Settings of a `slack` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slack {
    /// The URL of the incoming webhook.
    pub webhook_url: SecretUrl,
    /// The channel, where the webhook leaves the choice.
    #[serde(default)]
    pub channel: Option<String>,
    /// Who the message is from.
    #[serde(default = "Slack::default_username")]
    pub username: Option<String>,
    /// The URL of the picture beside the message.
    #[serde(default)]
    pub icon: Option<String>,
    /// The line below the fields.
    #[serde(default)]
    pub footer: Option<String>,
    /// What is shown: `all`, `text` or `fields`.
    #[serde(default)]
    pub format: SlackFormat,
}

/// What a message shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlackFormat {
    /// The alert's text and its fields.
    #[default]
    All,
    /// Its text.
    Text,
    /// Its fields.
    Fields,
}

impl Slack {
    fn default_username() -> Option<String> {
        Some("Saker".to_owned())
    }

    fn message(&self, shown: &Shown<'_>) -> String {
        let Shown { alert, .. } = shown;
        let output = shown.text();
        let shows_fields = self.format != SlackFormat::Text;
        let message = Message {
            username: self.username.as_deref(),
            icon_url: self.icon.as_deref(),
            channel: self.channel.as_deref(),
            attachments: [Attachment {
                text: (self.format != SlackFormat::Fields).then(|| escaped(&output, LONGEST_TEXT)),
                fallback: shortened(&output, LONGEST_TEXT),
                color: color(alert.priority()),
                fields: if shows_fields { fields(alert) } else { Vec::new() },
                footer: self.footer.as_deref().filter(|_| shows_fields),
            }],
        };
        serde_json::to_string(&message).unwrap_or_default()
    }
}

impl Connect for Slack {
    const RATE: Option<Rate> = Some(Rate::per_second(1));
    const TAKES_BODY: bool = true;

    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let target = Target::new(&self.webhook_url, &Headers::default())?;
        Ok(Arc::new(Connected { settings: self.clone(), target }))
    }
}

struct Connected {
    settings: Slack,
    target: Target,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        self.settings.message(shown).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            self.target.post(alert).await?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
    attachments: [Attachment<'a>; 1],
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

/// The text, or as much of it as `longest` characters hold, with a mark that says how much is missing.
fn shortened(text: &str, longest: usize) -> Cow<'_, str> {
    let Some((end, _)) = text.char_indices().nth(longest) else { return Cow::Borrowed(text) };
    let (kept, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    Cow::Owned(format!("{kept}… [{} more characters]", rest.chars().count()))
}

/// As [`shortened`], with the three characters escaped that Slack takes for mark-up: else a user's name could notify a
/// whole channel. What they become counts.
fn escaped(text: &str, longest: usize) -> String {
    let mut result = String::with_capacity(text.len().min(longest));
    let mut length = 0;
    for (index, character) in text.chars().enumerate() {
        let piece = match character {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            _ => None,
        };
        length += piece.map_or(1, str::len);
        if length > longest {
            let missing = text.chars().count().saturating_sub(index);
            result.push_str(&format!("… [{missing} more characters]"));
            break;
        }
        match piece {
            Some(piece) => result.push_str(piece),
            None => result.push(character),
        }
    }
    result
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
    use crate::examples::{alert, every_kind_of_field};

    fn slack(more: &str) -> Slack {
        serde_json::from_str(&format!(r#"{{"webhook_url": "https://hooks.slack.com/services/x"{more}}}"#)).unwrap()
    }

    fn message(slack: &Slack, alert: &Alert) -> serde_json::Value {
        serde_json::from_str(&slack.message(&Shown::plain(alert))).unwrap()
    }

    #[test]
    fn a_message_shows_text_and_fields() {
        let slack = slack(r##", "channel": "#ops", "icon": "https://i/x.png", "footer": "prod""##);
        insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(message(&slack, &alert())) });
    }

    #[test]
    fn only_text() {
        let text = message(&slack(r#", "format": "text", "footer": "f", "username": null"#), &alert());
        insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(text, @r##"
        {
          "attachments": [
            {
              "color": "#ffc700",
              "fallback": "14:09:12.581541000: Warning Attach to pod (user=alice pod=web)",
              "text": "14:09:12.581541000: Warning Attach to pod (user=alice pod=web)"
            }
          ]
        }
        "##) });
    }

    #[test]
    fn only_fields() {
        let fields = message(&slack(r#", "format": "fields""#), &alert());
        assert!(fields["attachments"][0]["text"].is_null());
        assert_eq!(fields["attachments"][0]["fields"].as_array().unwrap().len(), 10);
    }

    #[test]
    fn fields_that_are_no_text_are_left_out() {
        let message = message(&slack(""), &every_kind_of_field());
        let titles: Vec<&str> =
            message["attachments"][0]["fields"].as_array().unwrap().iter().map(|f| f["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["rule", "priority", "source", "hostname", "g.text", "saker.cluster", "saker.ruleset", "time"]);
    }

    #[test]
    fn long_text_is_cut_and_marked() {
        let long = Alert { message: "ü<".repeat(100_000), ..alert() };
        let message = message(&slack(""), &long);
        let attachment = &message["attachments"][0];
        for part in ["text", "fallback"] {
            let text = attachment[part].as_str().unwrap();
            assert!(text.chars().count() <= 38_050, "{part}");
            assert!(text.ends_with(" more characters]"), "{part}");
        }
        assert_eq!(escaped("a<b&c>", 100), "a&lt;b&amp;c&gt;");
        assert_eq!(escaped("ab<cd", 3), "ab… [3 more characters]");
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöü", 2), "äö… [1 more characters]");
    }

    #[test]
    fn each_priority_has_its_color() {
        let colors: Vec<&str> = (1..=8).map(|priority| color(Priority::try_from(priority).unwrap())).collect();
        insta::assert_debug_snapshot!(colors, @r##"
        [
            "#e20b0b",
            "#ff5400",
            "#ff5400",
            "#e20b0b",
            "#ffc700",
            "#5bffb5",
            "#68c2ff",
            "#ccfff2",
        ]
        "##);
    }
}
