//! TLS: what secures connections, and what client certificates say.

#[cfg(test)]
#[path = "../../tests/it/authority.rs"]
#[expect(dead_code, reason = "the tests that start a listener need more of it")]
pub(crate) mod authority;
mod fault;
mod greeting;

pub(crate) use fault::in_plain_words;
pub(crate) use greeting::{Greeting, greeting, part, turn_away};
pub use service::credentials::TlsSettings;
pub(crate) use service::credentials::{Material, Need};
