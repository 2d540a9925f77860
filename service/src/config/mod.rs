//! Settings in layers: defaults, then a YAML file, then the environment (`SAKER_…`), then flags; the `config` crate
//! merges them. Over the merged value goes our own check, which reports **everything** that is wrong at once, each with
//! the exact key, where the value came from and what to do.
//!
//! The known keys are those of the serialised default of the typed settings, so a setting is declared once: as a field.
//! Two things follow for those who write settings: every struct has a `Default` and `#[serde(default)]`, and no field is
//! skipped when serialising.
//!
//! In every string `${NAME}` stands for an environment variable and `${file:/path}` for the contents of a file; `$${`
//! is a literal `${`.

mod environment;
mod expand;
mod key_path;
mod layers;
mod problem;
mod shape;
mod typed;
mod unknown;
mod yaml;

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::AdminSettings;

pub use key_path::KeyPath;
pub use problem::{Problem, Problems};
pub use shape::{OpenMap, Shape};
pub use yaml::to_yaml;

/// The settings of one program, all sections together.
pub trait Configuration: Serialize + DeserializeOwned + Default {
    /// Where the program serves its health; `None` for one that never does.
    fn admin(&self) -> Option<&AdminSettings> {
        None
    }

    /// What the default alone does not tell about the keys.
    fn shape() -> Shape {
        Shape::default()
    }

    /// What is wrong although each value is of its type.
    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// Where settings come from, beside the defaults; each one beats those before it.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A YAML file.
    pub file: Option<PathBuf>,
    /// Environment variables; those that do not begin with `SAKER_` serve `${NAME}` only.
    pub environment: Vec<(String, String)>,
    /// What was given on the command line.
    pub flags: Vec<Flag>,
}

/// A setting given on the command line.
#[derive(Debug, Clone)]
pub struct Flag {
    pub(crate) name: String,
    pub(crate) path: KeyPath,
    pub(crate) value: Value,
}

impl Sources {
    /// The environment of this process, and perhaps a file.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        // What is not Unicode is no setting of ours, and `${NAME}` says that it is not set.
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { file, environment: std::env::vars_os().filter_map(text).collect(), flags: Vec::new() }
    }
}

impl Flag {
    /// The flag of this name (`--listen`) sets the key (`ingest.listen`).
    pub fn new(name: &str, path: &str, value: impl Into<Value>) -> Self {
        Self { name: name.to_owned(), path: KeyPath::parse(path), value: value.into() }
    }
}

/// Merges the layers and checks the result.
///
/// # Errors
/// All that is wrong.
pub fn load<T: Configuration>(sources: Sources) -> Result<T, Problems> {
    let defaults = serde_json::to_value(T::default()).unwrap_or_default();
    let shape = T::shape();
    let mut merged = layers::merge(&defaults, &shape, &sources);
    let mut problems = std::mem::take(&mut merged.problems);
    unknown::remove_foreign(&mut merged, &shape);
    expand::strings(&mut merged, &sources.environment, &mut problems);
    unknown::remove(&mut merged, &defaults, &shape, &mut problems);
    let settings: Option<T> = typed::read(&mut merged, &defaults, &mut problems);
    if let Some(settings) = &settings {
        problems.extend(settings.check().into_iter().map(|problem| problem.or_from(&merged)));
    }
    match settings {
        Some(settings) if problems.is_empty() => Ok(settings),
        _ => Err(Problems::new(problems)),
    }
}
