//! A channel of Microsoft Teams: an Adaptive Card for a workflow, or the card that connectors took before Microsoft
//! retired them.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use proto::alerts::v1::{Alert, Priority};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cut::{fitted, shortened, within};
use super::facts::{fact, output_fields};
use super::http::{Access, Target};
use super::said::without_nulls;
use super::{Body, ClientTls, Connect, Failure, Rendered, SecretUrl, Sink, SinkError};
use crate::falco;
use crate::rate::Rate;
use crate::shown::Shown;

/// Bytes of a message: Teams takes 28 KB.
const LARGEST: usize = 28_000;
/// Characters of the text and of each fact, as long as all of them fit.
const LONGEST_VALUE: usize = 8_192;
/// Facts that are shown, and characters of their names.
const MOST_FACTS: usize = 60;
const LONGEST_NAME: usize = 100;
/// Bytes of an answer.
const LONGEST_ANSWER: usize = 64 << 10;

/// Settings of a `teams` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teams {
    /// The URL of the workflow, or of the connector.
    pub webhook_url: SecretUrl,
    /// What is shown: `all`, `text` or `facts`.
    #[serde(default)]
    pub format: TeamsFormat,
    /// How: as an `adaptive` card, or as a `messagecard`.
    #[serde(default)]
    pub layout: TeamsLayout,
    /// The URL of the picture beside a `messagecard`.
    #[serde(default)]
    pub image: Option<String>,
    /// TLS to Microsoft.
    #[serde(default)]
    pub tls: ClientTls,
}

/// What a card shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeamsFormat {
    /// The alert's text and its fields.
    #[default]
    All,
    /// Its text.
    Text,
    /// Its fields.
    Facts,
}

/// How a card shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeamsLayout {
    /// What workflows take.
    #[default]
    Adaptive,
    /// What connectors took.
    MessageCard,
}

impl Teams {
    fn card(&self, shown: &Shown<'_>, longest: usize) -> String {
        let alert = shown.alert;
        let title = format!("{}: {}", falco::priority_name(alert), within(&alert.rule, LONGEST_NAME));
        let text = shortened(&shown.text(), longest).into_owned();
        let text = Some(text).filter(|text| self.format != TeamsFormat::Facts && !text.is_empty());
        let facts = (self.format != TeamsFormat::Text).then(|| facts(alert, longest));
        let card = match self.layout {
            TeamsLayout::Adaptive => adaptive(alert, &title, text, facts),
            TeamsLayout::MessageCard => json!({
                "@type": "MessageCard",
                "@context": "https://schema.org/extensions",
                "summary": title,
                "themeColor": theme(alert.priority()),
                "sections": [without_nulls(json!({
                    "activityTitle": plain(&title),
                    "activitySubtitle": falco::time(alert),
                    "activityImage": self.image,
                    "text": text.as_deref().map(plain),
                    "facts": facts.map(|facts| named(facts, "name")),
                }))],
            }),
        };
        card.to_string()
    }
}

impl Connect for Teams {
    const RATE: Option<Rate> = Some(Rate::per_second(4));
    const TAKES_BODY: bool = true;

    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let access = Access { tls: self.tls.clone(), ..Access::default() };
        Ok(Arc::new(Connected { target: Target::new(&self.webhook_url, &access)?, settings: self.clone() }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

struct Connected {
    settings: Teams,
    target: Target,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        fitted(LARGEST, LONGEST_VALUE, |longest| self.settings.card(shown, longest)).into()
    }

    /// A connector says of some failures only in words, in an answer of 200.
    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            let said = self.target.post(alert).await?.text(LONGEST_ANSWER).await?;
            if let Some(failure) = said.find("delivery failed").map(|_| within(&said, 300)) {
                let reason = format!("it answered 200: {failure}");
                return match said.contains("HTTP error 413") {
                    true => Err(Failure::Refused(reason)),
                    false => Err(Failure::away(reason)),
                };
            }
        }
        Ok(())
    }
}

/// What a workflow takes: a message with a card in it. The text is in runs, which have no mark-up.
fn adaptive(alert: &Alert, title: &str, text: Option<String>, facts: Option<Vec<(String, String)>>) -> Value {
    let run = |text: &str| json!({"type": "TextRun", "text": text});
    let heading = json!({
        "type": "TextRun", "text": title, "size": "Large", "weight": "Bolder", "color": color(alert.priority()),
    });
    let mut body = vec![json!({"type": "RichTextBlock", "inlines": [heading]})];
    body.extend(text.map(|text| json!({"type": "RichTextBlock", "inlines": [run(&text)]})));
    body.extend(facts.map(|facts| json!({"type": "FactSet", "facts": named(facts, "title")})));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    });
    json!({
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card}],
    })
}

fn facts(alert: &Alert, longest: usize) -> Vec<(String, String)> {
    let always = ["cluster", "source", "hostname", "tags"];
    let facts = always.into_iter().filter_map(|name| Some((name, fact(alert, name)?)));
    let time = [("time", falco::time(alert))];
    let all = facts.chain(output_fields(alert).take(MOST_FACTS)).chain(time);
    all.filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (plain(&within(name, LONGEST_NAME)), plain(&shortened(&value, longest))))
        .collect()
}

fn named(facts: Vec<(String, String)>, key: &str) -> Vec<Value> {
    facts.into_iter().map(|(name, value)| json!({key: name, "value": value})).collect()
}

/// Without links and tags, which both kinds of card make of text: a zero-width space keeps their signs apart.
fn plain(text: &str) -> String {
    text.replace("](", "]\u{200b}(").replace('<', "<\u{200b}")
}

fn color(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical | Priority::Error => "Attention",
        Priority::Warning => "Warning",
        Priority::Notice => "Good",
        Priority::Informational => "Accent",
        Priority::Debug | Priority::Unspecified => "Default",
    }
}

fn theme(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency => "e20b0b",
        Priority::Alert => "ff5400",
        Priority::Critical => "ff9000",
        Priority::Error => "ffc700",
        Priority::Warning => "ffff00",
        Priority::Notice => "5bffb5",
        Priority::Informational => "68c2ff",
        Priority::Debug | Priority::Unspecified => "ccfff2",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};
    use proto::alerts::v1::Field;

    fn rendered(more: &str, alert: &Alert) -> String {
        let json = format!(r#"{{"webhook_url": "https://example.logic.azure.com/geheim"{more}}}"#);
        let body = serde_json::from_str::<Teams>(&json).unwrap().connect().unwrap().render(&Shown::plain(alert));
        String::from_utf8(body.bytes.to_vec()).unwrap()
    }

    #[test]
    fn cards_of_both_kinds() {
        for more in ["", r#", "layout": "messagecard", "image": "https://i/x.png""#, r#", "format": "text""#] {
            let card: Value = serde_json::from_str(&rendered(more, &alert())).unwrap();
            insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(card) });
        }
    }

    #[test]
    fn cards_stay_within_the_limit_of_teams() {
        let mut large = every_kind_of_field();
        let value = large.fields[6].value.clone();
        large.fields = (0..300).map(|n| Field { name: "n".repeat(500) + &n.to_string(), value: value.clone() }).collect();
        large.rule = "\u{1}".repeat(10_000);
        large.message = "ü[x](http://evil)<at>".repeat(10_000);
        large.tags = vec!["\u{1}".repeat(100_000)];
        for more in ["", r#", "layout": "messagecard""#] {
            let card = rendered(more, &large);
            assert!(card.len() <= 28 * 1024, "{}", card.len());
            assert!(card.contains(" more characters]"));
            serde_json::from_str::<Value>(&card).unwrap();
        }
        let facts = facts(&Alert { tags: vec!["[x](http://evil)<at>".into()], ..alert() }, 100);
        let tags = facts.iter().find(|(name, _)| name == "tags").unwrap();
        assert!(!tags.1.contains("](") && !tags.1.contains("<at"));
    }
}
