//! [`Pattern`]: a short text with places for what an alert is about, as `falco.<priority>.<rule>`.

use std::str::FromStr;

use proto::alerts::v1::Alert;
use serde::{Deserialize, Serialize};

use super::facts;

/// The longest pattern.
const LONGEST: usize = 256;

/// A text in which `<rule>`, `<priority>`, `<cluster>`, `<namespace>`, `<source>`, `<hostname>` and the names of output
/// fields stand for those of the alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    written: String,
    pieces: Vec<Piece>,
}

/// Text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A place for something that alerts do not have.
    #[error(
        "<{0}> stands for nothing: there are <rule>, <priority>, <cluster>, <namespace>, <source> and <hostname>"
    )]
    Unknown(String),
    /// Too much of it.
    #[error("it is longer than {LONGEST} bytes")]
    Long,
    /// Nothing.
    #[error("it is empty")]
    Empty,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The name of what stands there.
    Place(String),
}

impl Pattern {
    /// One of ours, which is known to be a pattern; text that is none stands for itself.
    pub(crate) fn known(written: &str) -> Self {
        let plain = || Self { written: written.to_owned(), pieces: vec![Piece::Text(written.to_owned())] };
        written.parse().unwrap_or_else(|_| plain())
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }

    /// With what the alert has in the places, each as `shape` makes it.
    pub(crate) fn filled(&self, alert: &Alert, shape: impl Fn(&str) -> String) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Place(name) => shape(&facts::fact(alert, name).unwrap_or_default()),
        });
        pieces.collect()
    }
}

/// Output fields have dots in their names; what else may be asked for is few.
fn is_known(name: &str) -> bool {
    ["rule", "priority", "cluster", "namespace", "source", "hostname"].contains(&name) || name.contains('.')
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(written: &str) -> Result<Self, PatternError> {
        match written.len() {
            0 => return Err(PatternError::Empty),
            1..=LONGEST => {}
            _ => return Err(PatternError::Long),
        }
        let mut pieces = Vec::new();
        let mut rest = written;
        while let Some((before, after)) = rest.split_once('<') {
            let Some((name, behind)) = after.split_once('>') else { break };
            if !is_known(name) {
                return Err(PatternError::Unknown(name.to_owned()));
            }
            pieces.extend([Piece::Text(before.to_owned()), Piece::Place(name.to_owned())]);
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { written: written.to_owned(), pieces })
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;

    #[test]
    fn places_are_filled() {
        let pattern: Pattern =
            "<priority>.<rule>@<cluster>/<namespace>/<source>/<hostname>/<ka.user.name> < x".parse().unwrap();
        assert_eq!(
            pattern.filled(&alert(), str::to_owned),
            "Warning.Attach to pod@prod//k8s_audit/vm/alice < x"
        );
        assert_eq!(
            pattern.filled(&alert(), str::to_uppercase),
            "WARNING.ATTACH TO POD@PROD//K8S_AUDIT/VM/ALICE < x"
        );
        assert_eq!(pattern.as_str(), String::from(pattern.clone()));
    }

    #[test]
    fn what_stands_for_nothing_is_told() {
        let error = "a <pod>".parse::<Pattern>().unwrap_err().to_string();
        assert!(error.starts_with("<pod> stands for nothing: there are <rule>"), "{error}");
        assert_eq!("".parse::<Pattern>(), Err(PatternError::Empty));
        assert_eq!("x".repeat(257).parse::<Pattern>(), Err(PatternError::Long));
    }
}
