//! Posting as the audit webhook client of kube-apiserver does: its headers, its time limit, its retries.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url, redirect};
use service::Secret;

/// How long the client waits for an answer; it says so in each URL.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it asks again within an attempt where the answer says when.
const MORE_REQUESTS: u32 = 10;
/// What it says of itself.
const USER_AGENT: &str = "Go-http-client/1.1";

/// A client for one address.
#[derive(Debug, Clone)]
pub(super) struct Poster {
    client: Client,
    url: Url,
    token: Option<Secret>,
    retries: Retries,
}

/// When to try again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retries {
    /// How often to try in all.
    pub(super) attempts: u32,
    /// The first wait; each later one is half as long again, and up to a fifth is added by chance.
    pub(super) delay: Duration,
}

/// What became of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Requests beyond the first.
    pub(super) retries: u64,
    /// The answer that accepted it, or why the last request was in vain.
    pub(super) result: Result<StatusCode, Refusal>,
}

/// Why a request was in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The answer was not one that accepts.
    Answer { status: StatusCode, text: String },
    /// There was no answer.
    Silence(String),
}

/// A client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is none.
    #[error("--to: `{0}` is not a URL: give one as http://127.0.0.1:8765/k8s_audit")]
    Url(String),
    /// The HTTP client refuses.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

impl Poster {
    pub(super) fn new(to: &str, token: Option<Secret>, retries: Retries) -> Result<Self, ClientError> {
        let wrong = || ClientError::Url(to.to_owned());
        let mut url: Url = to.parse().map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong());
        }
        // The client drops any other query and fragment.
        url.set_fragment(None);
        url.set_query(Some("timeout=30s"));
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .timeout(PATIENCE)
            // The real client follows with an empty GET and takes its 200 for success: no address to send to.
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self { client, url, token, retries })
    }

    /// Posts a body until it is accepted or the retries are used up.
    pub(super) async fn post(&self, body: Bytes) -> Outcome {
        let mut requests = 0;
        let mut result = Err(Refusal::Silence("never tried".to_owned()));
        for attempt in 0..self.retries.attempts {
            if attempt > 0 {
                tokio::time::sleep(self.retries.before(attempt, rand::random())).await;
            }
            result = self.attempt(body.clone(), &mut requests).await;
            if result.is_ok() {
                break;
            }
        }
        Outcome { retries: requests.saturating_sub(1), result }
    }

    /// One attempt: a request, and more where the answer says when to come again.
    async fn attempt(&self, body: Bytes, requests: &mut u64) -> Result<StatusCode, Refusal> {
        for _ in 0..MORE_REQUESTS {
            *requests += 1;
            match self.request(body.clone()).await {
                Err((_, Some(wait))) => tokio::time::sleep(wait).await,
                Err((refusal, None)) => return Err(refusal),
                Ok(status) => return Ok(status),
            }
        }
        *requests += 1;
        self.request(body).await.map_err(|(refusal, _)| refusal)
    }

    async fn request(&self, body: Bytes) -> Result<StatusCode, (Refusal, Option<Duration>)> {
        let request = self.client.post(self.url.clone()).body(body);
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        };
        let response = request.send().await.map_err(|error| (Refusal::Silence(causes(&error)), None))?;
        let status = response.status();
        let wait = come_again(status, response.headers());
        let text = response.text().await;
        if is_accepted(status) {
            return Ok(status);
        }
        Err((Refusal::Answer { status, text: text.unwrap_or_default() }, wait))
    }
}

impl Retries {
    /// How long to wait before an attempt, the first being 0; `chance` is from 0 to 1.
    fn before(self, attempt: u32, chance: f64) -> Duration {
        let grown = 1.5_f64.powi(i32::try_from(attempt).unwrap_or(1) - 1);
        self.delay.mul_f64(grown * (1.0 + 0.2 * chance))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { status, text } => write!(f, "answered {status}: {}", text.trim()),
            Self::Silence(reason) => write!(f, "no answer: {reason}"),
        }
    }
}

/// What the client takes for success.
fn is_accepted(status: StatusCode) -> bool {
    (200..=206).contains(&status.as_u16())
}

/// When the answer asks to be asked again; a date is not heeded.
fn come_again(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let heeded = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let seconds = headers.get(RETRY_AFTER).filter(|_| heeded)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The error with what lies beneath, which is where the reason stands.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_when_those_of_an_api_server_come() {
        let retries = Retries { attempts: 5, delay: Duration::from_secs(10) };
        let mut at = 0.0;
        let times: Vec<f64> = (1..5)
            .map(|attempt| {
                at += retries.before(attempt, 0.5).as_secs_f64();
                at
            })
            .collect();
        for (time, seen) in times.iter().zip([11.0, 28.0, 53.0, 90.0]) {
            assert!((time - seen).abs() < 1.0, "{times:?}");
        }
    }

    #[test]
    fn only_whole_seconds_with_429_or_503_ask_again() {
        let with = |status: u16, value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
            come_again(StatusCode::from_u16(status).unwrap(), &headers)
        };
        assert_eq!(with(503, "7"), Some(Duration::from_secs(7)));
        assert_eq!(with(429, "0"), Some(Duration::ZERO));
        assert_eq!(with(500, "7"), None);
        assert_eq!(with(503, "Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }

    #[test]
    fn addresses_get_the_clients_query() {
        let retries = Retries { attempts: 1, delay: Duration::ZERO };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = |to: &str| Poster::new(to, None, retries).map(|poster| poster.url.to_string());
        assert_eq!(url("http://a:1/k8s_audit?x=1#y").unwrap(), "http://a:1/k8s_audit?timeout=30s");
        for wrong in ["", "a:1", "/k8s_audit", "ftp://a/b", "unix:/x"] {
            assert!(url(wrong).unwrap_err().to_string().contains("is not a URL"), "{wrong}");
        }
    }
}
