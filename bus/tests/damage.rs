//! A local store whose file was damaged while nobody had it open: it is read as it was, or it says what is wrong and what to
//! do. It never leaves something out in silence.
#![expect(clippy::unwrap_used, reason = "tests: whatever fails fails the test")]

use std::path::Path;

use bus::{Address, Bus, BusError, Settings, Start};
use proto::events::v1::EventChunk;

const CHUNKS: u64 = 40;

async fn open(directory: &Path) -> Result<Bus, BusError> {
    Bus::open(&Address::Local(directory.to_owned()), &Settings::default()).await
}

/// One of some kilobytes that nobody compresses.
fn chunk(number: u64) -> EventChunk {
    let mut event = vec![0; 3000];
    blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut event);
    EventChunk { events: vec![event.into()], ..EventChunk::default() }
}

/// A store with messages, as it is once it was closed in order; or as a process leaves it that dies.
async fn store(directory: &Path, is_closed: bool) {
    let living = directory.join("living");
    let bus = open(&living).await.unwrap();
    for number in 0..CHUNKS {
        bus.publish(&chunk(number)).await.unwrap();
    }
    if is_closed {
        bus.close().await.unwrap();
    }
    let kept = directory.join("kept");
    std::fs::create_dir(&kept).unwrap();
    for name in ["store.redb", "lock"] {
        std::fs::copy(living.join(name), kept.join(name)).unwrap();
    }
    if !is_closed {
        bus.close().await.unwrap();
    }
}

/// What came of a damaged store.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// All is there.
    Whole,
    /// All but the last ones, so many, and nothing was said.
    Shorter(usize),
    /// It says so, at its start or when it is read.
    Told(String),
}

/// Opens a damaged copy and reads all of it.
async fn outcome(directory: &Path, damage: impl FnOnce(&mut Vec<u8>)) -> Outcome {
    let copy = tempfile::tempdir().unwrap();
    for name in ["store.redb", "lock"] {
        std::fs::copy(directory.join("kept").join(name), copy.path().join(name)).unwrap();
    }
    let file = copy.path().join("store.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    damage(&mut bytes);
    std::fs::write(&file, bytes).unwrap();
    let bus = match open(copy.path()).await {
        Ok(bus) => bus,
        Err(error) => return Outcome::Told(error.to_string()),
    };
    let read = read_all(&bus).await;
    // A store that is damaged may say so here, too.
    drop(bus.close().await);
    read
}

async fn read_all(bus: &Bus) -> Outcome {
    let mut reader = match bus.read::<EventChunk>(Start::Earliest).await {
        Ok(reader) => reader,
        Err(error) => return Outcome::Told(error.to_string()),
    };
    let mut expected = (0..CHUNKS).map(chunk);
    loop {
        match reader.next().await {
            Ok(Some(stored)) => {
                assert_eq!(Some(stored.message), expected.next(), "another message in silence")
            }
            Ok(None) => break,
            Err(error) => return Outcome::Told(error.to_string()),
        }
    }
    match expected.count() {
        0 => Outcome::Whole,
        missing => Outcome::Shorter(missing),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_cut_short_is_told_of() {
    for is_closed in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        store(directory.path(), is_closed).await;
        assert_eq!(outcome(directory.path(), |_| ()).await, Outcome::Whole);
        let length = directory.path().join("kept/store.redb").metadata().unwrap().len();
        let length = usize::try_from(length).unwrap();
        for left in [0, 1, 100, 4096, length / 2, length - 4096, length - 1] {
            let told = outcome(directory.path(), |bytes| bytes.truncate(left)).await;
            println!("{left} of {length} bytes: {told:?}");
            let Outcome::Told(why) = told else {
                assert_eq!(told, Outcome::Whole, "{left} of {length} bytes");
                continue;
            };
            assert!(why.contains("store.redb") && why.contains("from a copy"), "{why}");
        }
        let Outcome::Told(why) = outcome(directory.path(), Vec::clear).await else {
            panic!("an empty file is a store")
        };
        assert!(why.contains("is gone or empty"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flipped_bytes_are_told_of() {
    for is_closed in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        store(directory.path(), is_closed).await;
        let length = directory.path().join("kept/store.redb").metadata().unwrap().len();
        let length = usize::try_from(length).unwrap();
        // The file's head, its end, and places all over it.
        let places =
            (0..320).step_by(16).chain((0..length).step_by(length / 150 + 1)).chain(length - 64..length);
        let mut told = 0;
        for place in places {
            let flip =
                |bytes: &mut Vec<u8>| bytes.iter_mut().skip(place).take(8).for_each(|byte| *byte ^= 0xff);
            let came = outcome(directory.path(), flip).await;
            println!("byte {place} of {length}: {came:?}");
            assert!(!matches!(came, Outcome::Shorter(_)), "byte {place}: {came:?}");
            told += usize::from(came != Outcome::Whole);
        }
        assert!(told > 0, "no place mattered");
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_told_of() {
    let directory = tempfile::tempdir().unwrap();
    store(directory.path(), true).await;
    let kept = directory.path().join("kept");
    std::fs::remove_file(kept.join("store.redb")).unwrap();
    let Err(error) = open(&kept).await else { panic!("an empty store in place of a full one") };
    let why = error.to_string();
    assert!(matches!(error, BusError::Setup(_)) && why.contains("is gone or empty"), "{why}");
    assert!(why.contains("kept") && why.contains("bring it back"), "{why}");
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let refused = async |path: &Path| {
        let Err(error) = open(path).await else { panic!("{} opened", path.display()) };
        assert!(!error.is_transient(), "it is tried for ever: {error}");
        error.to_string()
    };
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(refused(&file).await.contains("cannot create"));
    assert!(refused(&file.join("below")).await.contains("cannot create"));
    assert!(refused(Path::new("/proc/saker")).await.contains("cannot create"));
    for name in ["lock", "store.redb"] {
        let store = directory.path().join(format!("with-{name}"));
        std::fs::create_dir_all(store.join(name)).unwrap();
        let why = refused(&store).await;
        assert!(why.contains("directory") && why.contains("with-"), "{why}");
    }
}

#[tokio::test]
async fn a_store_that_was_being_made_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("store.new"), [0; 5000]).unwrap();
    let bus = open(directory.path()).await.unwrap();
    bus.publish(&chunk(1)).await.unwrap();
    bus.close().await.unwrap();
    assert!(!directory.path().join("store.new").exists());
}
