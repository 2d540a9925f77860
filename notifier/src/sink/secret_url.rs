//! A URL that whoever knows it may post to: parsed once, never shown.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Serialize, Serializer};

/// An `http` or `https` URL that may carry a token or a password. Prints and serialises as `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretUrl(Url);

/// Text that is no URL to post to. It does not repeat the text, which may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a URL to post to ({0}): give one as https://host/path")]
pub struct UrlError(String);

impl SecretUrl {
    pub(crate) fn expose(&self) -> &Url {
        &self.0
    }

    /// The URL with `path` behind its own, unless it ends in it already.
    pub(crate) fn joined(&self, path: &str) -> Self {
        let mut url = self.0.clone();
        let own = url.path().trim_end_matches('/');
        if !own.ends_with(path) {
            url.set_path(&format!("{own}{path}"));
        }
        Self(url)
    }

    /// The URL with one more parameter.
    pub(crate) fn with_query(mut self, name: &str, value: &str) -> Self {
        self.0.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Scheme, host and port: what may be logged.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

impl FromStr for SecretUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text.trim()).map_err(|error| UrlError(error.to_string()))?;
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            _ => Err(UrlError("its scheme is neither http nor https".to_owned())),
        }
    }
}

impl TryFrom<String> for SecretUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        text.parse()
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_put_behind_the_own() {
        for (url, joined) in [
            ("http://loki:3100", "http://loki:3100/api/push"),
            ("http://loki:3100/", "http://loki:3100/api/push"),
            ("http://x/loki/?a=b", "http://x/loki/api/push?a=b"),
            ("http://x/loki/api/push", "http://x/loki/api/push"),
        ] {
            assert_eq!(url.parse::<SecretUrl>().unwrap().joined("/api/push").0.as_str(), joined);
        }
    }

    #[test]
    fn urls_are_checked_and_never_shown() {
        let url: SecretUrl = "https://hooks.slack.com:8443/services/T0/B0/geheim".parse().unwrap();
        assert_eq!(url.origin(), "https://hooks.slack.com:8443");
        assert_eq!(format!("{url:?}"), "***");
        assert_eq!(serde_json::to_string(&url).unwrap(), "\"***\"");
        for wrong in ["", "geheim", "/geheim", "ftp://x/geheim", "http://", "https://:99999/geheim"] {
            let error = wrong.parse::<SecretUrl>().unwrap_err().to_string();
            assert!(error.contains("https://host/path") && !error.contains("geheim"), "{error}");
        }
    }
}
