//! `saker replay` beside a `saker up` that has delivered its alerts: they are the same ones, and nobody is told again. And
//! docs/replay.md, followed to the letter. `REFRESH_DOCS=1` writes down what its commands print now.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tests::alerts::plain;
use tests::fresh::bodies;
use tests::ledger::Ledger;
use tests::line::takes_events;
use tests::nats_server::unused_port;
use tests::process::{Process, run};
use tests::{page, wait};

const DEADLINE: Duration = Duration::from_secs(60);

struct Desk {
    directory: tempfile::TempDir,
    ledger: Ledger,
    url: String,
    _up: Process,
}

impl Desk {
    /// A `saker up` with its store in `saker-data` of the directory.
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::start().await;
        let listen = SocketAddr::from(([127, 0, 0, 1], unused_port()));
        let bus = format!("local:{}", directory.path().join("saker-data").display());
        let (listening, webhook) = (listen.to_string(), ledger.url());
        let arguments = ["up", "--bus", &bus, "--listen", &listening, "--webhook", &webhook];
        let up = Process::start("saker", "saker", directory.path(), &arguments);
        takes_events(listen).await;
        Self { directory, ledger, url: format!("http://{listen}/k8s_audit/prod"), _up: up }
    }

    async fn send(&self, events: &[&str], alerts: usize) {
        let (code, _, errors) = run("saker", &[&["send", "--to", &self.url][..], events].concat());
        assert_eq!(code, Some(0), "{errors}");
        wait::until("all alerts arrive", DEADLINE, || self.ledger.len() >= alerts).await;
    }

    fn bus(&self) -> String {
        format!("local:{}", self.directory.path().join("saker-data").display())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_raises_the_alerts_that_were_delivered_and_none_anew() {
    let desk = Desk::new().await;
    let bodies = bodies();
    let files: Vec<&str> = bodies.iter().map(|body| body.to_str().unwrap()).collect();
    desk.send(&files, 200).await;
    wait::until_quiet("the ledger", Duration::from_secs(1), DEADLINE, || desk.ledger.len()).await;
    let delivered = desk.ledger.entries();
    let delivered: BTreeSet<_> = delivered.values().map(|entry| plain(&entry.body)).collect();
    let (code, printed, errors) = run("saker", &["replay", "--since", "1h", "--bus", &desk.bus()]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(printed.lines().map(plain).collect::<BTreeSet<_>>(), delivered);
    assert!(errors.starts_with("2526 events in "), "{errors}");
    let (_, same, errors) = run("saker", &["replay", "--since", "1h", "--diff", "--bus", &desk.bus()]);
    assert_eq!(same, format!("nothing changes: {} alerts as before\n", delivered.len()), "{errors}");
    wait::until_quiet("the ledger", Duration::from_secs(1), DEADLINE, || desk.ledger.len()).await;
    assert_eq!((desk.ledger.len(), desk.ledger.repeated()), (delivered.len(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_page_print_what_it_shows() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/replay.md");
    let text = fs::read_to_string(&file).unwrap();
    let desk = Desk::new().await;
    for block in text.split("```yaml\n# ").skip(1) {
        let (name, content) = block.split("```").next().unwrap().split_once('\n').unwrap();
        fs::write(desk.directory.path().join(name), content).unwrap();
    }
    desk.send(&["--bundled"], 82).await;
    let now = page::followed(&text, |line, _| page::run(line, desk.directory.path(), &[]));
    page::hold(&file, &text, &now);
}
