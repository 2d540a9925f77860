//! Alerts as programs of others take them: with the gRPC library of Python, from a running `saker up`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use tests::alerts::expected;
use tests::line::takes_events;
use tests::nats_server::unused_port;
use tests::process::{Process, binary, run};
use tests::wait;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/grpc.md")).unwrap()
}

/// The block of code of that language on the page.
fn block(language: &str) -> String {
    let page = page();
    let (_, block) = page.split_once(&format!("\n```{language}\n")).expect("there is such a block");
    block.split_once("\n```").expect("it ends").0.to_owned()
}

/// Where `scripts/grpc-python` puts the library; `None` where it is not there, and nobody insists.
fn library() -> Option<PathBuf> {
    let tools = binary("saker").parent().and_then(Path::parent).unwrap().join("tools/grpc-python");
    if tools.join("versions").exists() {
        return Some(tools);
    }
    assert!(std::env::var_os("CI").is_none(), "run scripts/grpc-python");
    println!("left out, since the gRPC library of Python is not there: run scripts/grpc-python");
    None
}

struct Python {
    path: String,
}

impl Python {
    /// With stubs made of the published files.
    fn with_stubs(library: &Path, directory: &Path) -> Self {
        let out = directory.display();
        let python = Self { path: format!("{out}:{}", library.display()) };
        let made = ["-m", "grpc_tools.protoc", "-I", "proto/proto"].map(str::to_owned).into_iter();
        let made = made.chain([format!("--python_out={out}"), format!("--grpc_python_out={out}")]);
        let files = ["saker/alerts/v1/alerts", "saker/alerts/v1/service", "falco/schema", "falco/outputs"];
        let files =
            files.into_iter().chain(["falco/output", "falco/version"]).map(|file| format!("{file}.proto"));
        let made = python.run(&made.chain(files).collect::<Vec<_>>());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        python
    }

    fn run(&self, arguments: &[String]) -> Output {
        let mut python = Command::new("python3");
        python.args(arguments).current_dir(root()).env("PYTHONPATH", &self.path);
        python.env("PYTHONDONTWRITEBYTECODE", "1").output().expect("python3 runs")
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// `saker up` with that configuration, once it has raised all alerts of the bundled events; how many those are.
async fn demo(directory: &Path, config: &str) -> (Process, SocketAddr, usize) {
    let [listen, grpc] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], unused_port())));
    let (file, bus) = (directory.join("saker.yaml"), format!("local:{}", directory.join("store").display()));
    std::fs::write(&file, config).unwrap();
    let arguments = ["up", "--demo", "--config", file.to_str().unwrap(), "--bus", &bus];
    let (listening, serving) = (listen.to_string(), grpc.to_string());
    let more = ["--listen", &listening, "--grpc", &serving];
    let up = Process::start("saker", "up", directory, &[&arguments[..], &more].concat());
    takes_events(listen).await;
    let alerts = expected(&root().join("saker/demo/events.jsonl")).values().sum();
    let printed = || up.output().lines().filter(|line| line.contains(": ")).count();
    wait::until("all alerts are raised", Duration::from_secs(30), || printed() >= alerts).await;
    (up, grpc, alerts)
}

#[tokio::test(flavor = "multi_thread")]
async fn python_takes_alerts_in_every_way_there_is() {
    let Some(library) = library() else { return };
    let directory = tempfile::tempdir().unwrap();
    let python = Python::with_stubs(&library, directory.path());
    let (_up, grpc, alerts) = demo(directory.path(), "").await;
    let script = "tests/clients/grpc_clients.py".to_owned();
    let output = python.run(&[script, grpc.to_string(), alerts.to_string()]);
    assert!(output.status.success(), "{}", text(&output));

    let example = block("python").replace("127.0.0.1:5060", &grpc.to_string());
    let output = python.run(&["-c".to_owned(), example]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(text(&output).lines().count(), alerts, "the example of docs/grpc.md prints each alert");

    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.split_once("```python\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    // It goes on for ever; here it ends with the alerts of now.
    let lines = lines
        .replace("127.0.0.1:5060", &grpc.to_string())
        .replace("earliest=True)", "earliest=True), until_now=True");
    let imports = "import grpc\nfrom saker.alerts.v1 import service_pb2 as pb, service_pb2_grpc\n";
    let output = python.run(&["-c".to_owned(), format!("{imports}{lines}")]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(text(&output).lines().count(), alerts, "the three lines of README.md print each alert");
}

#[tokio::test(flavor = "multi_thread")]
async fn python_is_let_in_with_a_token_only() {
    let Some(library) = library() else { return };
    let directory = tempfile::tempdir().unwrap();
    let python = Python::with_stubs(&library, directory.path());
    let tokens = directory.path().join("tokens");
    std::fs::write(&tokens, TOKEN).unwrap();
    let config = format!("notifier: {{grpc: {{identities: {{soc: {{token_file: {}}}}}}}}}", tokens.display());
    let (_up, grpc, _) = demo(directory.path(), &config).await;
    let asks = "import grpc, sys\n\
         from saker.alerts.v1 import service_pb2 as pb, service_pb2_grpc\n\
         alerts = service_pb2_grpc.AlertsStub(grpc.insecure_channel(sys.argv[1]))\n\
         print(alerts.ServerStatus(pb.ServerStatusRequest(), metadata=[tuple(sys.argv[2:4])], timeout=30).identity)";
    let ask = |header: &str, value: &str| {
        let words = ["-c", asks, &grpc.to_string(), header, value];
        python.run(&words.map(str::to_owned))
    };
    assert_eq!(text(&ask("authorization", &format!("Bearer {TOKEN}"))).trim(), "soc");
    for (header, value) in [("authorization", "Bearer ffffffffffffffffffffffffffffffff"), ("x-other", "x")] {
        let output = ask(header, value);
        assert!(!output.status.success() && text(&output).contains("UNAUTHENTICATED"), "{}", text(&output));
    }
    // And `saker tail` says what to do.
    let server = grpc.to_string();
    let (code, _, told) = run("saker", &["tail", "--server", &server, "--no-follow"]);
    assert!(code == Some(1) && told.contains("--token-file"), "{told}");
    let file = tokens.to_str().unwrap();
    let (code, out, told) = run("saker", &["tail", "--server", &server, "--no-follow", "--token-file", file]);
    assert!(code == Some(0) && out.lines().all(|line| line.starts_with('{')), "{told}");
}

#[test]
fn the_configuration_of_the_page_loads() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("saker.yaml");
    std::fs::write(&file, block("yaml")).unwrap();
    let (code, printed, told) = run("saker", &["up", "--config", file.to_str().unwrap(), "--print-config"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(printed.contains("team-a-*"), "{printed}");
}
