//! What a scenario is given, and what it ends with.

use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tests::alerts::Verdict;

use crate::form::Form;

/// One run of a scenario: how much of it, a place for its files, and its own chance.
pub(crate) struct Trial {
    pub(crate) form: Form,
    pub(crate) chance: StdRng,
    directory: TempDir,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Events of bodies that were answered 200.
    pub(crate) acknowledged: usize,
    pub(crate) verdict: Verdict,
    /// What was done, with numbers: "31 kills".
    pub(crate) remarks: Vec<String>,
    /// What it needs and is not there, where nothing was done for the want of it.
    pub(crate) skipped: Option<String>,
}

impl Trial {
    pub(crate) fn new(name: &str, form: Form, seed: u64) -> Self {
        let directory = tempfile::Builder::new().prefix(&format!("saker-chaos-{name}-")).tempdir();
        Self {
            form,
            chance: StdRng::seed_from_u64(seed),
            directory: directory.expect("a temporary directory"),
        }
    }

    /// A file with at least so many events, no two alike, one a line.
    pub(crate) fn events(&self, count: usize) -> PathBuf {
        let path = self.directory().join("events.jsonl");
        tests::fresh::write(&path, count);
        path
    }

    /// Where its files lie.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Outcome {
    /// Of a scenario that cannot be run here, since it needs this: "root, to mount a small disk".
    #[expect(dead_code, reason = "for scenarios that need more than this machine may have")]
    pub(crate) fn skipped(needs: impl Into<String>) -> Self {
        let verdict = Verdict { expected: 0, lost: 0, doubled: 0, repeated: 0 };
        Self { acknowledged: 0, verdict, remarks: Vec::new(), skipped: Some(needs.into()) }
    }

    /// Adds what was done.
    pub(crate) fn remark(mut self, text: impl Into<String>) -> Self {
        self.remarks.push(text.into());
        self
    }
}
