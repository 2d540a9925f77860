//! docs/operations.md, followed to the letter: its configuration, its commands in their order, and what they print.
//!
//! `REFRESH_DOCS=1` writes down what they print now.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tests::nats_server::unused_port;
use tests::process::Process;
use tests::{line, page, wait};

/// Who types the commands.
const USER: &str = "ada";

/// What the page says, and what stands in its place here: ports that nobody else has.
struct Ports([(&'static str, String); 2]);

impl Ports {
    fn new() -> Self {
        let port = || format!("127.0.0.1:{}", unused_port());
        Self([("127.0.0.1:8765", port()), ("127.0.0.1:9464", port())])
    }

    fn here(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (page, here)| text.replace(page, here))
    }

    fn on_the_page(&self, text: &str) -> String {
        let text = self.0.iter().fold(text.to_owned(), |text, (page, here)| text.replace(here, page));
        // Machines have names of their own.
        match text.split_once(&format!("{USER}@")) {
            Some((before, machine)) => {
                let behind = machine.trim_start_matches(|c: char| !c.is_whitespace());
                format!("{before}{USER}@desk{behind}")
            }
            None => text,
        }
    }
}

fn operations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md")
}

/// As [`page::run`]; where a command only looks, until it sees what the page shows, for some seconds.
fn until_shown(line: &str, shown: &str, directory: &Path, ports: &Ports) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    let only_looks = ["curl -s http", "saker sink list"].iter().any(|look| line.starts_with(look));
    loop {
        let printed = ports.on_the_page(&page::run(&ports.here(line), directory, &[("USER", USER)]));
        if !only_looks || page::settled(&printed) == page::settled(shown) || Instant::now() > deadline {
            return printed;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_page_print_what_it_shows() {
    let text = fs::read_to_string(operations()).unwrap();
    let (directory, ports) = (tempfile::tempdir().unwrap(), Ports::new());
    let bodies = Path::new(env!("CARGO_MANIFEST_DIR")).join("bodies");
    fs::copy(bodies.join("08.json"), directory.path().join("audit.json")).unwrap();
    for block in text.split("```yaml\n# ").skip(1) {
        let (name, content) = block.split("```").next().unwrap().split_once('\n').unwrap();
        fs::write(directory.path().join(name), ports.here(content)).unwrap();
    }
    let here = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (config, bus) = (here("saker.yaml"), format!("local:{}", here("saker-data")));
    let up = Process::start("saker", "saker", directory.path(), &["up", "--config", &config, "--bus", &bus]);
    line::takes_events(ports.0[0].1.parse().unwrap()).await;
    wait::until("the rules are in force", Duration::from_secs(30), || {
        page::run(&ports.here("curl -s http://127.0.0.1:9464/readyz"), directory.path(), &[])
            .contains("\"ready\"")
    })
    .await;
    let now = page::followed(&text, |line, shown| until_shown(line, shown, directory.path(), &ports));
    drop(up);
    page::hold(&operations(), &text, &now);
}
