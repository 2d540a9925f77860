//! Real programs under test: where they are, what is said where they are not, and their end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// The first of these that is there. Where none is, a test may step aside, unless CI is set: there everything must run.
pub fn find(candidates: &[&str]) -> Option<PathBuf> {
    let found = candidates.iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        let how = format!("{} is not here: run scripts/setup", candidates.join(" or "));
        assert!(std::env::var_os("CI").is_none(), "{how}");
        eprintln!("passed over: {how}");
    }
    found
}

/// What scripts/setup puts into `target/tools`.
pub fn tool(name: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    target.join("tools").join(name).to_str().unwrap().to_owned()
}

/// A program that runs until it is killed or dropped.
pub struct Program {
    child: Mutex<Child>,
    log: PathBuf,
}

impl Program {
    /// Starts it; what it says goes to the file.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let said = || std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(said()).stderr(said()).spawn().unwrap();
        Self { child: Mutex::new(child), log: log.to_owned() }
    }

    /// Fails where it has ended.
    pub fn assert_alive(&self) {
        let ended = self.child.lock().unwrap().try_wait().unwrap();
        assert!(ended.is_none(), "it ended ({ended:?}) and said:\n{}", self.said());
    }

    /// What it has said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&self) {
        let mut child = self.child.lock().unwrap();
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
        assert!(asked.unwrap().success());
        child.wait().unwrap();
    }

    /// Ends it without giving it a chance to do anything.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
