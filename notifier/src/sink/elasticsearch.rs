//! Elasticsearch or OpenSearch, by the bulk API. The id of a document is that of its alert: what was indexed already is
//! not indexed again.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use proto::alerts::v1::Alert;
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::Secret;
use service::units::ByteSize;

use super::http::{Access, Auth, Headers, Target};
use super::parts::{Part, in_parts};
use super::{Body, ClientTls, Connect, Failure, Rendered, SecretUrl, Sink, SinkError};
use crate::falco;
use crate::shown::Shown;

mod document;
mod items;

use items::Items;

/// How many alerts are indexed at once.
const BATCH: usize = 256;

/// Bytes of the answer to a bulk request.
const LONGEST_ANSWER: usize = 4 << 20;

/// Settings of an `elasticsearch` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elasticsearch {
    /// The server.
    pub url: SecretUrl,
    /// The index, or the data stream.
    #[serde(default = "Elasticsearch::default_index")]
    pub index: String,
    /// What is put behind the name of the index: nothing, or the day, the month or the year of the event.
    #[serde(default)]
    pub suffix: IndexSuffix,
    /// What a document looks like: `flat`, `falco` or `ecs`.
    #[serde(default)]
    pub document: DocumentFormat,
    /// The ingest pipeline that documents go through.
    #[serde(default)]
    pub pipeline: Option<String>,
    /// An API key as the server prints it, encoded.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// The most that is sent in one request.
    #[serde(default = "Elasticsearch::default_max_request")]
    pub max_request: ByteSize,
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

/// How indices are divided by time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IndexSuffix {
    /// Not at all: right for a data stream, or an alias with a rollover.
    None,
    /// `-2026.01.31`.
    #[default]
    Daily,
    /// `-2026.01`.
    Monthly,
    /// `-2026`.
    Annually,
}

/// What a document looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentFormat {
    /// Falco's JSON with `@timestamp`; names of output fields have `_` where they had other signs.
    #[default]
    Flat,
    /// The same with the names as they are: dots make objects of them, and some contradict one another.
    Falco,
    /// The Elastic Common Schema.
    Ecs,
}

impl Elasticsearch {
    fn default_index() -> String {
        "saker".to_owned()
    }

    fn default_max_request() -> ByteSize {
        ByteSize::mib(5)
    }

    fn index_of(&self, alert: &Alert) -> String {
        let form = match self.suffix {
            IndexSuffix::None => return self.index.clone(),
            IndexSuffix::Daily => "%Y.%m.%d",
            IndexSuffix::Monthly => "%Y.%m",
            IndexSuffix::Annually => "%Y",
        };
        format!("{}-{}", self.index, falco::timestamp(alert.time_unix_nanos).strftime(form))
    }

    fn access(&self) -> Result<Access, SinkError> {
        let mut headers = self.headers.clone();
        if let Some(key) = &self.api_key {
            if self.auth != Auth::default() {
                return Err(SinkError("both api_key and auth are set: leave one".to_owned()));
            }
            headers = headers
                .with("Authorization", &format!("ApiKey {}", key.expose().trim()))
                .map_err(|_| SinkError("api_key has characters that no header may have".to_owned()))?;
        }
        let (auth, tls) = (self.auth.clone(), self.tls.clone());
        Ok(Access { content_type: "application/x-ndjson", headers, auth, tls })
    }
}

impl Connect for Elasticsearch {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let index = &self.index;
        let is_bad = |c: char| c.is_uppercase() || c.is_whitespace() || "\\/*?\"<>|,#:".contains(c);
        if index.is_empty() || index.starts_with(['-', '_', '+']) || index.contains(is_bad) {
            return Err(SinkError(format!(
                "`{index}` cannot name an index: use small letters, digits, `-`, `_` and `.`, a letter or digit first"
            )));
        }
        let mut url = self.url.joined("/_bulk");
        if let Some(pipeline) = &self.pipeline {
            url = url.with_query("pipeline", pipeline);
        }
        Ok(Arc::new(Connected { target: Target::new(&url, &self.access()?)?, settings: self.clone() }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

struct Connected {
    settings: Elasticsearch,
    target: Target,
}

#[async_trait]
impl Sink for Connected {
    /// The two lines of a bulk request.
    fn render(&self, shown: &Shown<'_>) -> Body {
        let (settings, alert) = (&self.settings, shown.alert);
        let index = settings.index_of(alert);
        let action = json!({"create": {"_index": &index, "_id": &alert.id}});
        let document = document::document(settings.document, shown);
        Body::from(format!("{action}\n{document}\n")).to(index)
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        in_parts(self, alerts, self.settings.max_request.as_usize()).await
    }

    fn batch(&self) -> usize {
        BATCH
    }
}

#[async_trait]
impl Part for Connected {
    async fn send_part(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        let body = super::lines::joined(alerts);
        let answer = self.target.send(body, HeaderMap::new()).await?;
        answer.json::<Items>(LONGEST_ANSWER).await?.into_result(alerts.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    fn settings(more: &str) -> Elasticsearch {
        serde_json::from_str(&format!(r#"{{"url": "http://es:9200"{more}}}"#)).unwrap()
    }

    fn rendered(settings: &Elasticsearch, alert: &Alert) -> String {
        let body = settings.connect().unwrap().render(&Shown::plain(alert));
        String::from_utf8(body.bytes.to_vec()).unwrap()
    }

    #[test]
    fn documents_in_each_form() {
        let forms = ["flat", "falco", "ecs"].map(|form| {
            let settings = settings(&format!(r#", "document": "{form}", "suffix": "none""#));
            rendered(&settings, &alert()) + &rendered(&settings, &every_kind_of_field())
        });
        insta::assert_snapshot!(forms.join("\n"));
    }

    #[test]
    fn the_index_is_that_of_the_event() {
        for (suffix, index) in
            [("none", "saker"), ("daily", "saker-2018.10.25"), ("monthly", "saker-2018.10"), ("annually", "saker-2018")]
        {
            assert_eq!(settings(&format!(r#", "suffix": "{suffix}""#)).index_of(&alert()), index);
        }
    }

    #[test]
    fn mistakes_are_told_at_once() {
        for (json, says) in [
            (r#", "index": "Saker""#, "`Saker` cannot name an index"),
            (r#", "index": """#, "`` cannot name an index"),
            (r#", "api_key": "geheim", "auth": {"bearer": "geheim"}"#, "leave one"),
        ] {
            let error = settings(json).connect().err().unwrap().to_string();
            assert!(error.contains(says) && !error.contains("geheim"), "{error}");
        }
    }
}
