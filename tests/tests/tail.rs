//! `saker tail` over `kill -9` of whom it follows, twenty times in mid-stream: what it prints is every alert, each once.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tests::alerts::{expected, judge};
use tests::line::takes_events;
use tests::nats_server::{NatsServer, unused_port};
use tests::process::{Process, binary, run};
use tests::{fresh, wait};

const EVENTS: usize = 4_000;
const KILLS: usize = 20;

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], unused_port()))
}

/// Posts the events, for as long as it takes.
fn send(events: &Path, listen: SocketAddr) -> Child {
    Command::new(binary("saker"))
        .args([
            "send",
            "--to",
            &format!("http://{listen}/k8s_audit"),
            "--retry-delay",
            "100ms",
            "--rate",
            "400",
        ])
        .arg(events)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the victim again and again while alerts are printed, and judges what was.
async fn followed(directory: &Path, victim: &mut Process, (listen, grpc): (SocketAddr, SocketAddr)) {
    let events = directory.join("events.jsonl");
    fresh::write(&events, EVENTS);
    let expected = expected(&events);
    let alerts: usize = expected.values().sum();
    let server = grpc.to_string();
    let tail = Process::start("saker", "tail", directory, &["tail", "--server", &server, "--since", "1h"]);
    let printed = || tail.output().lines().count();
    let mut sender = send(&events, listen);
    for kill in 0..KILLS {
        let mark = alerts * kill / (KILLS + 2);
        wait::until("alerts are printed", Duration::from_secs(60), || printed() > mark).await;
        victim.kill_9();
        victim.start_again();
    }
    wait::until("all alerts are printed", Duration::from_secs(60), || printed() >= alerts).await;
    assert!(sender.wait().unwrap().success(), "every event was accepted in the end");
    wait::until_quiet("the output", Duration::from_secs(1), Duration::from_secs(30), printed).await;
    let output = tail.output();
    let verdict = judge(&expected, output.lines(), 0);
    println!("{KILLS} kills: {verdict:?}");
    assert_eq!((verdict.lost, verdict.doubled, printed()), (0, 0, alerts), "{verdict:?}");
    let told = tail.log();
    assert!(told.contains("connecting again") && told.contains("connected again"), "{told}");
    assert!(!told.contains("missing"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notifier_over_nats_may_die_again_and_again() {
    let directory = tempfile::tempdir().unwrap();
    let nats = NatsServer::start().await;
    let (listen, grpc, bus) = (loopback(), loopback(), nats.url());
    let (listening, serving) = (listen.to_string(), grpc.to_string());
    let start = |name: &str, more: &[&str]| {
        Process::start(name, name, directory.path(), &[&["--bus", &bus][..], more].concat())
    };
    let _ingest = start("ingest", &["--listen", &listening]);
    let _evaluator = start("evaluator", &[]);
    let mut notifier = start("notifier", &["--grpc", &serving]);
    takes_events(listen).await;
    wait::until("alerts are served", Duration::from_secs(30), || std::net::TcpStream::connect(grpc).is_ok())
        .await;
    followed(directory.path(), &mut notifier, (listen, grpc)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_line_on_a_local_store_may_die_again_and_again() {
    let directory = tempfile::tempdir().unwrap();
    let (listen, grpc) = (loopback(), loopback());
    let bus = format!("local:{}", directory.path().join("store").display());
    let arguments = ["up", "--bus", &bus, "--listen", &listen.to_string(), "--grpc", &grpc.to_string()];
    let mut up = Process::start("saker", "up", directory.path(), &arguments);
    takes_events(listen).await;
    followed(directory.path(), &mut up, (listen, grpc)).await;
}

#[test]
fn mistakes_say_what_to_do() {
    let nobody = loopback().to_string();
    for (arguments, code, says) in [
        (&["tail", "--server", &nobody][..], 1, "nothing listens at"),
        (&["tail", "--server", "everywhere"], 1, "give HOST:PORT"),
        (&["tail", "--since", "yesterday"], 64, "nor how long ago, as 90s, 15m or 2h"),
        (&["tail", "--server", &nobody, "--token-file", "/does/not/exist"], 1, "--token-file: cannot read"),
    ] {
        let (ended, _, told) = run("saker", arguments);
        assert!(ended == Some(code) && told.contains(says), "{arguments:?}: {ended:?} {told}");
    }
}
