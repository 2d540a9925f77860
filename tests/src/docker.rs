//! The compose files as they are published, started as a person starts them: with `docker compose`, in a directory of
//! their own, with variables and nothing edited.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::nats_server::unused_port;
use crate::wait;

/// The image under test, as scripts/test-containers names it once there is a daemon and an image.
const IMAGE: &str = "CONTAINERS_IMAGE";

/// What a person has on disk who starts the compose files.
const PUBLISHED: [&str; 5] =
    ["docker-compose.yml", "docker-compose.cluster.yml", ".env.example", "deploy/nats", "deploy/compose"];

/// A line of containers. Dropped, they and their volumes are gone.
pub struct Containers {
    directory: TempDir,
    project: String,
    files: Vec<&'static str>,
    variables: Vec<(String, String)>,
    port: u16,
}

/// The image under test; `None`, and a line that says so, where there is none.
pub fn image() -> Option<String> {
    let image = std::env::var(IMAGE).ok();
    if image.is_none() {
        eprintln!("left out: there is no image to test; scripts/test-containers makes one");
    }
    image
}

/// Runs docker, and returns whether it went well, with what it said on both outputs, stderr first.
///
/// # Panics
/// When there is no docker.
pub fn try_docker(arguments: &[&str]) -> (bool, String) {
    let output = Command::new("docker").args(arguments).output().expect("docker can be run");
    let said = [output.stderr, output.stdout].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// What docker printed on stdout.
///
/// # Panics
/// When it fails.
pub fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    assert!(output.status.success(), "docker {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The address under which containers reach this machine.
///
/// # Panics
/// When a container has no way out.
pub fn gateway() -> std::net::IpAddr {
    let routes = docker(&["run", "--rm", "--entrypoint=ip", &nats_image(), "route"]);
    let gateway = routes.lines().find_map(|line| line.strip_prefix("default via ")?.split(' ').next());
    gateway.and_then(|gateway| gateway.parse().ok()).unwrap_or_else(|| panic!("no way out: {routes}"))
}

/// Kills the process of a container from outside, as the kernel's out-of-memory killer would: unlike `docker kill`, that
/// is nobody's wish, so that the restart policy brings it back.
///
/// # Panics
/// When it does not run.
pub fn crash(container: &str) {
    let process = state(container, "Pid");
    assert_ne!(process, "0", "{container} does not run");
    let image = nats_image();
    docker(&["run", "--rm", "--pid=host", "--network=none", "--entrypoint=kill", &image, "-9", &process]);
}

/// The only image at hand that has small tools.
fn nats_image() -> String {
    let compose = std::fs::read_to_string(root().join(PUBLISHED[0])).expect("the compose file");
    let image = compose.lines().find_map(|line| line.trim().strip_prefix("image: nats:"));
    format!("nats:{}", image.expect("the compose file names an image of NATS"))
}

impl Containers {
    /// The published files `files`, nothing started yet; `None` where there is no image to test.
    ///
    /// # Panics
    /// When they cannot be copied.
    pub fn of(project: &str, files: &[&'static str]) -> Option<Self> {
        let image = image()?;
        let directory = tempfile::tempdir().expect("a temporary directory");
        for name in PUBLISHED {
            copy(&root().join(name), &directory.path().join(name));
        }
        let port = unused_port();
        let published = |port: u16| format!("127.0.0.1:{port}");
        let variables = vec![
            ("IMAGE".to_owned(), image),
            ("PUBLISH".to_owned(), published(port)),
            ("PUBLISH_GRPC".to_owned(), published(unused_port())),
        ];
        Some(Self { directory, project: project.to_owned(), files: files.to_vec(), variables, port })
    }

    /// Sets a variable of the compose files, as a line of `.env` does.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// Settings that the compose files know nothing of, as lines of `saker.env`.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn settings(&self, lines: &str) {
        std::fs::write(self.path("saker.env"), lines).expect("a file can be written");
    }

    /// Makes alerts name this machine, as those do that `saker eval` raises here.
    ///
    /// # Panics
    /// When it has no name.
    pub fn named_as_this_machine(&self) {
        let own = || std::fs::read_to_string("/proc/sys/kernel/hostname").expect("the name of this machine");
        let name = std::env::var("FALCO_HOSTNAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(own);
        self.settings(&format!("SAKER_EVALUATOR_HOSTNAME={}\n", name.trim()));
    }

    /// Where a file of the person's lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The webhook of the default cluster, as this machine reaches it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/k8s_audit", self.port)
    }

    /// Runs a command that docs/containers.md shows, from `docker compose` on.
    ///
    /// # Panics
    /// When it is not shown there, or fails.
    pub fn documented(&self, arguments: &str) -> String {
        assert_documented(arguments);
        self.compose(&arguments.split(' ').collect::<Vec<_>>())
    }

    /// As [`Containers::documented`], in the foreground, for a command that does not end by itself; what it prints goes
    /// to a file.
    ///
    /// # Panics
    /// When it is not shown there, or cannot be started.
    pub fn documented_in_foreground(&self, arguments: &str, output: &Path) -> Child {
        assert_documented(arguments);
        let file = std::fs::File::create(output).expect("a file can be written");
        let errors = file.try_clone().expect("a file has two handles");
        let mut command = self.command();
        command.args(arguments.split(' ')).stdin(Stdio::null()).stdout(file).stderr(errors);
        command.spawn().expect("docker can be run")
    }

    /// Runs `docker compose` with these arguments and returns what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn compose(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().expect("docker can be run");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker compose {arguments:?}:\n{errors}\n{}", self.tail());
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// The containers of a service, by their names.
    pub fn names(&self, service: &str) -> Vec<String> {
        let names = self.compose(&["ps", "--all", "--format", "{{.Name}}", service]);
        let mut names: Vec<String> = names.lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// What the containers of a service printed on stdout.
    pub fn output(&self, service: &str) -> String {
        let of = |name: &String| {
            let output = Command::new("docker").args(["logs", name]).output().expect("docker can be run");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        self.names(service).iter().map(of).collect()
    }

    /// Waits until every container of these services is healthy, and says how long that took.
    pub async fn healthy(&self, services: &[&str]) -> Duration {
        let start = Instant::now();
        for service in services {
            wait::until(&format!("{service} is healthy"), Duration::from_secs(60), || {
                let names = self.names(service);
                !names.is_empty() && names.iter().all(|name| state(name, "Health.Status") == "healthy")
            })
            .await;
        }
        start.elapsed()
    }

    fn command(&self) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--ansi", "never", "--progress", "quiet", "--project-name", &self.project]);
        // One file is found by itself.
        if self.files.len() > 1 {
            command.args(self.files.iter().flat_map(|&file| ["--file", file]));
        }
        command.current_dir(self.directory.path()).envs(self.variables.iter().cloned());
        command
    }

    /// The end of what all containers said, for whoever has to find out why a story failed.
    fn tail(&self) -> String {
        let output = self.command().args(["logs", "--no-color", "--tail", "25"]).output();
        output.map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stdout).into())
    }
}

/// A part of the state of a container, as `ExitCode`.
pub fn state(container: &str, part: &str) -> String {
    docker(&["inspect", "--format", &format!("{{{{.State.{part}}}}}"), container])
}

impl Drop for Containers {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("-- what the containers said last --\n{}", self.tail());
        }
        let mut command = self.command();
        command.args(["--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "1"]);
        let _ = command.output();
    }
}

/// Asserts that docs/containers.md shows this command, from `docker compose` on.
///
/// # Panics
/// When it does not.
pub fn assert_documented(arguments: &str) {
    let page = std::fs::read_to_string(root().join("docs/containers.md")).expect("the page on containers");
    let command = format!("docker compose {arguments}");
    assert!(page.contains(&command), "docs/containers.md does not show `{command}`");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file, or a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        std::fs::create_dir_all(to.parent().expect("it lies somewhere")).expect("a directory can be made");
        std::fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        return;
    }
    std::fs::create_dir_all(to).expect("a directory can be made");
    for entry in std::fs::read_dir(from).expect("a readable directory") {
        let entry = entry.expect("a readable directory");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
