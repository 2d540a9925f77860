//! Anything that takes an alert as JSON over HTTP: Falco's JSON, as falcosidekick and what reads Falco's own
//! `http_output` know it, or a CloudEvent.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use super::http::{Access, Auth, Headers, Target};
use super::{Body, ClientTls, Connect, Failure, Rendered, SecretUrl, Sink, SinkError};
use crate::falco::{self, Form};
use crate::shown::Shown;

mod cloud_event;
mod signature;

pub use signature::SigningKey;

/// Settings of a `webhook` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Where to post to.
    pub url: SecretUrl,
    /// By which method: `post`, `put` or `patch`.
    #[serde(default)]
    pub method: WebhookMethod,
    /// As what: `falco` or `cloudevents`.
    #[serde(default)]
    pub format: WebhookFormat,
    /// Headers to send along.
    #[serde(default)]
    pub headers: Headers,
    /// A password or a token.
    #[serde(default)]
    pub auth: Auth,
    /// Signs each request, so that the receiver knows who it is from: see <https://www.standardwebhooks.com>.
    #[serde(default)]
    pub signing_secret: Option<SigningKey>,
    /// TLS to the server.
    #[serde(default)]
    pub tls: ClientTls,
}

/// A method of HTTP that carries a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookMethod {
    /// POST.
    #[default]
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
}

/// What a webhook is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookFormat {
    /// Falco's JSON object, with the alert's id as `uuid`, and `saker.cluster` and `saker.ruleset` in its fields.
    #[default]
    Falco,
    /// The same as the data of a CloudEvent in structured mode, version 1.0.
    CloudEvents,
}

impl WebhookFormat {
    fn content_type(self) -> &'static str {
        match self {
            Self::Falco => "application/json",
            Self::CloudEvents => "application/cloudevents+json",
        }
    }
}

impl From<WebhookMethod> for Method {
    fn from(method: WebhookMethod) -> Self {
        match method {
            WebhookMethod::Post => Self::POST,
            WebhookMethod::Put => Self::PUT,
            WebhookMethod::Patch => Self::PATCH,
        }
    }
}

impl Connect for Webhook {
    const TAKES_BODY: bool = true;

    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let access = Access {
            content_type: self.format.content_type(),
            headers: self.headers.clone(),
            auth: self.auth.clone(),
            tls: self.tls.clone(),
        };
        let target = Target::new(&self.url, &access)?.by(self.method.into());
        Ok(Arc::new(Connected { target, format: self.format, signing: self.signing_secret.clone() }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

struct Connected {
    target: Target,
    format: WebhookFormat,
    signing: Option<SigningKey>,
}

impl Connected {
    /// What tells this alert from others, and that it is from us.
    fn headers(&self, alert: &Rendered) -> Result<HeaderMap, Failure> {
        let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Failure::Refused(error.to_string()));
        let mut headers =
            HeaderMap::from_iter([(HeaderName::from_static("idempotency-key"), value(&alert.id)?)]);
        if let Some(key) = &self.signing {
            let now = Timestamp::now().as_second();
            headers.insert("webhook-id", value(&alert.id)?);
            headers.insert("webhook-timestamp", now.into());
            headers.insert("webhook-signature", value(&key.signature(&alert.id, now, &alert.body.bytes))?);
        }
        Ok(headers)
    }
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        match self.format {
            WebhookFormat::Falco => falco::json(shown.alert, Form::Extended).into(),
            WebhookFormat::CloudEvents => cloud_event::structured(shown.alert).into(),
        }
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            self.target.send(alert.body.bytes.clone(), self.headers(alert)?).await?;
        }
        Ok(())
    }
}
