//! How the offline commands redact events: as ingest does, by that part of a configuration.

use std::path::{Path, PathBuf};

use clap::Args;
use ingest::redact::{self, KeyFileError, Redactor};
use serde::{Deserialize, Serialize};
use service::config::{self, Configuration, Flag, Problems, Shape, Sources};

/// Whether events are redacted before they are used.
#[derive(Debug, Clone, Args)]
pub(super) struct RedactFlags {
    /// Take secret values out of the events first, as ingest does
    #[arg(long)]
    redact: bool,
    /// File with the key under which ingest hashes values; without one they are replaced by a word
    #[arg(long, value_name = "FILE", requires = "redact")]
    redact_key_file: Option<PathBuf>,
}

/// Why events cannot be redacted.
#[derive(Debug)]
pub(super) enum Unredacted {
    /// The settings are wrong.
    Settings(Problems),
    /// There is no key.
    Key(KeyFileError),
}

/// The part of the configuration that counts.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Part {
    ingest: ingest::Settings,
}

impl Configuration for Part {
    fn shape() -> Shape {
        Shape::default().foreign(["admin", "bus", "evaluator", "log", "notifier"])
    }
}

impl RedactFlags {
    /// What redacts events, where that is asked for.
    ///
    /// # Errors
    /// Where the settings are wrong, or the key cannot be read.
    pub(super) fn redactor(&self, config: Option<PathBuf>) -> Result<Option<Redactor>, Unredacted> {
        let flag = ("--redact-key-file", self.redact_key_file.as_deref());
        self.redact.then(|| redactor(config, flag)).transpose()
    }
}

/// What redacts events by a configuration, and by a flag that names the key.
///
/// # Errors
/// Where the settings are wrong, or the key cannot be read: it is made by ingest only.
pub(super) fn redactor(
    config: Option<PathBuf>,
    (flag, key_file): (&str, Option<&Path>),
) -> Result<Redactor, Unredacted> {
    let flags = key_file
        .map(|file| Flag::new(flag, "ingest.redact.key_file", file.to_string_lossy().into_owned()))
        .into_iter()
        .collect();
    let part: Part =
        config::load(Sources { flags, ..Sources::of_process(config) }).map_err(Unredacted::Settings)?;
    let settings = part.ingest.redact;
    let key = settings.key_file.as_deref().map(redact::read).transpose().map_err(Unredacted::Key)?;
    Ok(Redactor::new(&settings, key.as_ref()))
}
