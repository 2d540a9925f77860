//! The file that the engine keeps all in: made whole or not at all, and what to do where it is damaged.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Builder, Database};

use super::disk::Fault;

/// Its name in the directory of a store.
pub(super) const NAME: &str = "store.redb";

/// Memory for pages, both read and waiting to be written.
const CACHE_BYTES: usize = 128 << 20;

/// Opens the file, which is made where there is none.
pub(super) fn database(path: &Path) -> Result<Database, Fault> {
    if !path.try_exists()? {
        return make(path);
    }
    let file = private(path)?;
    // The engine would take it for a new one. Since none is made under its own name, something else emptied it.
    if file.metadata()?.len() == 0 {
        return Err(Fault::corrupt("it is empty"));
    }
    let shown = path.display().to_string();
    let mut builder = builder();
    builder.set_repair_callback(move |repair| {
        tracing::info!(store = shown, progress = repair.progress(), "checking the store after a crash");
    });
    Ok(builder.create_with_backend(FileBackend::new(file)?)?)
}

/// Makes it under another name, so that a kill halfway leaves nothing that looks like a store.
fn make(path: &Path) -> Result<Database, Fault> {
    let unfinished = path.with_extension("new");
    let file = private(&unfinished)?;
    file.set_len(0)?;
    let database = builder().create_with_backend(FileBackend::new(file)?)?;
    std::fs::rename(&unfinished, path)?;
    Ok(database)
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// A file that only its owner may read: audit events tell much about a cluster.
pub(super) fn private(path: &Path) -> io::Result<std::fs::File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Whether an error says that the file is not what was written, rather than that it cannot be read just now.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// What is wrong with the file of this store, and what to do.
pub(super) fn damaged(store: &str, why: &str) -> String {
    format!(
        "{store}/{NAME} is damaged ({why}); put a copy of it back, or move it away to begin with an empty store, \
         without the events and alerts that wait in it"
    )
}
