//! Grafana Loki, by its push API. Labels are few, since each combination of them is a stream of its own; what else there
//! is to find an alert by is structured metadata.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use proto::alerts::v1::Alert;
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cut::{fitted, within};
use super::facts::{fact, output_fields, safe_name};
use super::http::{Access, Auth, Headers, Target};
use super::parts::{Part, in_parts};
use super::{Body, ClientTls, Connect, Failure, LineFormat, Rendered, SecretUrl, Sink, SinkError, short_json};
use crate::falco;
use crate::shown::Shown;

/// How many alerts are pushed at once.
const BATCH: usize = 256;
/// Bytes of a push.
const LARGEST_PUSH: usize = 3 << 20;
/// Bytes of a line: Loki takes 256 KiB.
const LONGEST_LINE: usize = 250_000;
/// Characters of a label's value: Loki takes 2048.
const LONGEST_LABEL: usize = 1_024;
/// Labels of a stream: Loki takes 15, of which it makes one itself.
const MOST_LABELS: usize = 14;
/// Characters of a value of metadata; Loki takes 64 KiB of all of them, and 128 of them.
const LONGEST_METADATA: usize = 128;
const MOST_METADATA: usize = 100;

/// Settings of a `loki` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loki {
    /// The server.
    pub url: SecretUrl,
    /// Whose logs they are, where the server has several tenants.
    #[serde(default)]
    pub tenant: Option<String>,
    /// What becomes labels, as `cluster` or an output field.
    #[serde(default = "Loki::default_labels")]
    pub labels: Vec<String>,
    /// Labels that all alerts get.
    #[serde(default = "Loki::default_extra_labels")]
    pub extra_labels: BTreeMap<String, String>,
    /// Whether the output fields are sent as structured metadata, which a server before version 3 may refuse.
    #[serde(default = "Loki::default_structured_metadata")]
    pub structured_metadata: bool,
    /// What the line is: `json` or `text`.
    #[serde(default = "Loki::default_format")]
    pub format: LineFormat,
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

impl Loki {
    fn default_labels() -> Vec<String> {
        ["cluster", "source", "priority", "rule"].map(str::to_owned).to_vec()
    }

    fn default_extra_labels() -> BTreeMap<String, String> {
        BTreeMap::from([("job".to_owned(), "saker".to_owned())])
    }

    fn default_structured_metadata() -> bool {
        true
    }

    fn default_format() -> LineFormat {
        LineFormat::Json
    }

    /// A stream with one line; Loki makes one of all that have the same labels.
    fn stream(&self, shown: &Shown<'_>) -> String {
        let alert = shown.alert;
        let (time, line) = (alert.time_unix_nanos.max(0).to_string(), self.line(shown));
        let value = match self.structured_metadata {
            true => json!([time, line, metadata(alert)]),
            false => json!([time, line]),
        };
        json!({"stream": self.labels(alert), "values": [value]}).to_string()
    }

    fn labels(&self, alert: &Alert) -> BTreeMap<String, String> {
        let extra = self.extra_labels.iter().map(|(name, value)| (name.as_str(), Some(value.clone())));
        let named = self.labels.iter().map(|name| (name.as_str(), fact(alert, name)));
        extra
            .chain(named)
            .filter_map(|(name, value)| Some((safe_name(name)?, within(&value?, LONGEST_LABEL).into_owned())))
            .take(MOST_LABELS)
            .collect()
    }

    fn line(&self, shown: &Shown<'_>) -> String {
        match self.format {
            LineFormat::Text => {
                let text = falco::in_one_line(shown.text().into_owned());
                fitted(LONGEST_LINE, LONGEST_LINE, |longest| within(&text, longest).into_owned())
            }
            LineFormat::Json => short_json::object(shown.alert, LONGEST_LINE),
        }
    }
}

impl Connect for Loki {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        if self.labels.is_empty() && self.extra_labels.is_empty() {
            return Err(SinkError("labels and extra_labels are empty: Loki wants one label at least".to_owned()));
        }
        let mut headers = self.headers.clone();
        if let Some(tenant) = &self.tenant {
            headers = headers
                .with("X-Scope-OrgID", tenant)
                .map_err(|error| SinkError(format!("tenant: {error}")))?;
        }
        let access = Access { headers, auth: self.auth.clone(), tls: self.tls.clone(), ..Access::default() };
        let target = Target::new(&self.url.joined("/loki/api/v1/push"), &access)?;
        Ok(Arc::new(Connected { settings: self.clone(), target }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

struct Connected {
    settings: Loki,
    target: Target,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        self.settings.stream(shown).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        in_parts(self, alerts, LARGEST_PUSH).await
    }

    fn batch(&self) -> usize {
        BATCH
    }
}

#[async_trait]
impl Part for Connected {
    /// Where Loki refuses one entry it has taken the others, and takes them again as what they are: the same.
    async fn send_part(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        let mut body = b"{\"streams\":[".to_vec();
        for (place, alert) in alerts.iter().enumerate() {
            if place > 0 {
                body.push(b',');
            }
            body.extend_from_slice(&alert.body.bytes);
        }
        body.extend_from_slice(b"]}");
        self.target.send(body, HeaderMap::new()).await.map(drop)
    }
}

fn metadata(alert: &Alert) -> BTreeMap<String, String> {
    let named = ["id", "hostname", "tags", "ruleset", "namespace"];
    let facts = named.into_iter().filter_map(|name| Some((name, fact(alert, name)?)));
    let all = facts.chain(output_fields(alert)).filter(|(_, value)| !value.is_empty());
    all.filter_map(|(name, value)| Some((safe_name(name)?, within(&value, LONGEST_METADATA).into_owned())))
        .take(MOST_METADATA)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};
    use serde_json::Value;

    fn settings(more: &str) -> Loki {
        serde_json::from_str(&format!(r#"{{"url": "http://loki:3100"{more}}}"#)).unwrap()
    }

    fn stream(settings: &Loki, alert: &Alert) -> Value {
        serde_json::from_str(&settings.stream(&Shown::plain(alert))).unwrap()
    }

    #[test]
    fn a_stream_has_few_labels_and_the_rest_is_metadata() {
        insta::assert_json_snapshot!(stream(&settings(""), &alert()));
        let settings = settings(
            r#", "labels": ["ka.user.name", "namespace"], "extra_labels": {}, "format": "text", "structured_metadata": false"#,
        );
        insta::assert_json_snapshot!(stream(&settings, &alert()));
    }

    #[test]
    fn streams_stay_within_the_limits_of_loki() {
        let mut large = every_kind_of_field();
        let huge = "\u{1}ü".repeat(200_000);
        large.message.clone_from(&huge);
        large.rule.clone_from(&huge);
        large.fields[6].value =
            Some(proto::alerts::v1::Value { kind: Some(proto::alerts::v1::value::Kind::Text(huge)) });
        for format in ["json", "text"] {
            let settings = settings(&format!(r#", "format": "{format}""#));
            let stream = stream(&settings, &Alert { rule: "R".into(), ..large.clone() });
            let line = stream["values"][0][1].as_str().unwrap();
            assert!(line.len() <= 256 * 1024, "{format}: {}", line.len());
            assert!(line.contains(" more characters]"), "{format}");
        }
        let labels = stream(&settings(""), &large)["stream"].clone();
        assert!(labels["rule"].as_str().unwrap().len() <= 2_048);
    }

    #[test]
    fn a_label_at_least() {
        let none = settings(r#", "labels": [], "extra_labels": {}"#);
        assert!(none.connect().err().unwrap().to_string().contains("one label at least"));
    }
}
