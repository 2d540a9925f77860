//! [`Listen`]: where the gRPC services listen, as settings say it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where the gRPC services listen: `HOST:PORT`, `unix:///PATH`, or not at all, which is `off` or null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Option<String>", into = "Option<String>")]
pub enum Listen {
    /// Nowhere.
    Off,
    /// At an address and port.
    Tcp(SocketAddr),
    /// On a unix socket.
    Unix(PathBuf),
}

/// Text that says of no place where to listen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place to listen at: give an address and port, as 127.0.0.1:5060, or unix:///path, or off"
)]
pub struct ListenError(String);

impl Default for Listen {
    /// Falco's port, on loopback: whoever reaches it can read all alerts.
    fn default() -> Self {
        Self::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)))
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Some(path) = text.strip_prefix("unix://").or_else(|| text.strip_prefix("unix:")) {
            let path = PathBuf::from(path);
            return if path.is_absolute() { Ok(Self::Unix(path)) } else { Err(ListenError(text.to_owned())) };
        }
        text.parse().map(Self::Tcp).map_err(|_| ListenError(text.to_owned()))
    }
}

impl TryFrom<Option<String>> for Listen {
    type Error = ListenError;

    fn try_from(text: Option<String>) -> Result<Self, ListenError> {
        text.map_or(Ok(Self::Off), |text| text.parse())
    }
}

impl From<Listen> for Option<String> {
    fn from(listen: Listen) -> Self {
        match listen {
            Listen::Off => None,
            other => Some(other.to_string()),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_print() {
        for text in ["127.0.0.1:5060", "[::]:5060", "unix:///run/saker/alerts.sock", "off"] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        assert_eq!("unix:/x".parse(), Ok(Listen::Unix("/x".into())));
        assert_eq!(Listen::default().to_string(), "127.0.0.1:5060");
        for text in ["", "5060", "localhost", "unix://", "unix://x", "OFF", "http://127.0.0.1:5060"] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }

    #[test]
    fn null_is_off() {
        assert_eq!(serde_json::from_str::<Listen>("null").unwrap(), Listen::Off);
        assert_eq!(serde_json::to_string(&Listen::Off).unwrap(), "null");
    }
}
