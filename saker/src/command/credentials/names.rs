//! Names that go into certificates.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ingest::Cluster;
use rustls::pki_types::DnsName;

/// What a subject's common name may have (RFC 5280, `ub-common-name`).
const LONGEST: usize = 64;

/// The name or address of a host.
#[derive(Debug, Clone)]
pub(super) struct Host(String);

/// The name that an API server is known by: that of its cluster, and of the files it is in.
#[derive(Debug, Clone)]
pub(super) struct Client(Cluster);

/// Text that cannot be such a name.
#[derive(Debug, thiserror::Error)]
pub(super) enum NameError {
    /// A URL or an address with a port.
    #[error(
        "it is the name or the address of a host alone, as `saker.example`, without scheme, port or path"
    )]
    MoreThanHost,
    /// Neither a DNS name nor an address.
    #[error("`{0}` is neither the name of a host, as `saker.example`, nor an address")]
    NoHost(String),
    /// No name of a cluster.
    #[error(
        "a name has 1 to {LONGEST} letters, digits, `.`, `_` and `-`, and begins and ends with a letter or digit"
    )]
    NoCluster,
    /// A file of that name holds something else.
    #[error("`{0}` is what the {1}'s own files are called: choose another name")]
    Taken(String, &'static str),
}

impl Host {
    /// As it stands in a URL.
    pub(super) fn in_url(&self) -> String {
        match self.0.parse() {
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.0.clone(),
        }
    }
}

impl FromStr for Host {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self(text.to_owned()));
        }
        if text.contains(['/', ':', '[']) {
            return Err(NameError::MoreThanHost);
        }
        // What looks like an address and is none would be a name that nobody can have.
        let is_number = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        match DnsName::try_from(text.strip_prefix("*.").unwrap_or(text)) {
            Ok(_) if !is_number => Ok(Self(text.to_ascii_lowercase())),
            _ => Err(NameError::NoHost(text.to_owned())),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Client {
    /// The name as text.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Client {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.to_ascii_lowercase().as_str() {
            "ca" => return Err(NameError::Taken(text.to_owned(), "authority")),
            "server" => return Err(NameError::Taken(text.to_owned(), "webhook")),
            _ => {}
        }
        let name = text.parse::<Cluster>().ok().filter(|_| text.len() <= LONGEST);
        name.map(Self).ok_or(NameError::NoCluster)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_other_text() {
        for (text, in_url) in [
            ("saker.example", "saker.example"),
            ("Saker", "saker"),
            ("*.saker.example", "*.saker.example"),
            ("10.0.0.7", "10.0.0.7"),
            ("fd00::7", "[fd00::7]"),
        ] {
            assert_eq!(text.parse::<Host>().unwrap().in_url(), in_url);
        }
        for text in ["https://saker", "saker:8765", "saker/k8s_audit", "[fd00::7]"] {
            assert!(matches!(text.parse::<Host>(), Err(NameError::MoreThanHost)), "{text}");
        }
        for text in ["", "a b", "10.0.0.777", "sa*ker", "é"] {
            assert!(matches!(text.parse::<Host>(), Err(NameError::NoHost(_))), "{text}");
        }
    }

    #[test]
    fn names_of_clusters_are_names_of_files() {
        assert_eq!("eu-1.prod_2".parse::<Client>().unwrap().as_str(), "eu-1.prod_2");
        for text in ["", "..", "../x", "a/b", ".hidden", "a b", &"a".repeat(65)] {
            assert!(matches!(text.parse::<Client>(), Err(NameError::NoCluster)), "{text}");
        }
        for text in ["ca", "CA", "server"] {
            assert!(matches!(text.parse::<Client>(), Err(NameError::Taken(..))), "{text}");
        }
    }
}
