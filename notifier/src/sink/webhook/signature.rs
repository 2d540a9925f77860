//! [`SigningKey`]: requests are signed as Standard Webhooks have it (<https://www.standardwebhooks.com>): HMAC-SHA256
//! over the id, the time of sending and the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use serde::{Deserialize, Serialize};
use service::Secret;

/// What a key in the standard's own form begins with; base64 follows.
const PREFIX: &str = "whsec_";

/// A key of fewer bytes can be guessed.
const SHORTEST: usize = 16;

/// The key that requests are signed with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Secret", into = "Secret")]
pub struct SigningKey(Secret, Vec<u8>);

/// Text that is no key. It does not repeat the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// What follows the prefix.
    #[error("what follows `whsec_` is no base64")]
    Base64,
    /// Too short.
    #[error(
        "has {0} bytes, and {SHORTEST} are wanted at least: make one with `echo whsec_$(openssl rand -base64 24)`"
    )]
    Short(usize),
}

impl SigningKey {
    /// The value of `webhook-signature`.
    pub(super) fn signature(&self, id: &str, time: i64, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.1);
        let mut signed = hmac::Context::with_key(&key);
        signed.update(format!("{id}.{time}.").as_bytes());
        signed.update(body);
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

impl TryFrom<Secret> for SigningKey {
    type Error = SigningKeyError;

    fn try_from(secret: Secret) -> Result<Self, SigningKeyError> {
        let bytes = match secret.expose().trim().strip_prefix(PREFIX) {
            Some(text) => STANDARD.decode(text).map_err(|_| SigningKeyError::Base64)?,
            None => secret.expose().trim().as_bytes().to_vec(),
        };
        if bytes.len() < SHORTEST { Err(SigningKeyError::Short(bytes.len())) } else { Ok(Self(secret, bytes)) }
    }
}

impl From<SigningKey> for Secret {
    fn from(key: SigningKey) -> Self {
        key.0
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Result<SigningKey, SigningKeyError> {
        Secret::from(text).try_into()
    }

    #[test]
    fn signatures_are_those_of_the_standard() {
        // Made with `openssl dgst -sha256 -mac HMAC -macopt hexkey:… -binary | base64` over `msg_1.1614265330.{"test": 2432232314}`.
        let signature = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap().signature(
            "msg_1",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,9o7UeFkn1GjVbcY4emAJruJCYqgH2EIf8u/slvVRBZI=");
    }

    #[test]
    fn keys_are_checked_and_never_shown() {
        assert_eq!(key("whsec_*"), Err(SigningKeyError::Base64));
        assert_eq!(key("whsec_AAAA"), Err(SigningKeyError::Short(3)));
        assert_eq!(key("geheim"), Err(SigningKeyError::Short(6)));
        let key = key("a key of many letters").unwrap();
        assert_eq!(format!("{key:?} {}", serde_json::to_string(&key).unwrap()), "*** \"***\"");
    }
}
