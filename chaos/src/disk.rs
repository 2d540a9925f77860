//! Disks that fail on purpose: a small one that is filled, and a directory that nobody may change.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A disk of its own in memory; gone when dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts one of so many MB; `None` where that is not permitted.
    pub(crate) fn mount(at: &Path, megabytes: usize) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a directory can be made");
        let size = format!("size={megabytes}m");
        runs("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", text(at)]).then(|| Self(at.to_owned()))
    }

    /// Leaves no room on it.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("a file can be made");
        for size in [1 << 20, 4 << 10, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Takes away what filled it.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that was killed may hold files still.
        runs("umount", &["--lazy", text(&self.0)]);
    }
}

/// A directory in which nothing can be written, made, or removed, by root either, until dropped.
pub(crate) struct Frozen(PathBuf);

impl Frozen {
    /// Freezes it; `None` where the file system or our rights do not allow it.
    pub(crate) fn freeze(directory: &Path) -> Option<Self> {
        chattr("+i", directory).then(|| Self(directory.to_owned()))
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        chattr("-i", &self.0);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("an ASCII path")
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Of directories and files alone: a socket knows no such thing.
fn chattr(flag: &str, directory: &Path) -> bool {
    let kinds = ["(", "-type", "d", "-o", "-type", "f", ")"];
    let run = ["-exec", "chattr", flag, "{}", "+"];
    runs("find", &[&[text(directory)], kinds.as_slice(), run.as_slice()].concat())
}
