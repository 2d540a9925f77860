//! Where the bus is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the bus is: `local:DIR` or `nats://HOST:PORT`, several NATS servers separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A durable store in a directory of this machine, opened by one process at a time.
    Local(PathBuf),
    /// NATS servers of one cluster, as URLs.
    Nats(Vec<String>),
}

/// Text that is no address of a bus.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{0}` is not the address of a bus: give local:DIR, as local:./saker-data, or nats://HOST:PORT")]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.to_owned());
        if let Some(directory) = text.strip_prefix("local:") {
            return if directory.is_empty() { Err(wrong()) } else { Ok(Self::Local(directory.into())) };
        }
        let servers: Vec<String> = text.split(',').map(|server| server.trim().to_owned()).collect();
        let is_nats = |server: &String| {
            ["nats://", "tls://"]
                .iter()
                .any(|scheme| server.len() > scheme.len() && server.starts_with(scheme))
        };
        if servers.iter().all(is_nats) { Ok(Self::Nats(servers)) } else { Err(wrong()) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(directory) => write!(f, "local:{}", directory.display()),
            Self::Nats(servers) => {
                f.write_str(&servers.iter().map(|server| masked(server)).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// The URL without the password that it may carry.
fn masked(server: &str) -> String {
    match (server.split_once("://"), server.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => server.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_parse_and_print() {
        for text in ["local:./saker-data", "nats://127.0.0.1:4222", "nats://a:4222,nats://b:4222"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for text in ["", "local:", "nats://", "http://x", "nats://a:1,b:2"] {
            assert!(text.parse::<Address>().unwrap_err().to_string().contains("local:DIR"), "{text}");
        }
    }

    #[test]
    fn passwords_do_not_print() {
        let address: Address = "nats://saker:geheim@nats:4222".parse().unwrap();
        assert_eq!(address.to_string(), "nats://***@nats:4222");
    }
}
