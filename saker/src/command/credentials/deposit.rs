//! A directory of secrets: files appear in it whole, readable for their owner only, and are not written over.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use service::Secret;

const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// The directory.
pub(super) struct Deposit {
    path: PathBuf,
    where_taken: WhereTaken,
}

/// What becomes of a file that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhereTaken {
    /// It stays.
    Refuse,
    /// A new one takes its place.
    Replace,
}

/// A file cannot be put there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DepositError {
    /// The directory.
    #[error("{}: cannot make this directory: {error}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Files that are there.
    #[error("{} there already; nothing was written. --renew makes new ones in their place", are(files))]
    There {
        /// The files.
        files: Vec<PathBuf>,
    },
    /// Writing.
    #[error("{}: cannot write it: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Deposit {
    /// In this directory, which is made if it is not there, for its owner only.
    pub(super) fn at(path: &Path, where_taken: WhereTaken) -> Result<Self, DepositError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| DepositError::Directory { path: path.to_owned(), error })?;
        Ok(Self { path: path.to_owned(), where_taken })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// These files are about to be put there. Better to hear of all that are there before any is written.
    pub(super) fn expect(&self, names: Vec<String>) -> Result<(), DepositError> {
        let paths = names.into_iter().map(|name| self.path.join(name));
        let files: Vec<PathBuf> = paths.filter(|path| path.symlink_metadata().is_ok()).collect();
        let is_fine = files.is_empty() || self.where_taken == WhereTaken::Replace;
        if is_fine { Ok(()) } else { Err(DepositError::There { files }) }
    }

    /// Puts a file there that everybody may read.
    pub(super) fn put(&self, name: &str, text: &str) -> Result<(), DepositError> {
        self.write(name, text, PUBLIC)
    }

    /// Puts a file there that its owner may read.
    pub(super) fn put_secret(&self, name: &str, text: &Secret) -> Result<(), DepositError> {
        self.write(name, text.expose(), SECRET)
    }

    /// Writes it aside, so that nobody ever sees half a file, and gives it its name.
    fn write(&self, name: &str, text: &str, mode: u32) -> Result<(), DepositError> {
        let (path, aside) = (self.path.join(name), self.path.join(format!(".{name}.new")));
        let put = || {
            // Left by a call that was cut off.
            if aside.symlink_metadata().is_ok() {
                fs::remove_file(&aside)?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&aside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            match self.where_taken {
                WhereTaken::Refuse => add(&aside, &path)?,
                WhereTaken::Replace => fs::rename(&aside, &path)?,
            }
            File::open(&self.path)?.sync_all()
        };
        put().map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => DepositError::There { files: vec![path] },
            _ => DepositError::Write { path, error },
        })
    }
}

/// A link fails where the name is taken; a rename would not.
fn add(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

fn are(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}
