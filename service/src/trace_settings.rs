//! The section `traces` of the configuration: which requests are traced, and where their traces go.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `traces:` where traces go. `traces: ENDPOINT` is short for `traces: {endpoint: ENDPOINT}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TraceSettings {
    /// An OTLP receiver that speaks gRPC, as `http://collector:4317`. Where none is set, and no variable
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` either, nothing is traced.
    pub endpoint: Option<OtlpEndpoint>,
    /// The share of requests that is traced; ingest decides, and the other services follow.
    pub sample: Share,
}

/// The address of an OTLP receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OtlpEndpoint(String);

/// A share, from 0 (none) to 1 (all).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "f64")]
pub struct Share(f64);

/// What cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceSettingsError {
    /// No address of a receiver.
    #[error(
        "is not the address of an OTLP receiver: give one without a user, as http://collector:4317 (gRPC); what it asks \
         for by way of identity goes into OTEL_EXPORTER_OTLP_HEADERS"
    )]
    Endpoint,
    /// No share.
    #[error("`{0}` is no share: give a number from 0, nothing, to 1, everything")]
    Share(String),
}

impl OtlpEndpoint {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OtlpEndpoint {
    type Err = TraceSettingsError;

    fn from_str(text: &str) -> Result<Self, TraceSettingsError> {
        let uri: Uri = text.parse().map_err(|_| TraceSettingsError::Endpoint)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let is_plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        if is_http && is_plain { Ok(Self(text.to_owned())) } else { Err(TraceSettingsError::Endpoint) }
    }
}

impl TryFrom<String> for OtlpEndpoint {
    type Error = TraceSettingsError;

    fn try_from(text: String) -> Result<Self, TraceSettingsError> {
        text.parse()
    }
}

impl From<OtlpEndpoint> for String {
    fn from(endpoint: OtlpEndpoint) -> Self {
        endpoint.0
    }
}

impl fmt::Display for OtlpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for Share {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for Share {
    type Error = TraceSettingsError;

    fn try_from(share: f64) -> Result<Self, TraceSettingsError> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(TraceSettingsError::Share(share.to_string()))
        }
    }
}

impl TryFrom<Value> for Share {
    type Error = TraceSettingsError;

    /// From a number, or from text that is one: variables and flags are text.
    fn try_from(value: Value) -> Result<Self, TraceSettingsError> {
        let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
        text.parse::<f64>().map_err(|_| TraceSettingsError::Share(text))?.try_into()
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_urls_without_secrets() {
        for good in ["http://collector:4317", "https://otlp.example.com", "http://[::1]:4317/"] {
            assert_eq!(good.parse::<OtlpEndpoint>().unwrap().as_str(), good);
        }
        for bad in ["", "collector:4317", "grpc://collector:4317", "http://", "http://me:geheim@collector"] {
            let error = bad.parse::<OtlpEndpoint>().unwrap_err().to_string();
            assert!(error.contains("http://collector:4317") && !error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn shares_lie_between_none_and_all() {
        for share in [0.0, 0.01, 1.0] {
            assert_eq!(f64::from(Share::try_from(share).unwrap()), share);
        }
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(Share::try_from(share).unwrap_err().to_string().contains("from 0"), "{share}");
        }
        let read = |json: &str| serde_json::from_str::<Share>(json).map(f64::from);
        for (json, share) in [("0", 0.0), ("0.25", 0.25), ("\"0.25\"", 0.25)] {
            assert_eq!(read(json).unwrap(), share);
        }
        for (json, says) in
            [("\"2\"", "`2` is no share"), ("\"all\"", "`all` is no share"), ("null", "`null` is no share")]
        {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
