//! Layers, their order, and how every mistake reads.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use service::config::{Configuration, Flag, OpenMap, Problem, Shape, Sources, load, to_yaml};
use service::units::{ByteSize, Span};
use service::{BusSettings, LogSettings, Secret};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Whole {
    bus: BusSettings,
    log: LogSettings,
    ingest: Ingest,
    notifier: Notifier,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ingest {
    listen: std::net::SocketAddr,
    max_body: ByteSize,
    retry_after: Span,
    workers: usize,
    verbose: bool,
    paths: Vec<String>,
    identities: Vec<Identity>,
    name: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    cluster: String,
    token: Secret,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Notifier {
    sinks: BTreeMap<String, Sink>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Sink {
    Slack {
        webhook_url: Secret,
        #[serde(default = "ten_seconds")]
        timeout: Span,
    },
    File {
        path: String,
        #[serde(default)]
        lines: u32,
    },
}

fn ten_seconds() -> Span {
    Span::seconds(10)
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 8765).into(),
            max_body: ByteSize::mib(256),
            retry_after: Span::seconds(10),
            workers: 2,
            verbose: false,
            paths: vec!["/k8s_audit".to_owned()],
            identities: Vec::new(),
            name: None,
        }
    }
}

impl Configuration for Whole {
    fn shape() -> Shape {
        let slack = json!({"type": "slack", "webhook_url": null, "timeout": null});
        let file = json!({"type": "file", "path": null, "lines": 0});
        Shape::common().foreign(["evaluator"]).open_map(OpenMap::new(
            "notifier.sinks",
            vec![("slack".to_owned(), slack), ("file".to_owned(), file)],
        ))
    }

    fn check(&self) -> Vec<Problem> {
        let zero = self.ingest.workers == 0;
        zero.then(|| Problem::at("ingest.workers", "must not be 0")).into_iter().collect()
    }
}

struct Given {
    sources: Sources,
    directory: tempfile::TempDir,
}

fn given(file: &str, environment: &[(&str, &str)]) -> Given {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("saker.yaml");
    std::fs::write(&path, file).unwrap();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Given { sources: Sources { file: Some(path), environment, flags: Vec::new() }, directory }
}

impl Given {
    fn flag(mut self, name: &str, path: &str, value: impl Into<serde_json::Value>) -> Self {
        self.sources.flags.push(Flag::new(name, path, value));
        self
    }

    fn settings(self) -> Whole {
        load(self.sources).map_err(|problems| problems.to_string()).unwrap()
    }

    fn problems(self) -> String {
        let directory = format!("{}/", self.directory.path().display());
        load::<Whole>(self.sources).unwrap_err().to_string().replace(&directory, "")
    }
}

#[test]
fn without_any_source_the_defaults_hold() {
    let settings: Whole = load(Sources::default()).unwrap();
    assert_eq!(to_yaml(&settings), to_yaml(&Whole::default()));
}

#[test]
fn each_layer_beats_the_one_before() {
    let file = "ingest:\n  listen: 0.0.0.0:1\n  workers: 3\n  max_body: 1MiB\n";
    let environment = [("SAKER_INGEST_LISTEN", "0.0.0.0:2"), ("SAKER_INGEST_WORKERS", "4")];
    let settings = given(file, &environment).flag("--listen", "ingest.listen", "0.0.0.0:3").settings().ingest;
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.workers, 4);
    assert_eq!(settings.max_body, ByteSize::mib(1));
    assert_eq!(settings.retry_after, Span::seconds(10));
}

#[test]
fn variables_are_read_as_what_the_key_needs() {
    let environment = [
        ("SAKER_INGEST_VERBOSE", "true"),
        ("SAKER_INGEST_PATHS", "/a, /b"),
        ("SAKER_INGEST_NAME", "123"),
        ("SAKER_INGEST_RETRY_AFTER", "5s"),
        ("SAKER_INGEST_MAX_BODY", ""),
        ("SAKER_BUS", "local:/var/lib/saker"),
        ("SAKER_LOG", "debug"),
        ("SAKER_LOG_FORMAT", "json"),
        ("HOME", "/root"),
    ];
    let settings = given("", &environment).settings();
    assert!(settings.ingest.verbose);
    assert_eq!(settings.ingest.paths, ["/a", "/b"]);
    assert_eq!(settings.ingest.name.as_deref(), Some("123"));
    assert_eq!(settings.ingest.retry_after, Span::seconds(5));
    assert_eq!(settings.bus.address.expose(), "local:/var/lib/saker");
    assert_eq!(
        (settings.log.level.to_string().as_str(), settings.log.format),
        ("debug", service::LogFormat::Json)
    );
}

#[test]
fn a_single_value_may_stand_for_a_section_and_a_section_may_be_empty() {
    let settings = given("bus: local:here\nlog: warn\ningest:\n", &[]).settings();
    assert_eq!(settings.bus.address.expose(), "local:here");
    assert_eq!(settings.bus.keep, Span::seconds(86_400));
    assert_eq!(settings.log.level.to_string(), "warn");
    assert_eq!(settings.ingest.workers, 2);
}

#[test]
fn variables_reach_entries_that_people_named() {
    let file = "notifier: {sinks: {my-file: {type: file, path: a}}}";
    let environment = [
        ("SAKER_NOTIFIER_SINKS_MY_FILE_PATH", "b"),
        ("SAKER_NOTIFIER_SINKS_MY_FILE_LINES", "7"),
        ("SAKER_NOTIFIER_SINKS_OPS_TYPE", "slack"),
        ("SAKER_NOTIFIER_SINKS_OPS_WEBHOOK_URL", "https://hooks/geheim"),
        ("SAKER_NOTIFIER_SINKS_OPS_TIMEOUT", "3s"),
    ];
    let sinks = given(file, &environment).settings().notifier.sinks;
    assert!(matches!(&sinks["my-file"], Sink::File { path, lines: 7 } if path == "b"), "{sinks:?}");
    let Some(Sink::Slack { webhook_url, timeout }) = sinks.get("ops") else { panic!("{sinks:?}") };
    assert_eq!((webhook_url.expose(), *timeout), ("https://hooks/geheim", Span::seconds(3)));
}

#[test]
fn strings_take_values_from_the_environment_and_from_files() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("url");
    std::fs::write(&secret, "https://hooks/geheim\n").unwrap();
    let file = format!(
        "ingest: {{listen: '${{HOST}}:99', workers: '${{COUNT}}', name: '$${{HOST}}'}}\n\
         notifier: {{sinks: {{ops: {{type: slack, webhook_url: '${{file:{}}}'}}}}}}",
        secret.display()
    );
    let settings = given(&file, &[("HOST", "10.0.0.1"), ("COUNT", "5")]).settings();
    assert_eq!(settings.ingest.listen.to_string(), "10.0.0.1:99");
    assert_eq!(settings.ingest.workers, 5);
    assert_eq!(settings.ingest.name.as_deref(), Some("${HOST}"));
    let Some(Sink::Slack { webhook_url, .. }) = settings.notifier.sinks.get("ops") else { panic!() };
    assert_eq!(webhook_url.expose(), "https://hooks/geheim");
}

#[test]
fn what_belongs_to_others_is_left_alone() {
    let file = "evaluator: {anything: '${NOT_SET}'}";
    let environment = [
        ("SAKER_EVALUATOR_WORKERS", "4"),
        ("SAKER_CONFIG", "x.yaml"),
        ("SAKER_INGEST_SERVICE_HOST", "10.0.0.7"),
        ("SAKER_INGEST_SERVICE_PORT_HTTP", "8765"),
        ("SAKER_INGEST_PORT", "tcp://10.0.0.7:8765"),
        ("SAKER_INGEST_PORT_8765_TCP_ADDR", "10.0.0.7"),
        ("SAKER_PORT_8765_TCP", "tcp://10.0.0.7:8765"),
    ];
    given(file, &environment).settings();
}

#[test]
fn printed_settings_mask_secrets_and_read_back() {
    let file = "bus: {address: 'nats://saker:geheim@nats:4222', token: geheim}\n\
                ingest: {identities: [{cluster: prod, token: geheim}]}\n\
                notifier: {sinks: {ops: {type: slack, webhook_url: 'https://geheim'}}}\n";
    let printed = to_yaml(&given(file, &[]).settings());
    assert!(!printed.contains("geheim"), "{printed}");
    insta::assert_snapshot!(printed);
    given(&printed, &[]).settings();
}

#[test]
fn all_problems_are_told_at_once() {
    let file = "\
bus: {adress: local:x, keep: forever}
log: {format: xml, level: inof}
ingest:
  lisen: 0.0.0.0:1
  listen: everywhere
  max_body: 12 potatoes
  retry_after: 10
  workers: lots
  verbose: 1
  paths: /a
  identities: [{cluster: prod}, {cluster: b, token: t, tokn: x}]
  name: '${NOT_SET}'
max_body: 1MiB
notifyer: {}
notifier:
  sinks:
    a: {type: slak}
    b: {type: slack, webhook_url: u, timout: 1s, timeout: soon}
    c: {type: file}
    d: {path: x}
    e: {type: file, path: x, lines: many}
    f: {type: file, path: 5}
";
    let environment = [
        ("SAKER_INGEST_WORKER", "4"),
        ("SAKER_BUS_REPLICAS", "three"),
        ("SAKER_NOTIFIER_SINKS_Z_PATH", "x"),
        ("SAKER_QWERTY", "1"),
        ("SAKER_INGEST_PORT", "8765"),
    ];
    let problems = given(file, &environment).flag("--keep", "bus.timeout", "5 minutes").problems();
    insta::assert_snapshot!(problems);
}

#[test]
fn a_value_that_is_of_its_type_and_still_wrong_is_told_with_the_others() {
    insta::assert_snapshot!(given("ingest: {workers: 0, lissen: 1}", &[]).problems(), @r"
    2 problems with the settings
      ingest.lissen: unknown key (from saker.yaml); did you mean ingest.listen?
      ingest.workers: must not be 0 (from saker.yaml)
    ");
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let mut missing = given("", &[("SAKER_INGST_LISTEN", "x")]);
    missing.sources.file = Some("/does/not/exist.yaml".into());
    insta::assert_snapshot!(missing.problems());
    insta::assert_snapshot!(given("ingest:\n  listen: [\n", &[]).problems());
    insta::assert_snapshot!(given("- a\n- b\n", &[]).problems());
    insta::assert_snapshot!(given("ingest: 5\nnotifier: [x]\n", &[]).problems());
    insta::assert_snapshot!(given("ingest: {workers: 1, workers: 2}\n", &[]).problems());
}
