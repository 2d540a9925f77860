//! A local store whose file is damaged opens with all that was answered, or not at all and says what to do.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: whatever fails fails the test")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bus::{Address, Bus, BusError, Settings, Stream};
use proto::events::v1::EventChunk;
use tempfile::TempDir;

async fn open(directory: &Path) -> Result<Bus, BusError> {
    Bus::open(&Address::Local(directory.to_owned()), &Settings::default()).await
}

fn chunk(text: String) -> EventChunk {
    EventChunk { events: vec![text.into()], ..EventChunk::default() }
}

/// A store as a kill leaves it, with so many messages that were answered.
async fn killed(messages: u64) -> TempDir {
    let (alive, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bus = open(alive.path()).await.unwrap();
    for number in 0..messages {
        bus.publish(&chunk(format!("<message {number}>").repeat(100))).await.unwrap();
    }
    std::fs::copy(alive.path().join("store.redb"), killed.path().join("store.redb")).unwrap();
    bus.close().await.unwrap();
    killed
}

async fn assert_refused(directory: &Path) {
    let Err(error) = open(directory).await else { panic!("it opens") };
    assert!(matches!(error, BusError::Corrupt(_)), "{error:?}");
    let (text, file) = (error.to_string(), directory.join("store.redb").display().to_string());
    for word in [file.as_str(), "damaged", "put a copy of it back", "move it away"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_kill_damages_nothing() {
    let directory = killed(3).await;
    let bus = open(directory.path()).await.unwrap();
    assert_eq!(bus.status(Stream::Events).await.unwrap().messages, 3);
    bus.close().await.unwrap();
}

#[tokio::test]
async fn a_file_of_another_length_is_refused() {
    let full = killed(3).await.path().join("store.redb").metadata().unwrap().len();
    for length in [0, 5, 100, 300, 5000, full / 2, full - 1, full + 1] {
        let directory = killed(3).await;
        let file = File::options().write(true).open(directory.path().join("store.redb")).unwrap();
        file.set_len(length).unwrap();
        assert_refused(directory.path()).await;
    }
}

#[tokio::test]
async fn a_file_with_another_head_is_refused() {
    let directory = killed(3).await;
    let file = File::options().write(true).open(directory.path().join("store.redb")).unwrap();
    file.write_all_at(b"not a store", 0).unwrap();
    assert_refused(directory.path()).await;
}

/// The engine could go back to the commit before, as it does with one that a loss of power cut short.
#[tokio::test]
async fn a_last_commit_that_is_damaged_is_not_undone() {
    let directory = killed(3).await;
    let path = directory.path().join("store.redb");
    let bytes = std::fs::read(&path).unwrap();
    let last = b"<message 2>";
    let places = bytes.windows(last.len()).enumerate().filter(|(_, window)| window == last);
    let file = File::options().write(true).open(&path).unwrap();
    for (at, _) in places {
        file.write_all_at(b"<garbage 2>", at.try_into().unwrap()).unwrap();
    }
    assert_refused(directory.path()).await;
}

#[tokio::test]
async fn a_store_that_was_being_made_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("store.new"), [0; 5000]).unwrap();
    let bus = open(directory.path()).await.unwrap();
    bus.publish(&chunk("{}".into())).await.unwrap();
    bus.close().await.unwrap();
    assert!(!directory.path().join("store.new").exists());
}
