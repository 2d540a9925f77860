//! `saker replay` over both kinds of bus, with events that were put there for it.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may end where it cannot go on")]

#[path = "../../bus/tests/nats_server.rs"]
mod nats_server;

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bus::{Bus, Consumer, ConsumerSpec, Id, Settings, Stream, StreamStatus};
use evaluator::pushed::{Draft, push};
use ingest::split::{Part, split};
use nats_server::NatsServer;
use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;
use serde_json::Value;

const ACTIVE: &str = "\
- rule: Created
  desc: d
  condition: ka.verb = create
  output: created by %ka.user.name
  priority: NOTICE
  source: k8s_audit
- rule: Read
  desc: d
  condition: ka.verb = get
  output: read by %ka.user.name, event %evt.num
  priority: NOTICE
  source: k8s_audit
- rule: Patched
  desc: d
  condition: ka.verb = patch
  output: event %evt.num
  priority: DEBUG
  source: k8s_audit
";

/// The rule on reading is gone, that on creating says more and is graver, and there is one on deleting.
const CANDIDATE: &str = "\
- rule: Created
  desc: d
  condition: ka.verb = create
  output: created by %ka.user.name (%ka.auditid)
  priority: WARNING
  source: k8s_audit
- rule: Patched
  desc: d
  condition: ka.verb = patch
  output: event %evt.num
  priority: DEBUG
  source: k8s_audit
- rule: Deleted
  desc: d
  condition: ka.verb = delete
  output: deleted by %ka.user.name
  priority: ERROR
  source: k8s_audit
";

/// A bus in a directory or on a server, held open by the test, and a directory to work in.
struct Desk {
    directory: tempfile::TempDir,
    address: String,
    bus: Bus,
    _server: Option<NatsServer>,
}

impl Desk {
    async fn local() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = format!("local:{}", directory.path().join("data").display());
        Self::open(directory, address, None).await
    }

    async fn nats() -> Self {
        let server = NatsServer::start().await;
        let address = server.url();
        Self::open(tempfile::tempdir().unwrap(), address, Some(server)).await
    }

    async fn open(directory: tempfile::TempDir, address: String, server: Option<NatsServer>) -> Self {
        let bus = Bus::open(&address.parse().unwrap(), &Settings::default()).await.unwrap();
        std::fs::write(directory.path().join("active.yaml"), ACTIVE).unwrap();
        std::fs::write(directory.path().join("candidate.yaml"), CANDIDATE).unwrap();
        Self { directory, address, bus, _server: server }
    }

    /// Runs `saker replay` over all events of the last hour.
    fn replay(&self, words: &str) -> Output {
        self.run(&format!("--since 1h {words}"), &[])
    }

    fn run(&self, words: &str, environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
        command.current_dir(self.directory.path()).env("FALCO_HOSTNAME", "vm");
        command.envs(environment.iter().copied()).arg("replay").args(words.split_whitespace());
        command.args(["--bus", &self.address]).output().unwrap()
    }

    async fn publish(&self, chunk: &EventChunk) {
        assert!(!self.bus.publish(chunk).await.unwrap().duplicate);
    }

    /// Takes all chunks, and leaves the last of them unsettled.
    async fn begin_work(&self, chunks: usize) -> (Consumer<EventChunk>, bus::Delivery<EventChunk>) {
        let mut consumer = self.bus.consume::<EventChunk>(ConsumerSpec::named("evaluator")).await.unwrap();
        for _ in 1..chunks {
            consumer.next().await.unwrap().ack().await.unwrap();
        }
        let last = consumer.next().await.unwrap();
        (consumer, last)
    }

    async fn status(&self) -> Vec<StreamStatus> {
        let mut all = Vec::new();
        for stream in Stream::ALL {
            all.push(self.bus.status(stream).await.unwrap());
        }
        all
    }
}

fn event(id: &str, verb: &str) -> String {
    format!(
        "{{\"kind\":\"Event\",\"auditID\":\"{id}\",\"verb\":\"{verb}\",\"user\":{{\"username\":\"alice\"}},\
         \"stageTimestamp\":\"2018-10-25T14:09:12.581541Z\"}}"
    )
}

/// A chunk that was received so long ago.
fn chunk(cluster: &str, ago: Duration, events: &[String]) -> EventChunk {
    let received = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - ago;
    EventChunk {
        cluster: cluster.into(),
        received_unix_nanos: u64::try_from(received.as_nanos()).unwrap(),
        events: events.iter().map(|event| event.clone().into()).collect(),
        digests: Vec::new(),
    }
}

const NOW: Duration = Duration::from_secs(1);

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// A candidate that adds a rule, takes one away and changes one; and nobody notices.
async fn changes_are_told_and_nothing_else_happens(desk: &Desk) {
    let verbs = ["create", "get", "get", "delete", "create", "patch"];
    let events: Vec<String> = (0..).zip(verbs).map(|(id, verb)| event(&format!("e{id}"), verb)).collect();
    desk.publish(&chunk("default", NOW, &events[..3])).await;
    desk.publish(&chunk("prod", NOW, &events[3..])).await;
    let alert = Alert { id: Id::of(["a".as_bytes()]).to_string(), ..Alert::default() };
    desk.bus.publish(&alert).await.unwrap();
    let (_consumer, unsettled) = desk.begin_work(2).await;
    let before = desk.status().await;

    let same = desk.replay("--rules active.yaml --against active.yaml --exit-code");
    assert_eq!((code(&same), stdout(&same).as_str()), (Some(0), "nothing changes: 5 alerts as before\n"));
    assert!(stderr(&same).contains("both rulesets are the same"), "{}", stderr(&same));

    let other = desk.replay("--rules candidate.yaml --against active.yaml --exit-code --examples 1");
    assert_eq!(code(&other), Some(2), "{}", stderr(&other));
    insta::assert_snapshot!("changes", stdout(&other));
    let told = stderr(&other);
    assert!(
        told.contains("6 events in 2 chunks, received from ") && told.contains("candidate.yaml (3 rules"),
        "{told}"
    );

    let json = desk.replay("--rules candidate.yaml --against active.yaml --output json");
    assert_eq!(code(&json), Some(0), "without --exit-code changes are no failure");
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    let counts = ["events", "chunks", "new", "gone", "changed", "same"].map(|key| json[key].as_u64());
    assert_eq!(counts, [6, 2, 1, 2, 2, 1].map(Some));
    let created = json["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "Created").unwrap();
    let example = &created["examples"]["changed"][0];
    assert_eq!(example["differs"], serde_json::json!(["priority", "output", "ka.auditid"]));
    assert_eq!(example["before"]["uuid"], example["after"]["uuid"]);

    assert_eq!(desk.status().await, before, "streams and consumers are as they were");
    unsettled.ack().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_over_nats() {
    changes_are_told_and_nothing_else_happens(&Desk::nats().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_over_a_local_store_that_is_in_use_and_one_that_is_not() {
    let desk = Desk::local().await;
    changes_are_told_and_nothing_else_happens(&desk).await;
    let words = "--rules candidate.yaml --against active.yaml";
    let (in_use, before) = (desk.replay(words), desk.status().await);
    desk.bus.close().await.unwrap();
    let free = desk.replay(words);
    assert_eq!(stdout(&free), stdout(&in_use), "{}", stderr(&free));
    let again = Bus::open(&desk.address.parse().unwrap(), &Settings::default()).await.unwrap();
    assert_eq!(again.status(Stream::Events).await.unwrap(), before[0]);
}

/// Only what was received in time, of the clusters asked for; and it is said what is not there any more.
async fn the_window_is_kept_and_its_limits_are_told(desk: &Desk) {
    let empty = desk.replay("");
    assert_eq!(code(&empty), Some(1));
    assert!(stderr(&empty).contains("; the bus has never held one\n"), "{}", stderr(&empty));
    let early = Duration::from_secs(120);
    desk.publish(&chunk("prod", early, &[event("early", "create")])).await;
    desk.publish(&chunk("prod", NOW, &[event("late", "create")])).await;
    desk.publish(&chunk("lab", NOW, &[event("lab", "create")])).await;
    let ids = |words: &str| {
        let output = desk.run(&format!("--rules candidate.yaml --output text {words}"), &[]);
        assert_eq!(code(&output), Some(0), "{}", stderr(&output));
        let lines = stdout(&output);
        let ids = lines.lines().map(|line| line.split(['(', ')']).nth(1).unwrap().to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("--since 1h"), "early late lab");
    assert_eq!(ids("--since 1h --limit 2"), "early late");
    assert_eq!(ids("--since 60s"), "late lab");
    assert_eq!(ids("--since 1h --until 60s"), "early");
    assert_eq!(ids("--since 1h --cluster lab other"), "lab");
    let none = desk.replay("--cluster other");
    assert_eq!(code(&none), Some(1));
    let says = "the first one that the bus ever held was received at ";
    assert!(stderr(&none).contains(says), "{}", stderr(&none));

    // The first is settled and old, and goes.
    let mut consumer = desk.bus.consume::<EventChunk>(ConsumerSpec::named("evaluator")).await.unwrap();
    consumer.next().await.unwrap().ack().await.unwrap();
    assert_eq!(desk.bus.trim(Stream::Events, Duration::ZERO).await.unwrap(), 1);
    let rest = desk.replay("--rules candidate.yaml");
    assert_eq!((code(&rest), stdout(&rest).lines().count()), (Some(0), 2));
    assert!(stderr(&rest).starts_with("note: events from "), "{}", stderr(&rest));
    assert!(stderr(&rest).contains("bus.keep sets how long"), "{}", stderr(&rest));
    let gone = desk.run("--since 1h --until 60s", &[]);
    assert!(code(&gone) == Some(1) && stderr(&gone).contains("bus.keep sets how long"), "{}", stderr(&gone));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_over_nats() {
    the_window_is_kept_and_its_limits_are_told(&Desk::nats().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_over_a_local_store() {
    the_window_is_kept_and_its_limits_are_told(&Desk::local().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_event_is_named_and_what_comes_twice_counts_once() {
    let desk = Desk::local().await;
    let twice = event("1", "create");
    desk.publish(&chunk("prod", NOW, &[twice.clone(), "{}".to_owned(), event("2", "create")])).await;
    desk.publish(&chunk("prod", NOW, &[event("3", "get"), twice])).await;
    let output = desk.replay("--rules active.yaml --output text");
    assert_eq!(code(&output), Some(0));
    assert_eq!(stdout(&output).lines().count(), 3, "{}", stdout(&output));
    assert!(stdout(&output).ends_with("event 4\n"), "what is no event has a number too: {}", stdout(&output));
    let told = stderr(&output);
    let letter = told.split_once("dead letter ").unwrap().1.split_once(':').unwrap().0;
    assert!(
        letter.parse::<Id>().is_ok() && told.contains("warning: an event of prod, received at "),
        "{told}"
    );
    assert!(
        told.contains("5 events in 2 chunks") && told.contains("1 event could not be judged\n"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_compared_with_what_the_settings_name_pushed_rules_included() {
    let desk = Desk::nats().await;
    desk.publish(&chunk("prod", NOW, &[event("1", "create"), event("2", "delete")])).await;
    let names = [("SAKER_EVALUATOR_RULES", "bus")];
    let none = desk.run("--since 1h --diff --rules candidate.yaml", &names);
    assert_eq!(code(&none), Some(1));
    assert!(stderr(&none).contains("no rules have been pushed onto the bus"), "{}", stderr(&none));
    assert!(stderr(&none).contains("--against takes others"), "{}", stderr(&none));

    let file = |text: &str| rules::SourceFile { name: "pushed.yaml".into(), text: text.into() };
    let draft = |text: &str| Draft {
        files: vec![file(text)],
        message: String::new(),
        pushed_by: String::new(),
        pushed_unix_nanos: 0,
    };
    push(&desk.bus, draft(ACTIVE)).await.unwrap();
    let other = Alert { id: Id::of([]).to_string(), ruleset: "0123abcd".into(), ..Alert::default() };
    desk.bus.publish(&other).await.unwrap();
    let output = desk.run("--since 1h --diff --rules candidate.yaml", &names);
    assert!(
        stdout(&output).ends_with("2 alerts: 1 new, 0 gone, 1 changed, 0 as before\n"),
        "{}",
        stdout(&output)
    );
    assert!(
        stderr(&output).contains("was raised by ruleset 0123abcd, and the settings name bus"),
        "{}",
        stderr(&output)
    );
    let pushed = desk.run("--since 1h --output text", &names);
    assert_eq!(stdout(&pushed), "14:09:12.581541000: Notice created by alice\n", "{}", stderr(&pushed));
}

/// An alert without what `saker eval` does not print.
fn plain(line: &str) -> Value {
    let mut alert: Value = serde_json::from_str(line).unwrap();
    alert.as_object_mut().unwrap().remove("uuid").unwrap();
    let fields = alert["output_fields"].as_object_mut().unwrap();
    fields.remove("saker.cluster").unwrap();
    fields.remove("saker.ruleset").unwrap();
    alert
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_are_those_of_eval_and_the_rules_in_force_change_nothing() {
    let desk = Desk::local().await;
    let bodies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bodies");
    let mut all = Vec::new();
    for number in 1..=8 {
        let body = std::fs::read(bodies.join(format!("0{number}.json"))).unwrap();
        let events: Vec<String> = split(body.as_slice(), usize::MAX)
            .map(|part| match part.unwrap() {
                Part::Event(range) => String::from_utf8(body[range].to_vec()).unwrap(),
                Part::Broken(broken) => panic!("{}", broken.reason),
            })
            .collect();
        desk.publish(&chunk("prod", NOW, &events)).await;
        all.extend(body);
    }
    std::fs::write(desk.directory.path().join("all.jsonl"), all).unwrap();
    let extra = "\
evaluator:
  rule_matching: all
  append_output: [{match: {source: k8s_audit}, extra_output: '%evt.num %evt.reltime', extra_fields: [evt.num, evt.reltime]}]
";
    std::fs::write(desk.directory.path().join("saker.yaml"), extra).unwrap();
    let mut eval = Command::new(env!("CARGO_BIN_EXE_saker"));
    eval.current_dir(desk.directory.path()).env("FALCO_HOSTNAME", "vm");
    let words = ["eval", "--events", "all.jsonl", "--cluster", "prod", "--config", "saker.yaml"];
    let expected = stdout(&eval.args(words).output().unwrap());
    let replayed = stdout(&desk.replay("--config saker.yaml"));
    let expected: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(expected.len() > 250, "{}", expected.len());
    assert_eq!(replayed.lines().map(plain).collect::<Vec<_>>(), expected);

    let diff = desk.replay("--config saker.yaml --diff --exit-code");
    let nothing = format!("nothing changes: {} alerts as before\n", expected.len());
    assert_eq!((code(&diff), stdout(&diff)), (Some(0), nothing), "{}", stderr(&diff));
}
