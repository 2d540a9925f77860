//! `saker up` as a person uses it: the demo, commands beside it, a clean stop, another start.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);
const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/demo/events.jsonl");

fn saker(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    // Several tests run on one machine at a time.
    command.current_dir(directory).env("SAKER_NOTIFIER_GRPC_LISTEN", "off");
    command
}

/// A running `saker up` in a directory; ends with it.
struct Up {
    process: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Up {
    fn start(directory: &Path, more: &[&str]) -> Self {
        let mut command = saker(directory);
        command.args(["up", "--listen", "127.0.0.1:0"]).args(more);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = lines(process.stdout.take().unwrap());
        let err = lines(process.stderr.take().unwrap());
        Self { process, out, err }
    }

    /// Reads stderr up to a line that contains the text, and returns it with what came before.
    fn says(&self, text: &str) -> String {
        let mut said = String::new();
        while !said.contains(text) {
            match self.err.recv_timeout(DEADLINE) {
                Ok(line) => said.push_str(&(line + "\n")),
                Err(error) => panic!("`{text}` never came ({error}):\n{said}"),
            }
        }
        said
    }

    fn url(&self) -> String {
        let said = self.says("takes audit events at ");
        said.trim().rsplit(' ').next().unwrap().to_owned()
    }

    fn alert(&self) -> String {
        self.out.recv_timeout(DEADLINE).unwrap()
    }

    /// Asks it to stop, waits for that, and returns the alerts that nobody has read yet.
    fn stop(mut self) -> (ExitStatus, Vec<String>) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.process.wait().unwrap();
        (status, self.out.iter().collect())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    receive
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Message of an alert, without the time.
fn message(alert: &str) -> String {
    alert.split_once(' ').unwrap().1.to_owned()
}

#[test]
fn the_demo_shows_what_eval_finds_and_goes_on_serving() {
    let directory = tempfile::tempdir().unwrap();
    let up = Up::start(directory.path(), &["--demo"]);
    let url = up.url();
    let said = up.says("demo: posted ");
    for expected in
        ["bus    local:./saker-data", "from builtin; digest ", "sinks  stdout", &format!("{url}/my-cluster")]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let eval = saker(directory.path())
        .args(["eval", "--cluster", "demo", "--output", "text", "--events", EVENTS])
        .output();
    let mut expected: Vec<String> = stdout(&eval.unwrap()).lines().map(message).collect();
    assert!(expected.len() > 30, "{expected:?}");
    let mut shown: Vec<String> = (0..expected.len()).map(|_| message(&up.alert())).collect();
    expected.sort();
    shown.sort();
    assert_eq!(shown, expected);

    let more = saker(directory.path()).args(["send", "--fresh", "--to", &url, EVENTS]).output().unwrap();
    assert!(stdout(&more).contains("\"failed\":0"));
    (0..expected.len()).for_each(|_| drop(up.alert()));
    let (status, rest) = up.stop();
    assert_eq!((status.code(), rest), (Some(0), Vec::new()));
}

#[test]
fn what_was_told_is_not_told_again_after_another_start() {
    let directory = tempfile::tempdir().unwrap();
    let event = directory.path().join("event");
    let alert_of = |up: &Up, url: &str, number: usize| {
        let text = format!(
            "{{\"kind\":\"Event\",\"auditID\":\"{number}\",\"verb\":\"delete\",\"stage\":\"ResponseComplete\",\
             \"requestURI\":\"/number/{number}\",\"user\":{{\"username\":\"system:anonymous\"}},\
             \"stageTimestamp\":\"2026-01-01T00:00:00.000000Z\"}}"
        );
        std::fs::write(&event, text).unwrap();
        let sent = saker(directory.path()).args(["send", "--to", url]).arg(&event).output().unwrap();
        assert!(stdout(&sent).contains("\"answered_200\":1"));
        up.alert()
    };
    let up = Up::start(directory.path(), &[]);
    let url = up.url();
    assert!(alert_of(&up, &url, 1).contains("/number/1 "));
    assert!(up.stop().0.success());

    let up = Up::start(directory.path(), &[]);
    let url = up.url();
    let again = saker(directory.path()).args(["send", "--to", &url]).arg(&event).output().unwrap();
    assert!(stdout(&again).contains("\"answered_200\":1"));
    // Were the first told again, it would come here or be left over.
    assert!(alert_of(&up, &url, 2).contains("/number/2 "));
    let (status, rest) = up.stop();
    assert_eq!((status.code(), rest), (Some(0), Vec::new()));
}

#[test]
fn dead_letters_are_reached_while_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    let up = Up::start(directory.path(), &[]);
    let url = up.url();
    let bodies = directory.path().join("bodies");
    std::fs::write(&bodies, "{\"kind\":\"EventList\",\"items\":[{\"auditID\":\"1\"},{\"auditID\":\"2\"}]}")
        .unwrap();
    let sent = saker(directory.path()).args(["send", "--to", &url]).arg(&bodies).output().unwrap();
    assert!(stdout(&sent).contains("\"answered_200\":1"));
    let dlq = |arguments: &[&str]| saker(directory.path()).arg("dlq").args(arguments).output().unwrap();

    let list = stdout(&dlq(&["list", "--output", "json"]));
    let letters: Vec<serde_json::Value> =
        list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(letters.len(), 2, "{list}");
    assert!(letters.iter().all(|letter| letter["code"] == "no-stage-timestamp"), "{list}");
    let id = letters[0]["id"].as_str().unwrap();
    assert_eq!(stdout(&dlq(&["show", id, "--output", "raw"])).trim(), "{\"auditID\":\"1\"}");
    assert!(stdout(&dlq(&["show", id])).contains("reason    the event has no stageTimestamp"));
    assert_eq!(stdout(&dlq(&["drop", id])), format!("{id} dropped\n"));
    let again = dlq(&["drop", id]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(stdout(&dlq(&["list"])).lines().count(), 1);
    assert!(up.stop().0.success());
    assert_eq!(stdout(&dlq(&["list"])).lines().count(), 1, "without a running service, too");
}

#[test]
fn a_sink_that_is_gone_is_named_and_can_be_given_up() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("saker.yaml");
    std::fs::write(&config, "notifier: {sinks: {old: {type: file, path: old.txt}, stdout: {type: stdout}}}")
        .unwrap();
    let sink = |arguments: &[&str]| saker(directory.path()).arg("sink").args(arguments).output().unwrap();
    let names = || {
        let list = stdout(&sink(&["list"]));
        // Behind the head of the table.
        list.lines().skip(1).filter_map(|line| line.split(' ').next()).map(str::to_owned).collect::<Vec<_>>()
    };

    let up = Up::start(directory.path(), &["--config", config.to_str().unwrap()]);
    up.url();
    let since = std::time::Instant::now();
    while names() != ["old", "stdout"] {
        assert!(since.elapsed() < DEADLINE, "{:?}", names());
    }
    let served = sink(&["forget", "old"]);
    assert_eq!(served.status.code(), Some(1), "it is served");
    assert!(String::from_utf8_lossy(&served.stderr).contains("stop that first"));
    assert!(up.stop().0.success());

    let up = Up::start(directory.path(), &[]);
    up.says("saker sink forget old");
    assert_eq!(stdout(&sink(&["forget", "old"])), "old is forgotten\n");
    assert_eq!(sink(&["forget", "old"]).status.code(), Some(1), "it is gone");
    assert_eq!(names(), ["stdout"]);
    assert!(up.stop().0.success());
}

#[test]
fn a_second_one_says_what_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let up = Up::start(directory.path(), &[]);
    let address = up.url().replace("http://", "").replace("/k8s_audit", "");
    for (arguments, says) in [
        (
            ["--listen", "127.0.0.1:0", "--bus", "local:./saker-data"],
            "./saker-data is open in another process",
        ),
        (["--listen", &address, "--bus", "local:./other"], "Address already in use"),
    ] {
        let second = saker(directory.path()).arg("up").args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(1), "{stderr}");
        let error = stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(error.contains(says) && error.contains("--"), "{stderr}");
    }
}
