//! [`Endpoint`]: an address that may carry a password, and does not show it.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::secret::MASK;

/// An address, as `nats://user:password@host:4222`. What stands before an `@` prints and serialises as `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Endpoint(String);

impl Endpoint {
    /// The address itself, for the one place that connects to it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Endpoint {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for Endpoint {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.split(',').enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match (part.split_once("://"), part.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, host))) => write!(f, "{comma}{scheme}://{MASK}@{host}")?,
                _ => write!(f, "{comma}{part}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_before_an_at_is_masked() {
        for (address, shown) in [
            ("local:./saker-data", "local:./saker-data"),
            ("nats://a:4222,nats://b:4222", "nats://a:4222,nats://b:4222"),
            ("nats://saker:geheim@a:4222,nats://b", "nats://***@a:4222,nats://b"),
        ] {
            assert_eq!(Endpoint::from(address).to_string(), shown);
            assert_eq!(format!("{:?}", Endpoint::from(address)), shown);
        }
    }
}
