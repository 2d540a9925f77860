//! The file that the engine keeps all in: made whole or not at all, and what to do where it is damaged.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Builder, Database};

use super::disk::Fault;

/// Its name in the directory of a store.
pub(super) const NAME: &str = "store.redb";

/// Memory for pages, both read and waiting to be written.
const CACHE_BYTES: usize = 128 << 20;

/// A larger file is not read as a whole at each start, which would take more than some seconds.
const CHECKED_UP_TO: u64 = 1 << 30;

/// What the lock says once there is a store beside it.
const MARK: &[u8] = b"there is a store beside this\n";

/// Opens the file, which is made where there is none.
pub(super) fn database(path: &Path) -> Result<Database, Fault> {
    if !path.try_exists()? {
        return make(path);
    }
    let file = private(path)?;
    let size = file.metadata()?.len();
    // The engine would take it for a new one. Since none is made under its own name, something else emptied it.
    if size == 0 {
        return Err(Fault::corrupt("it is empty"));
    }
    let shown = path.display().to_string();
    let mut builder = builder();
    builder.set_repair_callback(move |repair| {
        tracing::info!(store = shown, progress = repair.progress(), "checking the store after a crash");
    });
    let mut database = builder.create_with_backend(FileBackend::new(file)?)?;
    if size > CHECKED_UP_TO {
        tracing::info!(store = %path.display(), size, "the store is too large to be checked at each start");
    } else if !database.check_integrity()? {
        return Err(Fault::corrupt(
            "it was mended as far as possible, and what was stored last may be missing; start again to go on with what \
             is left",
        ));
    }
    Ok(database)
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
pub(super) fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Whether an error says that the file is not what was written, rather than that it cannot be read just now.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// What a store that cannot be read says, and what is to be done.
pub(super) fn damaged(store: &str, what: &str) -> String {
    format!(
        "{store}: its file {NAME} is damaged ({what}); bring it back from a copy, or move the directory away and begin \
         with an empty store: what was neither evaluated nor delivered is in the damaged one"
    )
}

/// Fails where there was a store, and none is there: a new one in its place would hide the loss.
pub(super) fn check_not_lost(lock: &File, store: &Path) -> Result<(), String> {
    let was_there = lock.metadata().is_ok_and(|lock| lock.len() > 0);
    let is_there = store.metadata().is_ok_and(|store| store.len() > 0);
    if was_there && !is_there {
        return Err(format!(
            "its file {} is gone or empty, and it had one: bring it back from a copy, or remove the directory to begin \
             with an empty store",
            store.display()
        ));
    }
    Ok(())
}

/// Notes that there is a store.
pub(super) fn mark(mut lock: &File) -> io::Result<()> {
    if lock.metadata()?.len() == 0 {
        lock.write_all(MARK)?;
        lock.sync_all()?;
    }
    Ok(())
}
