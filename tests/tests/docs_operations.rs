//! docs/operations.md, followed to the letter: its configuration, its commands in their order, and what they print.
//!
//! `REFRESH_DOCS=1` writes down what they print now.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tests::nats_server::unused_port;
use tests::process::{Process, binary};
use tests::{line, wait};

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

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md")
}

/// Text with what differs from run to run left out: ids, hashes, times and durations.
fn settled(text: &str) -> String {
    let mut settled = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_hexdigit() || "-:.TZ+".contains(c);
        let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (token, behind) = rest.split_at(length);
        if token.is_empty() {
            settled.push(first);
            rest = rest.split_at(first.len_utf8()).1;
        } else {
            let digits = token.chars().filter(char::is_ascii_digit).count();
            let varies = digits >= 6 && !token.starts_with("127.");
            settled.push_str(if varies { "…" } else { token });
            rest = behind;
        }
    }
    settled
}

/// Runs a line of the page as its reader would.
fn run(line: &str, directory: &Path) -> String {
    let binaries = binary("saker").parent().expect("it is in a directory").to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", line])
        .current_dir(directory)
        .env("USER", USER)
        .env("PATH", format!("{}:{path}", binaries.display()))
        .output()
        .unwrap();
    let mut said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    // What ends in the middle of a line, as an answer does, has its next prompt behind it; not so on the page.
    if !said.is_empty() && !said.ends_with('\n') {
        said.push('\n');
    }
    said
}

/// As [`run`]; where a command only looks, until it sees what the page shows, for some seconds.
fn until_shown(line: &str, shown: &str, directory: &Path, ports: &Ports) -> String {
    let deadline = Instant::now() + Duration::from_secs(10);
    let only_looks = ["curl -s http", "saker sink list"].iter().any(|look| line.starts_with(look));
    loop {
        let printed = ports.on_the_page(&run(&ports.here(line), directory));
        if !only_looks || settled(&printed) == settled(shown) || Instant::now() > deadline {
            return printed;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The page anew, with what each command prints now.
fn followed(text: &str, ports: &Ports, directory: &Path) -> String {
    let mut page = String::new();
    let mut blocks = text.split("```console\n");
    page.push_str(blocks.next().unwrap_or_default());
    for block in blocks {
        let (commands, prose) = block.split_once("```").unwrap();
        page.push_str("```console\n");
        for command in commands.split("$ ").filter(|command| !command.is_empty()) {
            let (line, shown) = command.split_once('\n').unwrap();
            let printed = until_shown(line, shown, directory, ports);
            // What is the same but for ids and times stays as it is.
            let printed = if settled(&printed) == settled(shown) { shown } else { &printed };
            page.push_str(&format!("$ {line}\n{printed}"));
        }
        page.push_str(&format!("```{prose}"));
    }
    page
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_page_print_what_it_shows() {
    let text = fs::read_to_string(page()).unwrap();
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
        run(&ports.here("curl -s http://127.0.0.1:9464/readyz"), directory.path()).contains("\"ready\"")
    })
    .await;
    let now = followed(&text, &ports, directory.path());
    drop(up);
    if std::env::var_os("REFRESH_DOCS").is_some() {
        fs::write(page(), now).unwrap();
    } else if now != text {
        let differs = |(now, page): &(&str, &str)| now != page;
        let (now, page) = now.lines().zip(text.lines()).find(differs).unwrap_or_default();
        panic!("the page shows\n  {page}\nbut printed is\n  {now}\nREFRESH_DOCS=1 writes it down");
    }
}
