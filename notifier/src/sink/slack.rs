//! A channel of Slack, by an incoming webhook or by a bot; the message looks as users of falcosidekick know it, or has
//! blocks.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::Secret;

use super::cut::shortened;
use super::http::{Access, Auth, Target};
use super::{Body, ClientTls, Connect, Failure, Rendered, SecretUrl, Sink, SinkError, UrlError};
use crate::rate::Rate;
use crate::shown::Shown;

mod attachment;
mod blocks;
mod markup;
mod verdict;

use verdict::Verdict;

/// Characters of the line that a notification shows.
const LONGEST_NOTIFICATION: usize = 2_900;

/// Where a bot posts to.
const POST_MESSAGE: &str = "https://slack.com/api/chat.postMessage";

/// An answer of Slack repeats the message.
const LONGEST_ANSWER: usize = 1 << 20;

/// Settings of a `slack` sink: either `webhook_url`, or `token` and `channel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slack {
    /// The URL of an incoming webhook.
    #[serde(default)]
    pub webhook_url: Option<SecretUrl>,
    /// The token of a bot.
    #[serde(default)]
    pub token: Option<Secret>,
    /// The channel, as `#ops` or by its id. Most webhooks leave no choice.
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
    /// How it is shown: as an `attachment`, or in `blocks`.
    #[serde(default)]
    pub layout: SlackLayout,
    /// Where a bot posts to; `https://slack.com/api/chat.postMessage` unless set.
    #[serde(default)]
    pub api_url: Option<SecretUrl>,
    /// TLS to Slack.
    #[serde(default)]
    pub tls: ClientTls,
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

/// How a message shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlackLayout {
    /// As falcosidekick does.
    #[default]
    Attachment,
    /// With a heading.
    Blocks,
}

impl Slack {
    fn default_username() -> Option<String> {
        Some("Saker".to_owned())
    }

    fn api_url(&self) -> Result<SecretUrl, SinkError> {
        let known = || POST_MESSAGE.parse().map_err(|error: UrlError| SinkError(error.to_string()));
        self.api_url.clone().map_or_else(known, Ok)
    }

    fn message(&self, shown: &Shown<'_>) -> String {
        let mut message = Map::new();
        let own = [("username", &self.username), ("icon_url", &self.icon), ("channel", &self.channel)];
        for (key, value) in own {
            message.extend(value.as_ref().map(|value| (key.to_owned(), Value::from(value.as_str()))));
        }
        match self.layout {
            SlackLayout::Attachment => {
                message.insert("attachments".to_owned(), vec![attachment::attachment(self, shown)].into());
            }
            SlackLayout::Blocks => {
                let text = markup::escaped(&shortened(&shown.text(), LONGEST_NOTIFICATION), LONGEST_NOTIFICATION);
                message.insert("text".to_owned(), text.into());
                message.insert("blocks".to_owned(), blocks::blocks(self, shown).into());
            }
        }
        Value::from(message).to_string()
    }
}

impl Connect for Slack {
    const RATE: Option<Rate> = Some(Rate::per_second(1));
    const TAKES_BODY: bool = true;

    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let (url, auth, by) = match (&self.webhook_url, &self.token) {
            (Some(url), None) => (url.clone(), Auth::default(), By::Webhook),
            (None, Some(_)) if self.channel.is_none() => {
                return Err(SinkError("a bot needs to be told where to post: set channel".to_owned()));
            }
            (None, Some(token)) => {
                let auth = Auth::bearer(token).map_err(|error| SinkError(format!("token: {error}")))?;
                (self.api_url()?, auth, By::Bot)
            }
            (Some(_), Some(_)) => {
                return Err(SinkError("both webhook_url and token are set: leave one".to_owned()));
            }
            (None, None) => {
                return Err(SinkError("set webhook_url, or token and channel".to_owned()));
            }
        };
        let content_type = match by {
            By::Webhook => "application/json",
            By::Bot => "application/json; charset=utf-8",
        };
        let access = Access { content_type, auth, tls: self.tls.clone(), ..Access::default() };
        Ok(Arc::new(Connected { settings: self.clone(), target: Target::new(&url, &access)?, by }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

/// Who posts.
#[derive(Debug, Clone, Copy)]
enum By {
    Webhook,
    Bot,
}

struct Connected {
    settings: Slack,
    target: Target,
    by: By,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        self.settings.message(shown).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            let answer = self.target.post(alert).await?;
            if let By::Bot = self.by {
                answer.json::<Verdict>(LONGEST_ANSWER).await?.into_result()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};
    use proto::alerts::v1::{Alert, Field};

    fn slack(more: &str) -> Slack {
        serde_json::from_str(&format!(r#"{{"webhook_url": "https://hooks.slack.com/services/x"{more}}}"#))
            .unwrap()
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
    fn a_message_in_blocks() {
        let slack = slack(r##", "channel": "#ops", "layout": "blocks", "footer": "prod""##);
        insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(message(&slack, &alert())) });
    }

    #[test]
    fn blocks_stay_within_the_limits_of_slack() {
        let mut large = every_kind_of_field();
        let value = large.fields[6].value.clone();
        large.fields = (0..300).map(|n| Field { name: format!("f{n}"), value: value.clone() }).collect();
        large.rule = "r".repeat(1_000);
        large.message = "<".repeat(50_000);
        large.tags = vec!["t".repeat(50_000)];
        let message = message(&slack(r#", "layout": "blocks""#), &large);
        let count = |text: &serde_json::Value| text.as_str().unwrap().chars().count();
        let blocks = message["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), 13);
        assert!(count(&blocks[0]["text"]["text"]) <= 150 && count(&blocks[1]["text"]["text"]) <= 3_000);
        assert!(blocks[2..12].iter().all(|block| block["fields"].as_array().unwrap().len() == 10));
        assert!(count(&blocks[12]["elements"][0]["text"]) <= 2_000 && count(&message["text"]) <= 3_000);
    }

    #[test]
    fn only_text() {
        let text =
            message(&slack(r#", "format": "text", "footer": "f", "username": null"#), &alert());
        insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(text) });
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
        let fields = message["attachments"][0]["fields"].as_array().unwrap();
        let titles: Vec<&str> = fields.iter().map(|field| field["title"].as_str().unwrap()).collect();
        assert_eq!(
            titles,
            ["rule", "priority", "source", "hostname", "g.text", "saker.cluster", "saker.ruleset", "time"]
        );
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
    }

    #[test]
    fn a_webhook_or_a_bot() {
        let told = |json: &str| {
            let connected = serde_json::from_str::<Slack>(json).unwrap().connect();
            connected.err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(told(r#"{"webhook_url": "http://x/"}"#), "");
        assert!(told("{}").starts_with("set webhook_url"));
        assert!(told(r#"{"token": "geheim"}"#).ends_with("set channel"));
        assert!(told(r##"{"token": "geheim", "channel": "#a", "webhook_url": "http://x/"}"##).ends_with("leave one"));
    }
}
