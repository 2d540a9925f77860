//! Posting over HTTP: a client with all that the operator set about it, and what its server's answers mean.

mod answer;
mod auth;
mod headers;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, Method, Response, Url, redirect};
use service::trace;
use tracing::Instrument;

use super::{ClientTls, Failure, Rendered, SecretUrl, SinkError};
use crate::spans;

pub(crate) use answer::Answer;
pub use auth::{Auth, AuthError};
pub use headers::{HeaderError, Headers};

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(60);

/// The protocols that a server may choose from.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// How a server is reached.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) content_type: &'static str,
    pub(crate) headers: Headers,
    pub(crate) auth: Auth,
    pub(crate) tls: ClientTls,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            content_type: "application/json",
            headers: Headers::default(),
            auth: Auth::default(),
            tls: ClientTls::default(),
        }
    }
}

/// A URL that alerts are posted to.
pub(crate) struct Target {
    client: Client,
    url: SecretUrl,
    method: Method,
}

impl Target {
    /// # Errors
    /// Where the settings of TLS are of no use, or the system has no certificates to trust and the URL needs some.
    pub(crate) fn new(url: &SecretUrl, access: &Access) -> Result<Self, SinkError> {
        let mut all = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(access.content_type)),
            (USER_AGENT, HeaderValue::from_static(concat!("saker/", env!("CARGO_PKG_VERSION")))),
        ]);
        if let Some(auth) = access.auth.header() {
            all.insert(AUTHORIZATION, auth.clone());
        }
        all.extend(access.headers.parsed().clone());
        let builder =
            Client::builder().default_headers(all).redirect(redirect::Policy::none()).pool_idle_timeout(IDLE);
        let builder = match url.expose().scheme() {
            "https" => {
                let mut tls = access.tls.config()?;
                tls.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
                builder.tls_backend_preconfigured(tls)
            }
            _ if access.tls != ClientTls::default() => return Err(without_tls()),
            // A machine without certificates can still post over plain HTTP.
            _ => builder.tls_backend_preconfigured(ClientTls::unused()?),
        };
        let unset = |error| SinkError(format!("HTTP cannot be set up: {}", with_causes(&error)));
        Ok(Self { client: builder.build().map_err(unset)?, url: url.clone(), method: Method::POST })
    }

    /// The same by another method.
    pub(crate) fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// Posts one alert. No timeout: that is the same for all sinks.
    pub(crate) async fn post(&self, alert: &Rendered) -> Result<Answer, Failure> {
        let id = HeaderValue::from_str(&alert.id).map_err(|error| Failure::Refused(error.to_string()))?;
        let headers = HeaderMap::from_iter([(HeaderName::from_static("idempotency-key"), id)]);
        self.send(alert.body.bytes.clone(), headers).await
    }

    /// Posts something with headers of its own.
    pub(crate) async fn send(&self, body: impl Into<Bytes>, headers: HeaderMap) -> Result<Answer, Failure> {
        let url: &Url = self.url.expose();
        let span = spans::sending(&self.method, url);
        let mut request = self.client.request(self.method.clone(), url.clone()).body(body.into());
        if let Some(trace::Headers { parent, state }) = trace::headers(&span) {
            request = request.header(trace::TRACEPARENT, parent);
            if !state.is_empty() {
                request = request.header(trace::TRACESTATE, state);
            }
        }
        let answer = request.headers(headers).send().instrument(span.clone()).await;
        spans::answered(&span, answer.as_ref().ok().map(Response::status));
        Answer::judged(answer.map_err(|error| self.unreachable(error))?).await
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

fn without_tls() -> SinkError {
    SinkError("tls is set, but the URL is http://: make it https://, or leave tls out".to_owned())
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
