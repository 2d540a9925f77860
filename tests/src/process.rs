//! Real processes of the product's binaries.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Where processes serve gRPC, unless a test says so: nowhere, since many run on one machine.
pub const GRPC: (&str, &str) = ("SAKER_NOTIFIER_GRPC_LISTEN", "off");

/// The built binary of that name, from the directory in which the tests, or this program, were built.
///
/// # Panics
/// When it was not built.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let directory = test.parent().expect("a program lies in a directory");
    // Programs are built into <profile>, tests into <profile>/deps.
    let profile =
        if directory.ends_with("deps") { directory.parent().unwrap_or(directory) } else { directory };
    let path = profile.join(name);
    assert!(path.exists(), "{} is not built: run `cargo build --workspace`", path.display());
    path
}

/// A running process of ours: killed when dropped.
pub struct Process {
    name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts the binary `name`; what it prints is added to `<directory>/<label>.log` and `.out`.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(name: &str, label: &str, directory: &Path, arguments: &[&str]) -> Self {
        Self::start_with(name, directory.join(format!("{label}.log")), arguments, &[])
    }

    /// As [`Process::start`], with its log at this path and variables in its environment.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_with(
        name: &str,
        log: PathBuf,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> Self {
        let command: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let environment = environment.to_vec();
        let child = spawn(name, &command, &environment, &log);
        Self { name: name.to_owned(), command, environment, log, child }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process as the kernel's out-of-memory killer would.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill_9(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child can be waited for");
    }

    /// Starts it again with the same arguments.
    pub fn start_again(&mut self) {
        self.child = spawn(&self.name, &self.command, &self.environment, &self.log);
    }

    /// Asks it to stop, and waits for that.
    ///
    /// # Panics
    /// When it has not stopped within 30 s.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{} did not stop:\n{}", self.name, self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks it to look for changes.
    ///
    /// # Panics
    /// When it does not run.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    /// Sends it the signal of this name, as `STOP`.
    ///
    /// # Panics
    /// When it does not run.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "{} was not running", self.name);
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// When the system does not say.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// The code with which it ended; `None` while it runs, and where a signal ended it.
    ///
    /// # Panics
    /// When the system does not say.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.try_wait().expect("a child can be waited for")?.code()
    }

    /// What it wrote to stderr so far, over all its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What it wrote to stdout so far, over all its lives.
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.log.with_extension("out")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(25).collect();
            eprintln!("-- the end of {} --", self.log.display());
            tail.iter().rev().for_each(|line| eprintln!("{line}"));
        }
    }
}

/// Runs the binary `name` to its end and returns its exit code, stdout and stderr.
///
/// # Panics
/// When it cannot be run.
pub fn run(name: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    run_with(name, arguments, &[])
}

/// As [`run`], with variables in its environment.
///
/// # Panics
/// When it cannot be run.
pub fn run_with(
    name: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (Option<i32>, String, String) {
    let mut command = Command::new(binary(name));
    let output = command.args(arguments).envs(environment.iter().copied()).output().expect("it can be run");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn spawn(name: &str, arguments: &[String], environment: &[(String, String)], log: &Path) -> Child {
    let append =
        |path: &Path| File::options().create(true).append(true).open(path).expect("a log can be written");
    Command::new(binary(name))
        .args(arguments)
        .env(GRPC.0, GRPC.1)
        .envs(environment.iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .stdout(append(&log.with_extension("out")))
        .stderr(append(log))
        .spawn()
        .unwrap_or_else(|error| panic!("{name} does not start: {error}"))
}
