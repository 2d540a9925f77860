//! A clock that can be set, for processes that are started under libfaketime. What measures spans of time goes on as it
//! did, as when an operator or NTP sets the clock of a machine.

use std::path::{Path, PathBuf};

/// Where Debian's package `libfaketime` puts it.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
];

/// The clock of some processes.
pub(crate) struct Clock {
    library: &'static str,
    file: PathBuf,
}

impl Clock {
    /// One that goes right so far; `None` where libfaketime is not installed.
    pub(crate) fn in_directory(directory: &Path) -> Option<Self> {
        let library = LIBRARIES.into_iter().find(|library| Path::new(library).exists())?;
        let clock = Self { library, file: directory.join("clock") };
        clock.set("+0");
        Some(clock)
    }

    /// Sets it off from the right time, as `-3h` or `+2d`. It is looked at once a second.
    pub(crate) fn set(&self, offset: &str) {
        // Whole, or a process might read half of it.
        let next = self.file.with_extension("next");
        std::fs::write(&next, format!("{offset}\n")).expect("a file can be written");
        std::fs::rename(&next, &self.file).expect("a file can be renamed");
    }

    /// What a process is started with that goes by it.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let file = self.file.to_str().expect("an ASCII path");
        [
            ("LD_PRELOAD", self.library),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_CACHE_DURATION", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
    }
}
