//! Posting over HTTP, and what each answer means: arrived, try again, never.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, StatusCode, redirect};
use serde::{Deserialize, Serialize};
use service::{Secret, trace};
use tracing::Instrument;

use super::{Failure, Rendered, SecretUrl, SinkError};
use crate::spans;

/// How much of an answer that explains a refusal is kept.
const LONGEST_EXPLANATION: usize = 512;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// Headers that are sent along; their values are secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Secret>", into = "BTreeMap<String, Secret>")]
pub struct Headers {
    named: BTreeMap<String, Secret>,
    parsed: HeaderMap,
}

/// A header that HTTP does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The name.
    #[error("`{0}` is not the name of a header: use letters, digits and `-`")]
    Name(String),
    /// The value, which may be secret.
    #[error("the value of header `{0}` has characters that no header may have, such as line ends")]
    Value(String),
}

impl TryFrom<BTreeMap<String, Secret>> for Headers {
    type Error = HeaderError;

    fn try_from(named: BTreeMap<String, Secret>) -> Result<Self, HeaderError> {
        let mut parsed = HeaderMap::new();
        for (name, value) in &named {
            let key = HeaderName::try_from(name).map_err(|_| HeaderError::Name(name.clone()))?;
            let mut value =
                HeaderValue::from_str(value.expose()).map_err(|_| HeaderError::Value(name.clone()))?;
            value.set_sensitive(true);
            parsed.insert(key, value);
        }
        Ok(Self { named, parsed })
    }
}

impl From<Headers> for BTreeMap<String, Secret> {
    fn from(headers: Headers) -> Self {
        headers.named
    }
}

/// A URL that alerts are posted to.
pub(crate) struct Target {
    client: Client,
    url: SecretUrl,
}

impl Target {
    /// # Errors
    /// Where the system has no certificates to trust and the URL needs some, or the headers are no headers.
    pub(crate) fn new(url: &SecretUrl, headers: &Headers) -> Result<Self, SinkError> {
        let mut all = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (USER_AGENT, HeaderValue::from_static(concat!("saker/", env!("CARGO_PKG_VERSION")))),
        ]);
        all.extend(headers.parsed.clone());
        let mut builder =
            Client::builder().default_headers(all).redirect(redirect::Policy::none()).pool_idle_timeout(IDLE);
        if url.expose().scheme() == "http" {
            // A machine without certificates can still post over plain HTTP.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| SinkError(unset(&error)))?;
        Ok(Self { client, url: url.clone() })
    }

    /// Posts one alert. No timeout: that is the same for all sinks.
    pub(crate) async fn post(&self, alert: &Rendered) -> Result<(), Failure> {
        let span = spans::posting(self.url.expose());
        let mut request = self.client.post(self.url.expose().clone()).body(alert.body.bytes.clone());
        if let Some(trace::Headers { parent, state }) = trace::headers(&span) {
            request = request.header(trace::TRACEPARENT, parent);
            if !state.is_empty() {
                request = request.header(trace::TRACESTATE, state);
            }
        }
        let sending = request.header("idempotency-key", &alert.id).send();
        let answer = sending.instrument(span.clone()).await;
        spans::posted(&span, answer.as_ref().ok().map(Response::status));
        judge(answer.map_err(|error| self.unreachable(error))?).await
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let error = error.without_url();
        Failure::away(format!("{} cannot be reached: {}", self.url.origin(), with_causes(&error)))
    }
}

/// Makes *ring* the provider of cryptography for TLS, unless the process has one already: reqwest brings none along.
pub(crate) fn install_tls_provider() {
    let provider = rustls::crypto::ring::default_provider();
    if let Err(present) = provider.install_default() {
        tracing::trace!(
            suites = Arc::clone(&present).cipher_suites.len(),
            "a TLS provider is installed already"
        );
    }
}

async fn judge(answer: Response) -> Result<(), Failure> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let retry_after = retry_after(answer.headers());
    let location = answer.headers().contains_key("location");
    let reason = match explanation(answer).await.as_str() {
        _ if status.is_redirection() && location => {
            format!("it answered {status}; redirects are not followed: set the URL that it points to")
        }
        "" => format!("it answered {status}"),
        explanation => format!("it answered {status}: {explanation}"),
    };
    if is_for_good(status) {
        Err(Failure::Refused(reason))
    } else {
        Err(Failure::Away { reason, retry_after })
    }
}

/// Whether the same alert would be refused again. An answer that speaks of time, of load, of the server or of the way
/// to it says nothing about the alert.
fn is_for_good(status: StatusCode) -> bool {
    let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_client_error() && !passing.contains(&status)
}

/// The wait that the server asks for, where it gives seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// The beginning of the answer's body as one line.
async fn explanation(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST_EXPLANATION {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(LONGEST_EXPLANATION);
    let text = String::from_utf8_lossy(&bytes);
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn unset(error: &reqwest::Error) -> String {
    format!(
        "HTTPS cannot be set up: {}; are the system's certificates installed (ca-certificates)?",
        with_causes(error)
    )
}

/// The error and what caused it: alone, reqwest's say little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_are_for_good() {
        let all: Vec<u16> =
            (200..600).filter(|code| is_for_good(StatusCode::from_u16(*code).unwrap())).collect();
        let expected: Vec<u16> = (400..500).filter(|code| ![408, 425, 429].contains(code)).collect();
        assert_eq!(all, expected);
    }

    #[test]
    fn headers_are_checked_and_never_shown() {
        let headers: Headers = serde_json::from_str(r#"{"Authorization": "Bearer geheim"}"#).unwrap();
        assert_eq!(serde_json::to_string(&headers).unwrap(), r#"{"Authorization":"***"}"#);
        assert!(!format!("{headers:?}").contains("geheim"));
        for (wrong, says) in
            [(r#"{"a b": "x"}"#, "`a b` is not the name"), (r#"{"a": "geh\neim"}"#, "header `a`")]
        {
            let error = serde_json::from_str::<Headers>(wrong).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("geh"), "{error}");
        }
    }

    #[test]
    fn retry_after_in_seconds() {
        let asked = |text: &str| {
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]))
        };
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("-7"), None);
        assert_eq!(asked("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
