//! PagerDuty, by version 2 of its Events API (<https://developer.pagerduty.com/docs/events-api-v2-overview>).

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bus::Id;
use proto::alerts::v1::{Alert, Priority};
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::Secret;

use super::cut::{fitted, shortened, within};
use super::facts::{fact, output_fields};
use super::http::{Access, Target};
use super::severities::Severities;
use super::{Body, ClientTls, Connect, Failure, Rendered, SecretUrl, Sink, SinkError, UrlError};
use crate::falco;
use crate::rate::Rate;
use crate::shown::Shown;

/// Characters of a summary.
const LONGEST_SUMMARY: usize = 1_024;
/// Bytes of an event: PagerDuty takes 512 KB.
const LARGEST: usize = 500_000;
/// Characters of a detail, as long as all of them fit.
const LONGEST_DETAIL: usize = 8_192;
/// Details that are shown.
const MOST_DETAILS: usize = 200;
/// Characters of names of components, groups and classes.
const LONGEST_NAME: usize = 255;
/// What PagerDuty knows.
const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];

/// Settings of a `pagerduty` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pagerduty {
    /// The integration key of a service or a ruleset.
    pub routing_key: Secret,
    /// Where the account is: `us` or `eu`.
    #[serde(default)]
    pub region: Region,
    /// Where events are posted to instead.
    #[serde(default)]
    pub url: Option<SecretUrl>,
    /// What alerts of one incident have in common, as `rule`, `cluster` or an output field. Where there is nothing,
    /// each alert is an incident of its own.
    #[serde(default)]
    pub dedup_by: Vec<String>,
    /// `critical`, `error`, `warning` or `info` by priority.
    #[serde(default)]
    pub severities: Severities,
    /// The name of the link to `client_url`.
    #[serde(default = "Pagerduty::default_client")]
    pub client: String,
    /// Where the incident's reader finds more.
    #[serde(default)]
    pub client_url: Option<String>,
    /// Links of every incident.
    #[serde(default)]
    pub links: Vec<Link>,
    /// TLS to PagerDuty.
    #[serde(default)]
    pub tls: ClientTls,
}

/// Where a PagerDuty account is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// In the United States.
    #[default]
    Us,
    /// In Europe.
    Eu,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// What is shown.
    #[serde(default)]
    pub text: String,
}

impl Pagerduty {
    fn default_client() -> String {
        "Saker".to_owned()
    }

    fn target(&self) -> Result<Target, SinkError> {
        let known = match self.region {
            Region::Us => "https://events.pagerduty.com/v2/enqueue",
            Region::Eu => "https://events.eu.pagerduty.com/v2/enqueue",
        };
        let known = || known.parse().map_err(|error: UrlError| SinkError(error.to_string()));
        let url = self.url.clone().map_or_else(known, Ok)?;
        Target::new(&url, &Access { tls: self.tls.clone(), ..Access::default() })
    }

    /// The event without the routing key, which is a secret and no part of what is shown.
    fn event(&self, shown: &Shown<'_>, longest: usize) -> String {
        let alert = shown.alert;
        let severity = self.severities.of(alert).unwrap_or_else(|| severity(alert.priority()));
        let mut event = json!({
            "event_action": "trigger",
            "dedup_key": self.dedup_key(alert),
            "client": self.client,
            "payload": {
                "summary": within(&shown.text(), LONGEST_SUMMARY),
                "source": alert_source(alert),
                "severity": severity,
                "timestamp": falco::time(alert),
                "class": within(&alert.rule, LONGEST_NAME),
                "custom_details": details(alert, longest),
            },
        });
        let group = fact(alert, "namespace").or_else(|| fact(alert, "cluster"));
        for (name, value) in [("component", fact(alert, "ka.target.name")), ("group", group)] {
            if let Some(value) = value {
                event["payload"][name] = within(&value, LONGEST_NAME).into();
            }
        }
        if let Some(url) = &self.client_url {
            event["client_url"] = url.as_str().into();
        }
        if !self.links.is_empty() {
            event["links"] = serde_json::to_value(&self.links).unwrap_or_default();
        }
        event.to_string()
    }

    fn dedup_key(&self, alert: &Alert) -> String {
        if self.dedup_by.is_empty() {
            return alert.id.clone();
        }
        let facts: Vec<String> =
            self.dedup_by.iter().map(|name| fact(alert, name).unwrap_or_default()).collect();
        Id::of(facts.iter().map(String::as_bytes)).to_string()
    }
}

impl Connect for Pagerduty {
    /// 120 a minute for each integration.
    const RATE: Option<Rate> = Some(Rate::per_second(2));
    const TAKES_BODY: bool = true;

    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        if let Some(wrong) = self.severities.names().find(|name| !SEVERITIES.contains(name)) {
            return Err(SinkError(format!("severities: PagerDuty knows no `{wrong}`: give {}", SEVERITIES.join(", "))));
        }
        Ok(Arc::new(Connected { target: self.target()?, settings: self.clone() }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

struct Connected {
    settings: Pagerduty,
    target: Target,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        fitted(LARGEST, LONGEST_DETAIL, |longest| self.settings.event(shown, longest)).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            let body = &alert.body.bytes;
            let mut event: Map<String, Value> = serde_json::from_slice(body)
                .map_err(|error| Failure::Refused(format!("the event is no JSON object: {error}")))?;
            event.insert("routing_key".to_owned(), self.settings.routing_key.expose().into());
            // Those that a body of the operator's may have left out.
            event.entry("event_action").or_insert_with(|| "trigger".into());
            event.entry("dedup_key").or_insert_with(|| alert.id.as_str().into());
            self.target.send(Value::from(event).to_string(), HeaderMap::new()).await?;
        }
        Ok(())
    }
}

/// What is affected: PagerDuty wants something here.
fn alert_source(alert: &Alert) -> String {
    let known = fact(alert, "cluster").or_else(|| fact(alert, "hostname"));
    within(&known.unwrap_or_else(|| "kubernetes".to_owned()), LONGEST_NAME).into_owned()
}

fn details(alert: &Alert, longest: usize) -> Map<String, Value> {
    let named = ["rule", "priority", "source", "cluster", "hostname", "tags", "id", "ruleset"];
    let facts = named.into_iter().filter_map(|name| Some((name.to_owned(), fact(alert, name)?)));
    let fields = output_fields(alert).take(MOST_DETAILS).map(|(name, value)| (name.to_owned(), value));
    facts.chain(fields).map(|(name, value)| (name, shortened(&value, longest).into())).collect()
}

fn severity(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical => "critical",
        Priority::Error => "error",
        Priority::Warning => "warning",
        Priority::Notice | Priority::Informational | Priority::Debug | Priority::Unspecified => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};
    use proto::alerts::v1::Field;

    fn settings(more: &str) -> Pagerduty {
        serde_json::from_str(&format!(r#"{{"routing_key": "geheim"{more}}}"#)).unwrap()
    }

    fn rendered(settings: &Pagerduty, alert: &Alert) -> String {
        let body = settings.connect().unwrap().render(&Shown::plain(alert));
        String::from_utf8(body.bytes.to_vec()).unwrap()
    }

    #[test]
    fn an_event() {
        let settings = settings(
            r#", "client_url": "https://saker.example", "links": [{"href": "https://runbook", "text": "Runbook"}]"#,
        );
        let event: Value = serde_json::from_str(&rendered(&settings, &alert())).unwrap();
        insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(event) });
        assert!(!event.to_string().contains("geheim"));
    }

    #[test]
    fn an_incident_is_an_alert_or_what_has_the_same_facts() {
        let other = Alert { id: "other".into(), time_unix_nanos: 1, ..alert() };
        assert_ne!(settings("").dedup_key(&alert()), settings("").dedup_key(&other));
        let grouped = settings(r#", "dedup_by": ["rule", "cluster", "ka.target.name"]"#);
        assert_eq!(grouped.dedup_key(&alert()), grouped.dedup_key(&other));
        let elsewhere = Alert { cluster: "test".into(), ..alert() };
        assert_ne!(grouped.dedup_key(&alert()), grouped.dedup_key(&elsewhere));
    }

    #[test]
    fn events_stay_within_the_limits_of_pagerduty() {
        let mut large = every_kind_of_field();
        let value = large.fields[6].value.clone();
        large.fields = (0..300).map(|n| Field { name: format!("f{n}"), value: value.clone() }).collect();
        large.fields[7].value = Some(proto::alerts::v1::Value {
            kind: Some(proto::alerts::v1::value::Kind::Text("\u{1}".repeat(1_000_000))),
        });
        large.tags = vec!["ü".repeat(1_000_000)];
        large.message = "ü".repeat(10_000);
        let text = rendered(&settings(""), &large);
        assert!(text.len() <= 512_000, "{}", text.len());
        let event: Value = serde_json::from_str(&text).unwrap();
        let summary = event["payload"]["summary"].as_str().unwrap();
        assert!(summary.chars().count() <= 1_024 && summary.ends_with(" more characters]"));
        assert!(event["payload"]["custom_details"]["tags"].as_str().unwrap().ends_with(" more characters]"));
    }

    #[test]
    fn severities_are_those_of_pagerduty() {
        let named = settings(r#", "severities": {"notice": "critical"}"#);
        let notice = Alert { priority: Priority::Notice.into(), ..alert() };
        assert!(rendered(&named, &notice).contains(r#""severity":"critical""#));
        let error = settings(r#", "severities": {"notice": "loud"}"#).connect().err().unwrap().to_string();
        assert!(error.contains("`loud`: give critical, error"), "{error}");
    }
}
