//! Tests with a disk that fails.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::backends::FileBackend;
use redb::{Builder, StorageBackend};

use super::Local;
use super::disk::Disk;
use super::store::Store;
use crate::retention::Retention;
use crate::{Bus, BusError, ConsumerSpec, Settings, Start, Stream};
use proto::events::v1::EventChunk;

/// A disk whose writes or syncs fail on demand.
#[derive(Debug, Default)]
struct Switch {
    is_full: AtomicBool,
    is_frozen: AtomicBool,
    cannot_sync: AtomicBool,
    cannot_read: AtomicBool,
}

#[derive(Debug)]
struct Faulty {
    file: FileBackend,
    switch: Arc<Switch>,
}

impl StorageBackend for Faulty {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.switch.cannot_read.load(Ordering::SeqCst) {
            return Err(io::Error::other("unreadable sector"));
        }
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.switch.cannot_sync.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk has gone"));
        }
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.switch.is_full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if self.switch.is_frozen.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.file.write(offset, data)
    }
}

fn open(path: PathBuf) -> (Bus, Arc<Switch>) {
    let switch = Arc::new(Switch::default());
    let given = Arc::clone(&switch);
    let opener = move || {
        let file =
            std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        let backend = Faulty { file: FileBackend::new(file)?, switch: Arc::clone(&given) };
        Ok(Builder::new().set_cache_size(1 << 20).create_with_backend(backend)?)
    };
    let disk = Disk::open_with(Box::new(opener), "test".into(), None).unwrap();
    let store = Arc::new(Store::start(disk, &Settings::default()).unwrap());
    let backend = Arc::new(Local { door: None.into(), store, directory: "test".into() });
    (Bus { backend, retention: Retention::of(&Settings::default()) }, switch)
}

fn chunk(number: u64) -> EventChunk {
    EventChunk { events: vec![format!("{number}").into()], ..EventChunk::default() }
}

async fn assert_holds(bus: &Bus, sequences: &[u64]) {
    let mut reader = bus.read::<EventChunk>(Start::Earliest).await.unwrap();
    let mut held = Vec::new();
    while let Some(stored) = reader.next().await.unwrap() {
        assert_eq!(stored.message, chunk(stored.sequence));
        held.push(stored.sequence);
    }
    assert_eq!(held, sequences);
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, switch) = open(directory.path().join("store"));
    bus.publish(&chunk(1)).await.unwrap();
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    let delivery = consumer.next().await.unwrap();
    switch.is_full.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let error = bus.publish(&chunk(2)).await.unwrap_err();
        assert!(matches!(error, BusError::Full(_)), "{error}");
    }
    assert!(matches!(delivery.ack().await, Err(BusError::Full(_))));
    switch.is_full.store(false, Ordering::SeqCst);
    assert_eq!(bus.publish(&chunk(2)).await.unwrap().sequence, 2);
    assert_holds(&bus, &[1, 2]).await;
    // What could not be settled comes again.
    let again = consumer.next().await.unwrap();
    assert_eq!((again.sequence(), again.attempt()), (1, 2));
    again.ack().await.unwrap();
    assert_eq!(consumer.next().await.unwrap().sequence(), 2);
    bus.close().await.unwrap();
}

#[tokio::test]
async fn a_store_that_nobody_may_write_to_any_more_is_waited_out() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, switch) = open(directory.path().join("store"));
    bus.publish(&chunk(1)).await.unwrap();
    switch.is_frozen.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let error = bus.publish(&chunk(2)).await.unwrap_err();
        assert!(error.is_transient() && error.to_string().contains("that we may write to"), "{error}");
    }
    switch.is_frozen.store(false, Ordering::SeqCst);
    bus.publish(&chunk(2)).await.unwrap();
    assert_holds(&bus, &[1, 2]).await;
    bus.close().await.unwrap();
}

#[tokio::test]
async fn a_sync_that_fails_answers_nobody_with_success() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, switch) = open(directory.path().join("store"));
    bus.publish(&chunk(1)).await.unwrap();
    switch.cannot_sync.store(true, Ordering::SeqCst);
    let error = bus.publish(&chunk(2)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    switch.cannot_sync.store(false, Ordering::SeqCst);
    // Whether the message got there is open, as the error says; to publish it again is safe.
    assert_eq!(bus.publish(&chunk(2)).await.unwrap().sequence, 2);
    assert_eq!(bus.publish(&chunk(3)).await.unwrap().sequence, 3);
    assert_holds(&bus, &[1, 2, 3]).await;
    bus.close().await.unwrap();
}

#[tokio::test]
async fn a_read_that_fails_is_waited_out_by_workers() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let (bus, _) = open(path.clone());
    bus.publish(&chunk(1)).await.unwrap();
    bus.close().await.unwrap();
    let (bus, switch) = open(path);
    let mut consumer = bus.consume::<EventChunk>(ConsumerSpec::named("worker")).await.unwrap();
    switch.cannot_read.store(true, Ordering::SeqCst);
    // What is in memory can still be read; opening the file anew cannot.
    switch.cannot_sync.store(true, Ordering::SeqCst);
    bus.publish(&chunk(2)).await.unwrap_err();
    assert!(bus.status(Stream::Events).await.unwrap_err().is_transient());
    let waiting = tokio::spawn(async move { consumer.next().await.map(|delivery| delivery.sequence()) });
    switch.cannot_sync.store(false, Ordering::SeqCst);
    switch.cannot_read.store(false, Ordering::SeqCst);
    assert_eq!(waiting.await.unwrap().unwrap(), 1);
    bus.close().await.unwrap();
}
