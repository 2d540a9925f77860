//! The store's file: opened by one process at a time, and opened anew after a failure of the disk.

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use redb::{Database, ReadTransaction, ReadableDatabase, StorageError, WriteTransaction};

use super::{file, tables};
use crate::BusError;

/// Opens the database inside the file; another one in tests.
pub(super) type Opener = Box<dyn Fn() -> Result<Database, Fault> + Send + Sync>;

/// The file of a store.
pub(super) struct Disk {
    open: Opener,
    slot: RwLock<Slot>,
    name: String,
    /// The lock on the directory, let go after the file.
    lock: Mutex<Option<File>>,
    is_started: AtomicBool,
}

enum Slot {
    Open(Database),
    /// A read or write failed, after which the engine wants to be opened anew.
    Failed,
    Closed,
}

impl Disk {
    /// Opens a directory's store, which no other process may have open.
    pub(super) fn open_directory(directory: &Path) -> Result<Self, BusError> {
        let setup = |what: &str, error: io::Error| {
            BusError::Setup(format!("{what} {}: {error}", directory.display()))
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| setup("cannot create", error))?;
        let lock = file::private(&directory.join("lock")).map_err(|error| setup("cannot write to", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BusError::Busy(directory.display().to_string())),
            Err(TryLockError::Error(error)) => return Err(setup("cannot lock", error)),
        }
        let path = directory.join(file::NAME);
        file::check_not_lost(&lock, &path)
            .map_err(|why| BusError::Setup(format!("{}: {why}", directory.display())))?;
        let marked = lock.try_clone().map_err(|error| setup("cannot write to", error))?;
        let disk = Self::open_with(
            Box::new(move || file::database(&path)),
            directory.display().to_string(),
            Some(lock),
        )?;
        // The file's own entry in the directory must outlive a loss of power too.
        File::open(directory)
            .and_then(|entry| entry.sync_all())
            .map_err(|error| setup("cannot sync", error))?;
        file::mark(&marked).map_err(|error| setup("cannot write to", error))?;
        Ok(disk)
    }

    pub(super) fn open_with(open: Opener, name: String, lock: Option<File>) -> Result<Self, BusError> {
        let slot = RwLock::new(Slot::Failed);
        let disk = Self { open, slot, name, lock: Mutex::new(lock), is_started: AtomicBool::new(false) };
        disk.write(tables::create)?;
        disk.is_started.store(true, Ordering::Relaxed);
        Ok(disk)
    }

    /// Runs `work` on a snapshot. Blocks.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Fault>,
    ) -> Result<T, BusError> {
        self.with(|database| work(&database.begin_read().map_err(redb::Error::from)?))
    }

    /// Runs `work` in a transaction and makes it durable: all of it, or nothing. Blocks.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
    ) -> Result<T, BusError> {
        self.with(|database| {
            let mut txn = database.begin_write().map_err(redb::Error::from)?;
            // Otherwise a last commit that was damaged later looks like one that was never finished, and is undone
            // without a word, answered or not.
            txn.set_two_phase_commit(true);
            let value = work(&txn)?;
            txn.commit().map_err(redb::Error::from)?;
            Ok(value)
        })
    }

    /// Closes the file once the reads under way are done. Blocks.
    pub(super) fn close(&self) {
        *self.slot.write().unwrap_or_else(PoisonError::into_inner) = Slot::Closed;
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, BusError> {
        let slot = self.opened()?;
        let Slot::Open(database) = &*slot else { return Err(BusError::Closed) };
        let result = work(database);
        drop(slot);
        result.map_err(|fault| self.failed(fault))
    }

    fn opened(&self) -> Result<RwLockReadGuard<'_, Slot>, BusError> {
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*slot, Slot::Failed) {
            return Ok(slot);
        }
        drop(slot);
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*slot, Slot::Failed) {
            *slot = Slot::Open((self.open)().map_err(|fault| self.told(fault))?);
        }
        drop(slot);
        Ok(self.slot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// After a failure of the disk the engine refuses all work until it is opened anew; what was committed stays.
    fn failed(&self, fault: Fault) -> BusError {
        if let Fault::Store(redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::Backend(_)) = fault {
            let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(*slot, Slot::Open(_)) {
                *slot = Slot::Failed;
            }
        }
        self.told(fault)
    }

    fn told(&self, fault: Fault) -> BusError {
        let is_started = self.is_started.load(Ordering::Relaxed);
        let is_in_the_way = matches!(&fault, Fault::Store(redb::Error::Io(error)) if is_in_the_way(error));
        match fault.tell(&self.name) {
            // Who is at work waits until somebody has seen to it, as with a disk that is full.
            BusError::Setup(text) if is_started && is_in_the_way => BusError::Unavailable(text),
            error => error,
        }
    }
}

/// Why a transaction did not come about.
#[derive(Debug)]
pub(super) enum Fault {
    Store(redb::Error),
    Bus(BusError),
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

impl Fault {
    /// What is stored makes no sense.
    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Store(StorageError::Corrupted(what.into()).into())
    }

    fn tell(self, store: &str) -> BusError {
        match self {
            Self::Bus(BusError::Setup(text)) => BusError::Setup(format!("{store}: {text}")),
            Self::Bus(error) => error,
            Self::Store(redb::Error::Io(error)) if is_full(&error) => {
                BusError::Full(format!("{store}: no room on the disk: {error}"))
            }
            Self::Store(redb::Error::Io(error)) if is_in_the_way(&error) => BusError::Setup(format!(
                "{store}: {error}; the store must be a directory that we may write to"
            )),
            Self::Store(redb::Error::DatabaseAlreadyOpen) => BusError::Busy(store.to_owned()),
            Self::Store(redb::Error::Io(error)) if file::is_damage(&error) => {
                BusError::Corrupt(file::damaged(store, &error.to_string()))
            }
            Self::Store(redb::Error::Corrupted(text)) => BusError::Corrupt(file::damaged(store, &text)),
            Self::Store(redb::Error::UpgradeRequired(found)) => BusError::Setup(format!(
                "{store}: its file format is {found}; use the version of saker that wrote it"
            )),
            Self::Store(other) => BusError::Unavailable(format!("{store}: {other}")),
        }
    }
}

/// Whether somebody has to see to the directory first.
fn is_in_the_way(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
    )
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
