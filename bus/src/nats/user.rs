//! Who we are, where the address says so: `nats://name:password@host`, or `nats://token@host`.

use secrecy::{ExposeSecret, SecretString};

/// A name with its password, or a token in place of both.
#[derive(PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: Option<String>,
}

impl User {
    pub(super) fn new(name: &str, password: &SecretString) -> Self {
        Self { name: name.to_owned(), password: Some(password.expose_secret().to_owned()) }
    }

    /// Takes the user out of an address, so that nobody who prints the rest prints a password.
    pub(super) fn split_from(server: &str) -> (Option<Self>, String) {
        let parts =
            server.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
        let Some((scheme, (user, host))) = parts else { return (None, server.to_owned()) };
        let user = match user.split_once(':') {
            Some((name, password)) => Self { name: decoded(name), password: Some(decoded(password)) },
            None => Self { name: decoded(user), password: None },
        };
        (Some(user), format!("{scheme}://{host}"))
    }
}

/// Text in which `%` and two hexadecimal digits stand for a byte.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        match escaped(rest) {
            Some((byte, behind)) => {
                bytes.push(byte);
                rest = behind;
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, behind) = text.strip_prefix(b"%")?.split_at_checked(2)?;
    let byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    Some((byte, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(server: &str) -> (Option<(String, Option<String>)>, String) {
        let (user, rest) = User::split_from(server);
        (user.map(|user| (user.name, user.password)), rest)
    }

    #[test]
    fn users_are_taken_out_of_addresses() {
        assert_eq!(split("nats://host:4222"), (None, "nats://host:4222".into()));
        assert_eq!(split("tls://token@host"), (Some(("token".into(), None)), "tls://host".into()));
        let name = (String::from("me"), Some(String::from("p@ss:w%rd")));
        assert_eq!(split("nats://me:p%40ss:w%25rd@host"), (Some(name.clone()), "nats://host".into()));
        assert_eq!(split("nats://me:p@ss:w%rd@host"), (Some(name), "nats://host".into()));
    }
}
