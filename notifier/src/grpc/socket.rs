//! Unix sockets: made with their mode from the start, in the place of one that a process left behind.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;

/// Who may connect to a unix socket, as `chmod` writes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocketMode {
    /// Its owner.
    #[default]
    #[serde(rename = "0600")]
    Owner,
    /// Its owner and group.
    #[serde(rename = "0660")]
    Group,
}

impl SocketMode {
    fn bits(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Group => 0o660,
        }
    }
}

/// A socket's place in the file system, taken away when this is dropped.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Whether it is there or not, nobody listens any more.
        let _ = fs::remove_file(&self.0);
    }
}

/// Listens on a unix socket at that path. Needs to be called inside a tokio runtime.
pub(crate) fn bind(path: &Path, mode: SocketMode) -> io::Result<(UnixListener, SocketFile)> {
    make_room(path)?;
    // Under another name first, so that nobody connects before it has its mode.
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = SocketFile(draft.into());
    let listener = UnixListener::bind(&draft.0)?;
    fs::set_permissions(&draft.0, fs::Permissions::from_mode(mode.bits()))?;
    fs::rename(&draft.0, path)?;
    Ok((listener, SocketFile(path.to_owned())))
}

/// Sees that nothing but a socket that nobody listens on any more is replaced.
fn make_room(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "there is something else than a socket"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::Error::new(ErrorKind::AddrInUse, "another process listens there")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("alerts.sock");
        let (listener, file) = bind(&path, SocketMode::Group).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        let error = bind(&path, SocketMode::Owner).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        std::mem::forget(file);
        drop(listener);
        assert!(path.exists(), "left behind");
        let (_listener, file) = bind(&path, SocketMode::Owner).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        UnixStream::connect(&path).unwrap();
        drop(file);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        fs::write(&path, "mine").unwrap();
        assert_eq!(bind(&path, SocketMode::Owner).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
