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

    fn count(&self, sink: &str, column: usize) -> u64 {
        self.cell(sink, column).parse().unwrap_or_default()
    }

    fn health_says(&self, text: &str) -> bool {
        get(self.admin, "/healthz").is_some_and(|(_, page)| page.contains(text))
    }
}

const WAITING: usize = 2;
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
    let (desk, ledger) = (Desk::new(), Ledger::start().await);
    let log = format!("    log: {{type: file, path: {}, format: json}}\n", desk.path("log.jsonl"));
    let working = format!("{log}{}", hook(&ledger.url()));
    desk.set(&working);
    tests_one(&desk, &ledger);

    let config = desk.path("saker.yaml");
    let mut saker = Process::start("saker", "saker", desk.directory.path(), &["up", "--config", &config]);
    let is_ready = || get(desk.admin, "/readyz").is_some_and(|(code, _)| code == 200);
    wait::until("it is ready", DEADLINE, is_ready).await;
    silences_all(&desk, &saker).await;
    assert_eq!((lines(&desk.path("log.jsonl")), ledger.len()), (0, 1));

    // Settings with a mistake change nothing and say so; then the hook points nowhere.
    desk.set(&format!("{log}    hook: {{type: webhok}}\n"));
    wait::until("the mistake is told", DEADLINE, || desk.health_says("new ones have mistakes")).await;
    desk.set(&format!("{log}{}", hook(&format!("http://127.0.0.1:{}/", unused_port()))));
    wait::until("new settings are in force", DEADLINE, || desk.health_says("as they were read last")).await;
    let told = gives_up_on_a_hook(&desk).await;

    // Mended, and told again.
    desk.set(&working);
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

fn tests_one(desk: &Desk, ledger: &Ledger) {
    let tested = desk.says(&["sink", "test", "hook"]);
    assert!(tested.starts_with("hook took the test alert ") && ledger.len() == 1, "{tested}");
    let unknown = desk.says(&["sink", "test", "hok"]);
    let says = "the settings have no sink `hok`; they have `hook`, `log`, `stdout`";
    assert!(unknown.contains(says), "{unknown}");
}

/// Keeps all alerts back for a while.
async fn silences_all(desk: &Desk, saker: &Process) {
    let all = ["--match", "alert.rule exists", "--for", "1h", "--reason", "a test", "--owner", "alice"];
    let added = desk.says(&[["silence", "add"].as_slice(), &all].concat());
    assert!(added.starts_with("silence ") && added.contains(" holds until "), "{added}");
    let id = added.split_whitespace().nth(1).unwrap().to_owned();
    wait::until("the silence is known", DEADLINE, || saker.log().contains("a silence is known")).await;
    desk.send();
    wait::until("alerts are kept back", DEADLINE, || desk.count("log", NOT_TOLD) > 10).await;
    let kept = desk.says(&["silence", "list"]);
    for says in ["owner: alice; reason: a test", "alerts from log, the first ones:"] {
        assert!(kept.contains(says), "{kept}");
    }
    assert!(desk.says(&["silence", "end", &id]).contains("has ended"));
}

/// Has alerts become dead letters of the hook; returns how many the log was told.
async fn gives_up_on_a_hook(desk: &Desk) -> usize {
    desk.send();
    wait::until("alerts are given up", DEADLINE, || desk.count("hook", DEAD) > 10).await;
    let is_settled = || desk.cell("hook", WAITING) == "0" && desk.cell("hook", UNDER_WAY) == "0";
    wait::until("all are settled", DEADLINE, is_settled).await;
    let list = desk.says(&["sink", "list"]);
    assert!(list.contains("hook last failed at ") && list.contains("cannot be reached"), "{list}");
    let told = lines(&desk.path("log.jsonl"));
    assert!(told > 10, "a sink that fails holds up no other: {list}");
    told
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
