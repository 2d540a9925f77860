//! The file that holds the key: read, or made where there is none, by one of the replicas that look for it at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::RngExt as _;

use super::key::{Key, KeyError};

/// No key comes near; more is not read.
const MOST: u64 = 8192;

/// How long another process may take to write what it has begun.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is not there, or not for us.
    #[error("cannot read the key {}: {error}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It was not there, and cannot be made.
    #[error(
        "cannot make the key {}: {error}; make it yourself, as with `openssl rand -hex 32`, or name a file in a \
         directory that can be written", file.display()
    )]
    Create {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// What it holds is no key.
    #[error("{} is no key: {error}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        error: KeyError,
    },
}

/// Reads the key, or makes a random one where the file is not there.
///
/// # Errors
/// Where it can be neither read nor made, or is no key.
pub fn read_or_create(file: &Path) -> Result<Key, KeyFileError> {
    match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(file).map_err(|error| KeyFileError::Create { file: file.to_owned(), error })?;
            tracing::info!(file = %file.display(), "made a key for redacted values");
            read_patiently(file)
        }
        _ => read_patiently(file),
    }
}

/// Reads the key.
///
/// # Errors
/// Where it cannot be read, or is no key.
pub fn read(file: &Path) -> Result<Key, KeyFileError> {
    let mut written = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(MOST).read_to_end(&mut written))
        .map_err(|error| KeyFileError::Read { file: file.to_owned(), error })?;
    Key::new(&written).map_err(|error| KeyFileError::Key { file: file.to_owned(), error })
}

/// Waits for one that is being written: where links cannot be made it is short for a moment.
fn read_patiently(file: &Path) -> Result<Key, KeyFileError> {
    let begun = Instant::now();
    loop {
        match read(file) {
            Err(KeyFileError::Key { error: KeyError::Short(0), .. }) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50));
            }
            outcome => return outcome,
        }
    }
}

/// Writes a random key beside the file and links it there, whole and only if nobody was first: a rename would replace a
/// key that another process has read already.
fn create(file: &Path) -> io::Result<()> {
    let random: [u8; 32] = rand::rng().random();
    let text = format!("{}\n", blake3::Hash::from_bytes(random).to_hex());
    let mut draft = file.as_os_str().to_owned();
    draft.push(format!(".{:016x}", rand::rng().random::<u64>()));
    let draft = PathBuf::from(draft);
    write_new(&draft, &text)?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    let made = match linked {
        // Some file systems have no links.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => write_new(file, &text),
        linked => linked,
    };
    match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| sync_directory(file)),
    }
}

/// Writes a file that nobody else reads and that was not there.
fn write_new(file: &Path, text: &str) -> io::Result<()> {
    let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()
}

/// So that the name outlives a crash as well.
fn sync_directory(file: &Path) -> io::Result<()> {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn hash(key: &Key) -> String {
        key.derived("test").hash(&[]).to_string()
    }

    #[test]
    fn a_key_is_made_once_and_nobody_else_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        let made = read_or_create(&file).unwrap();
        assert_eq!(hash(&made), hash(&read_or_create(&file).unwrap()));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&file).unwrap().len(), 65);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left behind");
        let other = read_or_create(&directory.path().join("other")).unwrap();
        assert_ne!(hash(&made), hash(&other));
    }

    #[test]
    fn those_who_come_at_once_have_one_key() {
        for _ in 0..20 {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("key");
            let barrier = std::sync::Barrier::new(8);
            let hashes: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
                let come = || {
                    barrier.wait();
                    hash(&read_or_create(&file).unwrap())
                };
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(come)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(hashes.len(), 1);
        }
    }

    #[test]
    fn what_is_wrong_names_the_file_and_never_the_content() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("key");
        fs::write(&file, "geheim\n").unwrap();
        let error = read_or_create(&file).unwrap_err().to_string();
        assert!(error.contains("/key is no key: it has 6 bytes") && !error.contains("geheim"), "{error}");
        let error = read_or_create(&directory.path().join("no/such/key")).unwrap_err().to_string();
        assert!(error.contains("cannot make the key") && error.contains("No such file"), "{error}");
        let error = read(&directory.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("cannot read the key"), "{error}");
        let error = read_or_create(directory.path()).unwrap_err().to_string();
        assert!(error.contains("cannot read the key"), "{error}");
    }
}
