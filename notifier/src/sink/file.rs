//! A file: a line an alert, appended, and on the disk before the alert is settled.

use std::fs::{File as OpenFile, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::lines::{self, LineFormat};
use super::{Body, Connect, Failure, Patience, Rendered, Sink, SinkError};
use crate::shown::Shown;

/// Settings of a `file` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The file. It is created where it is not there, and opened anew once it was moved away or removed.
    pub path: PathBuf,
    /// `text` or `json`.
    #[serde(default)]
    pub format: LineFormat,
}

impl Connect for File {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let file = Arc::new(Mutex::new(Appended::new(self.path.clone())));
        Ok(Arc::new(Connected { format: self.format, file }))
    }
}

struct Connected {
    format: LineFormat,
    file: Arc<Mutex<Appended>>,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        self.format.render(shown).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        let (lines, file) = (lines::joined(alerts), Arc::clone(&self.file));
        let written = tokio::task::spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.append(&lines).map_err(|error| format!("{} cannot be written: {error}", file.path.display()))
        });
        match written.await {
            Ok(written) => written.map_err(Failure::away),
            Err(error) => Err(Failure::away(format!("the writer ended: {error}"))),
        }
    }

    fn batch(&self) -> usize {
        lines::BATCH
    }

    fn patience(&self) -> Patience {
        Patience::Endless
    }
}

/// A file that lines are appended to, by whatever name it had when it was opened.
struct Appended {
    path: PathBuf,
    open: Option<OpenFile>,
}

impl Appended {
    fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// Appends and makes durable. After an error the file is opened anew: a line that got there in part must not run
    /// into the next.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut file = match self.open.take().filter(|file| is_at(file, &self.path)) {
            Some(file) => file,
            None => open(&self.path)?,
        };
        file.write_all(lines)?;
        synced(file.sync_data())?;
        self.open = Some(file);
        Ok(())
    }
}

/// Whether the open file is still the one of that name.
fn is_at(file: &OpenFile, path: &Path) -> bool {
    let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => identity(open) == identity(named),
        _ => false,
    }
}

/// Opens the file for appending, at the beginning of a line.
fn open(path: &Path) -> io::Result<OpenFile> {
    // Alerts tell of commands, names and addresses: a new file is for its owner, one that is there stays as it is.
    let create = OpenOptions::new().create(true).mode(0o600).append(true).read(true).open(path);
    let mut file = create.or_else(|error| {
        // A pipe or a device may be for writing only.
        OpenOptions::new().append(true).open(path).map_err(|_| error)
    })?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(file);
    }
    if metadata.len() == 0 {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        synced(OpenFile::open(directory)?.sync_all())?;
    } else if !ends_a_line(&mut file)? {
        file.write_all(b"\n")?;
    }
    Ok(file)
}

fn ends_a_line(file: &mut OpenFile) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Devices and some file systems have nothing to make durable and say so.
fn synced(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn appended() -> (tempfile::TempDir, PathBuf, Appended) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("alerts.log");
        (directory, path.clone(), Appended::new(path))
    }

    #[test]
    fn lines_are_appended_to_what_is_there() {
        let (_directory, path, mut file) = appended();
        fs::write(&path, "old\n").unwrap();
        file.append(b"a\n").unwrap();
        file.append(b"b\nc\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\na\nb\nc\n");
    }

    #[test]
    fn a_torn_line_does_not_run_into_the_next() {
        let (_directory, path, mut file) = appended();
        fs::write(&path, "whole\ntor").unwrap();
        file.append(b"next\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole\ntor\nnext\n");
    }

    #[test]
    fn a_file_that_was_moved_away_is_opened_anew() {
        let (directory, path, mut file) = appended();
        file.append(b"a\n").unwrap();
        let rotated = directory.path().join("alerts.log.1");
        fs::rename(&path, &rotated).unwrap();
        file.append(b"b\n").unwrap();
        fs::remove_file(&path).unwrap();
        file.append(b"c\n").unwrap();
        assert_eq!(fs::read_to_string(&rotated).unwrap(), "a\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "c\n");
    }

    #[test]
    fn a_new_file_is_for_its_owner_and_an_old_one_stays_as_it_is() {
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (_directory, path, mut file) = appended();
        file.append(b"a\n").unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        Appended::new(path.clone()).append(b"b\n").unwrap();
        assert_eq!(mode(&path), 0o640);
    }

    #[test]
    fn a_missing_directory_is_an_error_until_it_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("logs/alerts.log");
        let mut file = Appended::new(path.clone());
        assert_eq!(file.append(b"a\n").unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::create_dir(directory.path().join("logs")).unwrap();
        file.append(b"a\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\n");
    }

    #[test]
    fn devices_take_lines_too() {
        Appended::new("/dev/null".into()).append(b"a\n").unwrap();
        let full = Appended::new("/dev/full".into()).append(b"a\n").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    }
}
