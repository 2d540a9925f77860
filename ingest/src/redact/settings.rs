//! What an operator may set about redaction.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::path::Path;

/// `ingest.redact:` which values never reach the bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What is known to be secret; all of it unless told otherwise, and nothing where the list is empty.
    pub builtin: Vec<Builtin>,
    /// More values, by their paths.
    pub paths: Vec<Path>,
    /// The file with the key under which values are hashed; made where it is not there. The same for all replicas. None:
    /// values are replaced by a word, and cannot be compared.
    pub key_file: Option<PathBuf>,
}

/// What is known to be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Builtin {
    /// The values of Secrets.
    Secrets,
    /// Tokens that are made (TokenRequest) and that are asked about (TokenReview).
    Tokens,
    /// What `kubectl apply` notes down of an object, which may be a Secret; but for ConfigMaps.
    LastApplied,
}

impl Builtin {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Secrets, Self::Tokens, Self::LastApplied];
}

impl Default for Settings {
    fn default() -> Self {
        Self { builtin: Builtin::ALL.to_vec(), paths: Vec::new(), key_file: None }
    }
}

impl Settings {
    /// Whether anything is redacted at all.
    pub fn is_on(&self) -> bool {
        !(self.builtin.is_empty() && self.paths.is_empty())
    }
}
