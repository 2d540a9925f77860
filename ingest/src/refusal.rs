//! Every answer but 200: its status, its headers, and JSON that says what to do.

use axum::Json;
use axum::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::cluster::{Cluster, ClusterError};
use crate::split::NotJson;

/// Why a request gets no 200.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "nothing is served here; audit events are taken by POST at /k8s_audit and /k8s-audit, or with the name of the cluster behind it: /k8s_audit/{{cluster}}"
    )]
    NotFound,
    #[error("only {0} is served here")]
    MethodNotAllowed(&'static str),
    #[error(transparent)]
    BadCluster(#[from] ClusterError),
    #[error("the Content-Type must be application/json or application/x-ndjson, not {0}")]
    WrongContentType(String),
    #[error("the body must not be compressed: leave the Content-Encoding out, instead of {0}")]
    Encoded(String),
    #[error("the body is larger than {limit} bytes; send fewer events at once, or raise ingest.max_body")]
    TooLarge { limit: usize },
    #[error("{0}; its first 64 KiB are kept as a dead letter")]
    NotJson(#[from] NotJson),
    #[error("the body paused for too long, or took too long altogether; send it again")]
    TooSlow,
    #[error("the body ended before its time: {0}")]
    Incomplete(String),
    #[error("there is no room for the body now; send it again in {retry_after} seconds")]
    NoMemory { retry_after: u64 },
    #[error("the events could not be stored: {why}; send them again in {retry_after} seconds")]
    NotStored { why: String, retry_after: u64 },
    #[error("ingest failed over this body; it is logged there")]
    Failed,
    #[error(
        "this endpoint takes events of known clients only: send a bearer token (`token` or `tokenFile` of the kubeconfig's \
         user), or present a client certificate"
    )]
    NoCredential,
    #[error("the Authorization header must be one, and `Bearer TOKEN`")]
    NotBearer,
    #[error("the bearer token is that of no identity: it was replaced, or belongs to another endpoint")]
    UnknownToken,
    #[error(
        "the client certificate is that of no identity: it bears {0}; add a name of it to the certificate_names of one"
    )]
    UnknownCertificate(String),
    #[error("the client certificate has expired: renew it, and connect again")]
    ExpiredCertificate,
    #[error("the client certificate is no longer trusted: its authority was replaced, or it was revoked")]
    DistrustedCertificate,
    #[error(
        "the bearer token is that of identity {token}, the client certificate that of {certificate}: send one of them"
    )]
    TwoIdentities { token: String, certificate: String },
    #[error(
        "the client certificate bears names of two identities, {one} and {other}: give each names of its own"
    )]
    CertificateOfTwo { one: String, other: String },
    #[error(
        "identity {identity} sends the events of cluster {own}, not of {path}: leave the cluster out of the path, or write \
         /k8s_audit/{own}"
    )]
    OtherCluster { identity: String, own: Cluster, path: Cluster },
    #[error("identity {identity} has {limit} requests in hand; send this one again in {retry_after} seconds")]
    TooManyRequests { identity: String, limit: usize, retry_after: u64 },
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadCluster(_) | Self::NotJson(_) | Self::Incomplete(_) => StatusCode::BAD_REQUEST,
            Self::WrongContentType(_) | Self::Encoded(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoMemory { .. } | Self::NotStored { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoCredential
            | Self::NotBearer
            | Self::UnknownToken
            | Self::UnknownCertificate(_)
            | Self::ExpiredCertificate
            | Self::DistrustedCertificate => StatusCode::UNAUTHORIZED,
            Self::TwoIdentities { .. } | Self::CertificateOfTwo { .. } | Self::OtherCluster { .. } => {
                StatusCode::FORBIDDEN
            }
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// A short stable word.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::MethodNotAllowed(_) => "method-not-allowed",
            Self::BadCluster(_) => "bad-cluster",
            Self::WrongContentType(_) => "wrong-content-type",
            Self::Encoded(_) => "encoded",
            Self::TooLarge { .. } => "too-large",
            Self::NotJson(_) => "not-json",
            Self::TooSlow => "too-slow",
            Self::Incomplete(_) => "incomplete",
            Self::NoMemory { .. } => "no-memory",
            Self::NotStored { .. } => "not-stored",
            Self::Failed => "failed",
            Self::NoCredential => "no-credential",
            Self::NotBearer => "not-bearer",
            Self::UnknownToken => "unknown-token",
            Self::UnknownCertificate(_) => "unknown-certificate",
            Self::ExpiredCertificate => "expired-certificate",
            Self::DistrustedCertificate => "distrusted-certificate",
            Self::TwoIdentities { .. } => "two-identities",
            Self::CertificateOfTwo { .. } => "certificate-of-two",
            Self::OtherCluster { .. } => "other-cluster",
            Self::TooManyRequests { .. } => "too-many-requests",
        }
    }

    /// What belongs to the error beside its code and its message.
    fn details(&self) -> Value {
        match self {
            Self::NotJson(NotJson { offset, line, column, expected, found }) => {
                json!({"offset": offset, "line": line, "column": column, "expected": expected, "found": found})
            }
            Self::TooLarge { limit } => json!({"limit": limit}),
            Self::NotFound => json!({"paths": crate::webhook::PATHS}),
            _ => json!({}),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = self.details();
        if let Value::Object(error) = &mut error {
            error.insert("code".into(), self.code().into());
            error.insert("message".into(), self.to_string().into());
        }
        let mut response = (self.status(), Json(json!({"error": error}))).into_response();
        let headers = response.headers_mut();
        match &self {
            Self::NoMemory { retry_after }
            | Self::NotStored { retry_after, .. }
            | Self::TooManyRequests { retry_after, .. } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            Self::MethodNotAllowed(allowed) => {
                headers.insert(ALLOW, HeaderValue::from_static(allowed));
            }
            _ if self.status() == StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(refusal: Refusal) -> String {
        let response = refusal.into_response();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        let headers: Vec<_> = parts
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        format!("{}\n{}\n{}\n", parts.status, headers.join("\n"), String::from_utf8_lossy(&body))
    }

    #[tokio::test]
    async fn refusals_say_what_to_do() {
        let not_json = crate::split::split("{\n x", 1).next().unwrap().unwrap_err();
        let mut all = String::new();
        for refusal in [
            Refusal::NotFound,
            Refusal::MethodNotAllowed("POST"),
            Refusal::BadCluster(ClusterError),
            Refusal::WrongContentType("text/plain".into()),
            Refusal::Encoded("gzip".into()),
            Refusal::TooLarge { limit: 7 },
            Refusal::NotJson(not_json),
            Refusal::TooSlow,
            Refusal::Incomplete("connection reset".into()),
            Refusal::NoMemory { retry_after: 10 },
            Refusal::NotStored { why: "the bus is full: 10 GiB".into(), retry_after: 10 },
            Refusal::Failed,
            Refusal::NoCredential,
            Refusal::NotBearer,
            Refusal::UnknownToken,
            Refusal::UnknownCertificate("CN=x".into()),
            Refusal::ExpiredCertificate,
            Refusal::DistrustedCertificate,
            Refusal::TwoIdentities { token: "a".into(), certificate: "b".into() },
            Refusal::CertificateOfTwo { one: "a".into(), other: "b".into() },
            Refusal::OtherCluster {
                identity: "a".into(),
                own: "prod".parse().unwrap(),
                path: "test".parse().unwrap(),
            },
            Refusal::TooManyRequests { identity: "a".into(), limit: 256, retry_after: 10 },
        ] {
            all.push_str(&shown(refusal).await);
        }
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(all) });
    }
}
