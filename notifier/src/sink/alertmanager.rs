//! Alertmanagers, by version 2 of their API. Labels are few and chosen, since they say which alerts are one; all else
//! is in annotations.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use jiff::Timestamp;
use proto::alerts::v1::{Alert, Priority};
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::units::Span;

use super::cut::shortened;
use super::facts::{fact, output_fields, safe_name};
use super::http::{Access, Auth, Headers, Target};
use super::severities::Severities;
use super::{Body, ClientTls, Connect, Failure, Rendered, SecretUrl, Sink, SinkError};
use crate::falco;
use crate::shown::Shown;

/// How many alerts are posted at once.
const BATCH: usize = 64;
/// Characters of a label's value: it is in every index and every notification.
const LONGEST_LABEL: usize = 512;
/// Characters of an annotation.
const LONGEST_ANNOTATION: usize = 4_096;
/// Output fields that become annotations.
const MOST_FIELDS: usize = 64;
/// The labels that every alert has where it has something to say of them, beside `alertname` and `severity`.
const LABELS: [&str; 5] = ["rule", "priority", "source", "cluster", "namespace"];

/// Settings of an `alertmanager` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alertmanager {
    /// The Alertmanagers. Each of a cluster is told of every alert, as they ask of those who send.
    pub urls: Vec<SecretUrl>,
    /// Output fields that become labels too, so that alerts that differ in them are not one.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Labels that all alerts get.
    #[serde(default)]
    pub extra_labels: BTreeMap<String, String>,
    /// The label `severity` by priority, where it is not to be `information`, `warning` or `critical`.
    #[serde(default)]
    pub severities: Severities,
    /// How long after it was sent an alert counts as resolved, unless it comes again.
    #[serde(default = "Alertmanager::default_resolve_after")]
    pub resolve_after: Span,
    /// What the alerts link to.
    #[serde(default)]
    pub generator_url: Option<String>,
    /// Headers to send along.
    #[serde(default)]
    pub headers: Headers,
    /// A password or a token.
    #[serde(default)]
    pub auth: Auth,
    /// TLS to the server.
    #[serde(default)]
    pub tls: ClientTls,
}

impl Alertmanager {
    fn default_resolve_after() -> Span {
        Span::seconds(5 * 60)
    }

    fn labels(&self, alert: &Alert) -> BTreeMap<String, String> {
        let named = LABELS.iter().copied().chain(self.labels.iter().map(String::as_str));
        let mut labels: BTreeMap<String, String> = named
            .filter_map(|name| Some((safe_name(name)?, fact(alert, name)?)))
            .map(|(name, value)| (name, shortened(&value, LONGEST_LABEL).into_owned()))
            .collect();
        let severity = self.severities.of(alert).unwrap_or_else(|| severity(alert.priority()));
        labels.insert("severity".to_owned(), severity.to_owned());
        let extra = self.extra_labels.iter();
        labels.extend(extra.filter_map(|(name, value)| Some((safe_name(name)?, value.clone()))));
        labels.insert("alertname".to_owned(), shortened(&alert.rule, LONGEST_LABEL).into_owned());
        labels
    }
}

impl Connect for Alertmanager {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        if self.urls.is_empty() {
            return Err(SinkError("urls is empty: name one Alertmanager at least".to_owned()));
        }
        let access = Access {
            headers: self.headers.clone(),
            auth: self.auth.clone(),
            tls: self.tls.clone(),
            ..Access::default()
        };
        let targets = self.urls.iter().map(|url| Target::new(&url.joined("/api/v2/alerts"), &access));
        Ok(Arc::new(Connected { settings: self.clone(), targets: targets.collect::<Result<_, _>>()? }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

struct Connected {
    settings: Alertmanager,
    targets: Vec<Target>,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        let mut alert = Map::new();
        alert.insert("labels".to_owned(), object(self.settings.labels(shown.alert)));
        alert.insert("annotations".to_owned(), object(annotations(shown)));
        alert.insert("startsAt".to_owned(), falco::time(shown.alert).into());
        alert.extend(
            self.settings.generator_url.as_ref().map(|url| ("generatorURL".to_owned(), url.as_str().into())),
        );
        Value::from(alert).to_string().into()
    }

    /// Those of a cluster settle among themselves who notifies, and take the same alert as often as it comes: it is
    /// sent to all of them again until all have it.
    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        let now = Timestamp::now();
        let end = now.checked_add(self.settings.resolve_after.get()).unwrap_or(Timestamp::MAX);
        let timed: Vec<Value> = alerts.iter().map(|alert| timed(&alert.body.bytes, now, end)).collect();
        let body = Value::from(timed).to_string();
        let sent = self.targets.iter().map(|target| target.send(body.clone(), HeaderMap::new()));
        let mut refused = Ok(());
        for answer in join_all(sent).await {
            match answer {
                Ok(_) => {}
                Err(Failure::Refused(reason)) => refused = Err(Failure::Refused(reason)),
                Err(away) => return Err(away),
            }
        }
        refused
    }

    fn batch(&self) -> usize {
        BATCH
    }
}

/// The alert with its end. It is counted from the sending, not from the event: else an alert that was held up would be
/// over when it arrives, and nobody would be told. An event of the future begins now.
fn timed(alert: &[u8], now: Timestamp, end: Timestamp) -> Value {
    let mut alert: Map<String, Value> = serde_json::from_slice(alert).unwrap_or_default();
    let begins: Option<Timestamp> =
        alert.get("startsAt").and_then(Value::as_str).and_then(|text| text.parse().ok());
    if begins.is_none_or(|begins| begins > now) {
        alert.insert("startsAt".to_owned(), now.to_string().into());
    }
    alert.insert("endsAt".to_owned(), end.to_string().into());
    alert.into()
}

fn annotations(shown: &Shown<'_>) -> BTreeMap<String, String> {
    let alert = shown.alert;
    let mut annotations = BTreeMap::new();
    let mut add = |name: &str, text: &str| {
        if let Some(name) = safe_name(name).filter(|_| !text.is_empty()) {
            annotations.entry(name).or_insert_with(|| shortened(text, LONGEST_ANNOTATION).into_owned());
        }
    };
    add("summary", &alert.rule);
    add("description", &shown.text());
    for name in ["id", "tags", "hostname", "ruleset"] {
        add(name, &fact(alert, name).unwrap_or_default());
    }
    for (name, value) in output_fields(alert).take(MOST_FIELDS) {
        add(name, &value);
    }
    annotations
}

fn object(texts: BTreeMap<String, String>) -> Value {
    texts.into_iter().map(|(name, text)| (name, Value::from(text))).collect::<Map<_, _>>().into()
}

fn severity(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency | Priority::Alert | Priority::Critical => "critical",
        Priority::Error | Priority::Warning => "warning",
        Priority::Notice | Priority::Informational | Priority::Debug | Priority::Unspecified => "information",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    fn settings(more: &str) -> Alertmanager {
        serde_json::from_str(&format!(r#"{{"urls": ["http://am:9093"]{more}}}"#)).unwrap()
    }

    fn rendered(settings: &Alertmanager, alert: &Alert) -> Value {
        let body = settings.connect().unwrap().render(&Shown::plain(alert));
        serde_json::from_slice(&body.bytes).unwrap()
    }

    #[test]
    fn labels_are_few_and_the_rest_is_annotations() {
        let settings = settings(
            r#", "labels": ["ka.user.name", "ka.none"], "extra_labels": {"team.name": "blue"},
               "severities": {"warning": "page"}, "generator_url": "https://saker.example""#,
        );
        insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(rendered(&settings, &alert())) });
        insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(rendered(&settings, &every_kind_of_field())) });
    }

    #[test]
    fn the_end_is_counted_from_the_sending() {
        let (now, end) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2026-01-01T00:05:00Z".parse().unwrap());
        for (begins, sent) in [
            (r#"{"startsAt": "2025-12-31T00:00:00Z"}"#, "2025-12-31T00:00:00Z"),
            (r#"{"startsAt": "2026-12-31T00:00:00Z"}"#, "2026-01-01T00:00:00Z"),
        ] {
            let timed = timed(begins.as_bytes(), now, end);
            assert_eq!(timed, serde_json::json!({"startsAt": sent, "endsAt": "2026-01-01T00:05:00Z"}));
        }
    }

    #[test]
    fn one_at_least_is_named() {
        let error = serde_json::from_str::<Alertmanager>(r#"{"urls": []}"#).unwrap().connect().err().unwrap();
        assert!(error.to_string().starts_with("urls is empty"));
    }
}
