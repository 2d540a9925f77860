//! [`Headers`]: what an operator has sent along with each request.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use service::Secret;

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

impl Headers {
    /// One more, or another in place of one that was there.
    ///
    /// # Errors
    /// Where HTTP does not allow it.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Result<Self, HeaderError> {
        self.named.insert(name.to_owned(), value.into());
        self.named.try_into()
    }

    pub(crate) fn parsed(&self) -> &HeaderMap {
        &self.parsed
    }
}

/// A value that is not shown.
pub(crate) fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl TryFrom<BTreeMap<String, Secret>> for Headers {
    type Error = HeaderError;

    fn try_from(named: BTreeMap<String, Secret>) -> Result<Self, HeaderError> {
        let mut parsed = HeaderMap::new();
        for (name, value) in &named {
            let key = HeaderName::try_from(name).map_err(|_| HeaderError::Name(name.clone()))?;
            let value = secret(value.expose()).ok_or_else(|| HeaderError::Value(name.clone()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
