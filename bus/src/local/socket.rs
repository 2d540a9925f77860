//! The unix socket in the store's directory: where it is, who may connect, and when it goes away.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::task::JoinHandle;

use super::Local;
use super::server;
use crate::BusError;

const NAME: &str = "saker.sock";
/// Where the socket is made, out of reach of others, before it gets its name.
const NURSERY: &str = "socket.new";
/// The longest path a unix socket can have.
const LONGEST: usize = 107;
/// How long calls under way may take when the store closes.
const GRACE: Duration = Duration::from_secs(2);

/// A directory as the start of a path that is short enough for a socket.
pub(super) struct Reach {
    directory: PathBuf,
    /// Keeps the short path valid.
    _handle: Option<File>,
}

/// The operator's door, open while this lives.
pub(super) struct Door {
    serving: JoinHandle<()>,
    socket: PathBuf,
}

impl Reach {
    /// # Errors
    /// Where the path is too long and the system offers no shorter one.
    pub(super) fn of(directory: &Path) -> io::Result<Self> {
        let longest = directory.join(NURSERY).join(NAME);
        if longest.as_os_str().len() <= LONGEST && longest.to_str().is_some() {
            return Ok(Self { directory: directory.to_owned(), _handle: None });
        }
        let handle = File::open(directory)?;
        let directory = PathBuf::from(format!("/proc/self/fd/{}", handle.as_raw_fd()));
        if directory.is_dir() {
            return Ok(Self { directory, _handle: Some(handle) });
        }
        let text = format!(
            "its path is longer than {LONGEST} bytes, or is not UTF-8; use a directory with a shorter path"
        );
        Err(io::Error::new(io::ErrorKind::InvalidFilename, text))
    }

    /// The path of the socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory.join(NAME)
    }

    /// Listens where no other process does: the caller holds the directory's lock, and an old socket is replaced.
    fn listen(&self) -> io::Result<UnixListener> {
        let nursery = self.directory.join(NURSERY);
        if nursery.exists() {
            fs::remove_dir_all(&nursery)?;
        }
        DirBuilder::new().mode(0o700).create(&nursery)?;
        let socket = nursery.join(NAME);
        let listener = UnixListener::bind(&socket)?;
        fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        fs::rename(&socket, self.socket())?;
        fs::remove_dir(&nursery)?;
        Ok(listener)
    }
}

impl Door {
    /// Serves a store on the socket in its directory, until the store closes.
    pub(super) fn open(directory: &Path, local: Local) -> Result<Self, BusError> {
        let listener = Reach::of(directory).and_then(|reach| reach.listen()).map_err(|error| {
            BusError::Setup(format!("cannot listen on {}: {error}", directory.join(NAME).display()))
        })?;
        Ok(Self { serving: tokio::spawn(server::serve(local, listener)), socket: directory.join(NAME) })
    }

    /// Waits for the calls under way, which end now that the store closes.
    pub(super) async fn close(mut self) {
        if tokio::time::timeout(GRACE, &mut self.serving).await.is_err() {
            tracing::warn!("an operator's call did not end in time and is cut off");
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
        // What is left behind is replaced when the store is opened again.
        fs::remove_file(&self.socket).ok();
    }
}
