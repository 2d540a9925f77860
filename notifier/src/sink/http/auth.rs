//! [`Auth`]: who the sink says it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize};
use service::Secret;

use super::headers::secret;

/// What is sent as `Authorization`: a name with a password, or a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Auth {
    fields: Fields,
    header: Option<HeaderValue>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fields {
    username: Option<String>,
    password: Option<Secret>,
    bearer: Option<Secret>,
}

/// Settings that are no way to say who one is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Two ways at once.
    #[error("both a password and a bearer token are set: leave one")]
    Both,
    /// One without the other.
    #[error("`username` and `password` belong together: set both, or neither")]
    Half,
    /// A colon would end it.
    #[error("a username cannot have a colon")]
    Colon,
    /// Not even a secret may have line ends.
    #[error("the bearer token has characters that no header may have, such as line ends")]
    Token,
}

impl Auth {
    /// A token.
    ///
    /// # Errors
    /// Where no header can hold it.
    pub(crate) fn bearer(token: &Secret) -> Result<Self, AuthError> {
        Fields { bearer: Some(token.clone()), ..Fields::default() }.try_into()
    }

    /// The value of the header `Authorization`; `None` where none is to be sent.
    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.header.as_ref()
    }
}

impl TryFrom<Fields> for Auth {
    type Error = AuthError;

    fn try_from(fields: Fields) -> Result<Self, AuthError> {
        let header = match (&fields.username, &fields.password, &fields.bearer) {
            (None, None, None) => None,
            (None, None, Some(token)) => {
                let text = format!("Bearer {}", token.expose().trim());
                Some(secret(&text).ok_or(AuthError::Token)?)
            }
            (Some(name), Some(_), None) if name.contains(':') => return Err(AuthError::Colon),
            (Some(name), Some(password), None) => {
                let both = STANDARD.encode(format!("{name}:{}", password.expose()));
                Some(secret(&format!("Basic {both}")).ok_or(AuthError::Token)?)
            }
            (_, _, Some(_)) => return Err(AuthError::Both),
            (_, _, None) => return Err(AuthError::Half),
        };
        Ok(Self { fields, header })
    }
}

impl From<Auth> for Fields {
    fn from(auth: Auth) -> Self {
        auth.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auth(json: &str) -> Result<Auth, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn passwords_and_tokens_become_a_header_and_are_never_shown() {
        for (json, header) in [
            (r#"{"username": "Aladdin", "password": "open sesame"}"#, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            (r#"{"bearer": " geheim\n"}"#, "Bearer geheim"),
        ] {
            let auth = auth(json).unwrap();
            assert_eq!(auth.header().unwrap(), header);
            let shown = format!("{auth:?} {}", serde_json::to_string(&auth).unwrap());
            assert!(!shown.contains("sesame") && !shown.contains("geheim"), "{shown}");
        }
        assert_eq!(auth("{}").unwrap().header(), None);
    }

    #[test]
    fn mistakes_say_what_is_wrong() {
        for (json, says) in [
            (r#"{"username": "a"}"#, "belong together"),
            (r#"{"password": "geheim"}"#, "belong together"),
            (r#"{"username": "a", "password": "geheim", "bearer": "geheim"}"#, "leave one"),
            (r#"{"username": "a:b", "password": "geheim"}"#, "colon"),
            (r#"{"bearer": "geh\neim"}"#, "line ends"),
            (r#"{"token": "geheim"}"#, "unknown field `token`"),
        ] {
            let error = auth(json).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("geh"), "{error}");
        }
    }
}
