//! Sinks as an operator works with them: tested, silenced, changed in the settings, failing, and told again.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::admin::get;
use tests::alerts::expected;
use tests::ledger::Ledger;
use tests::nats_server::unused_port;
use tests::process::{Process, binary, run};
use tests::wait;

const DEADLINE: Duration = Duration::from_secs(30);

struct Desk {
    directory: tempfile::TempDir,
    listen: SocketAddr,
    admin: SocketAddr,
}

impl Desk {
    fn new() -> Self {
        let free = || SocketAddr::from(([127, 0, 0, 1], unused_port()));
        Self { directory: tempfile::tempdir().unwrap(), listen: free(), admin: free() }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn set(&self, sinks: &str) {
        let settings = format!(
            "bus: local:{}\nadmin: {}\ningest: {{listen: '{}'}}\nnotifier:\n  reload: 100ms\n  grpc: {{listen: off}}\n  sinks:\n    stdout: {{type: stdout, enabled: false}}\n{sinks}",
            self.path("data"),
            self.admin,
            self.listen
        );
        std::fs::write(self.path("saker.yaml"), settings).unwrap();
    }

    /// What a command with these settings says on stdout, or, where it fails, on stderr.
    fn says(&self, words: &[&str]) -> String {
        let config = self.path("saker.yaml");
        let words: Vec<&str> = words.iter().copied().chain(["--config", &config]).collect();
        let (code, printed, errors) = run("saker", &words);
        if code == Some(0) { printed } else { format!("failed: {errors}") }
    }

    /// Sends recorded events with ids of their own.
    fn send(&self) {
        let url = format!("http://{}/k8s_audit", self.listen);
        let (code, _, errors) = run("saker", &["send", "--bundled", "--fresh", "--to", &url]);
        assert_eq!(code, Some(0), "{errors}");
    }

    /// A cell of the row of a sink in `saker sink list`.
    fn cell(&self, sink: &str, column: usize) -> String {
        let list = self.says(&["sink", "list"]);
        let row = list.lines().find(|line| line.split_whitespace().next() == Some(sink));
        let cell = row.and_then(|row| row.split_whitespace().nth(column));
        cell.unwrap_or_default().to_owned()
    }
}

const UNDER_WAY: usize = 3;
const NOT_TOLD: usize = 6;
const DEAD: usize = 7;

fn lines(path: &str) -> usize {
    std::fs::read_to_string(Path::new(path)).unwrap_or_default().lines().count()
}

fn hook(url: &str) -> String {
    format!("    hook: {{type: webhook, url: '{url}', retry: {{initial: 10ms, max: 20ms, attempts: 2}}}}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_tests_silences_changes_and_redrives_sinks() {
    let desk = Desk::new();
    let ledger = Ledger::start().await;
    let log = format!("    log: {{type: file, path: {}, format: json}}\n", desk.path("log.jsonl"));
    desk.set(&format!("{log}{}", hook(&ledger.url())));

    let tested = desk.says(&["sink", "test", "hook"]);
    assert!(tested.starts_with("hook took the test alert ") && ledger.len() == 1, "{tested}");
    let unknown = desk.says(&["sink", "test", "hok"]);
    assert!(
        unknown.contains("the settings have no sink `hok`; they have `hook`, `log`, `stdout`"),
        "{unknown}"
    );

    let config = desk.path("saker.yaml");
    let mut saker = Process::start("saker", "saker", desk.directory.path(), &["up", "--config", &config]);
    let is_ready = || get(desk.admin, "/readyz").is_some_and(|(code, _)| code == 200);
    wait::until("it is ready", DEADLINE, is_ready).await;

    let added = desk.says(&[
        "silence",
        "add",
        "--match",
        "alert.rule exists",
        "--for",
        "1h",
        "--reason",
        "a test",
        "--owner",
        "alice",
    ]);
    assert!(added.starts_with("silence ") && added.contains(" holds until "), "{added}");
    let id = added.split_whitespace().nth(1).unwrap().to_owned();
    wait::until("the silence is known", DEADLINE, || saker.log().contains("a silence is known")).await;
    desk.send();
    wait::until("alerts are kept back", DEADLINE, || {
        desk.cell("log", NOT_TOLD).parse().is_ok_and(|count: u64| count > 10)
    })
    .await;
    let kept = desk.says(&["silence", "list"]);
    assert!(
        kept.contains("owner: alice; reason: a test") && kept.contains("alerts from log, the first ones:"),
        "{kept}"
    );
    assert_eq!((lines(&desk.path("log.jsonl")), ledger.len()), (0, 1));
    assert!(desk.says(&["silence", "end", &id]).contains("has ended"));

    // Settings with a mistake change nothing and say so; then the hook points nowhere.
    desk.set(&format!("{log}    hook: {{type: webhok}}\n"));
    let says = |text: &str| get(desk.admin, "/healthz").is_some_and(|(_, page)| page.contains(text));
    wait::until("the mistake is told", DEADLINE, || says("new ones have mistakes")).await;
    desk.set(&format!("{log}{}", hook(&format!("http://127.0.0.1:{}/", unused_port()))));
    wait::until("new settings are in force", DEADLINE, || says("as they were read last")).await;
    desk.send();
    wait::until("alerts are given up", DEADLINE, || {
        desk.cell("hook", DEAD).parse().is_ok_and(|count: u64| count > 10)
    })
    .await;
    wait::until("all are settled", DEADLINE, || {
        desk.cell("hook", 2) == "0" && desk.cell("hook", UNDER_WAY) == "0"
    })
    .await;
    let list = desk.says(&["sink", "list"]);
    assert!(list.contains("hook last failed at ") && list.contains("cannot be reached"), "{list}");
    let told = lines(&desk.path("log.jsonl"));
    assert!(told > 10, "a sink that fails holds up no other: {list}");

    // Mended, and told again.
    desk.set(&format!("{log}{}", hook(&ledger.url())));
    let redriven = desk.says(&["sink", "redrive", "hook", "--since", "1h"]);
    assert!(redriven.contains("dead letters are put back for hook"), "{redriven}");
    wait::until("all arrive", DEADLINE, || {
        // Those that the hook of before was still given are dead letters again.
        let _ = desk.says(&["sink", "redrive", "hook"]);
        ledger.len() > told
    })
    .await;
    assert_eq!((ledger.len(), ledger.repeated()), (told + 1, 0));
    assert_eq!(saker.terminate().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_output_that_nobody_reads_for_a_while_has_each_alert_once() {
    let desk = Desk::new();
    desk.set("    lines: {type: stdout, format: json}\n");
    let config = desk.path("saker.yaml");
    let mut saker = Command::new(binary("saker"));
    saker.args(["up", "--config", &config]).current_dir(desk.directory.path());
    let mut saker = saker.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let is_ready = || get(desk.admin, "/readyz").is_some_and(|(code, _)| code == 200);
    wait::until("it is ready", DEADLINE, is_ready).await;
    // More than a pipe holds.
    for _ in 0..4 {
        desk.send();
    }
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../saker/demo/events.jsonl");
    let alerts = 4 * expected(&events).values().sum::<usize>();
    wait::until("it waits for its reader", DEADLINE, || desk.cell("lines", UNDER_WAY) != "0").await;

    let mut output = BufReader::new(saker.stdout.take().unwrap());
    let (mut ids, mut line) = (BTreeSet::new(), String::new());
    while ids.len() < alerts {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "it ended after {} alerts of {alerts}", ids.len());
        let alert: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(ids.insert(alert["uuid"].as_str().unwrap().to_owned()), "{line} came twice");
    }
    saker.kill().unwrap();
    saker.wait().unwrap();
}
