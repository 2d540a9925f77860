//! The name of the cluster that events come from.

use std::fmt;
use std::str::FromStr;

/// The name of a cluster: letters, digits, `.`, `_` and `-`, beginning and ending with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cluster(String);

/// Text that is no name of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the last part of the path is no name of a cluster: names have 1 to {} letters, digits, `.`, `_` and `-`, and begin \
     and end with a letter or digit",
    LONGEST
)]
pub struct ClusterError;

/// As long as a DNS name.
const LONGEST: usize = 253;

impl Cluster {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl FromStr for Cluster {
    type Err = ClusterError;

    fn from_str(text: &str) -> Result<Self, ClusterError> {
        let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let is_name = text.len() <= LONGEST
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
            && is_edge(text.chars().next())
            && is_edge(text.chars().next_back());
        if is_name { Ok(Self(text.to_owned())) } else { Err(ClusterError) }
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_other_text() {
        for name in ["prod", "eu-1.prod_2", "A", &"a".repeat(253)] {
            assert_eq!(name.parse::<Cluster>().unwrap().as_str(), name);
        }
        for text in ["", ".", "..", "-a", "a/", "a b", "prod\n", "é", "a*", ">", &"a".repeat(254)] {
            assert_eq!(text.parse::<Cluster>(), Err(ClusterError), "{text:?}");
        }
    }
}
