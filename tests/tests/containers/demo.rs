//! The first thing that people do: one command, and alerts within seconds.

use std::process::Command;
use std::time::{Duration, Instant};

use tests::docker::{Containers, docker, state, try_docker};
use tests::wait;

/// From the command to the first alert on the screen, images built.
const FIRST_ALERT: Duration = Duration::from_secs(30);
const SERVICES: [&str; 4] = ["nats", "ingest", "evaluator", "notifier"];

/// The alerts that the notifier shows on the screen.
fn alerts(screen: &str) -> usize {
    let said = screen.lines().filter_map(|line| Some(line.strip_prefix("notifier-1")?.split_once("| ")?.1));
    // An alert begins with the time of day, a line of the log with the date.
    said.filter(|said| said.get(2..3) == Some(":")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_shows_alerts_and_all_is_well() {
    let Some(line) = Containers::of("saker-demo", &["docker-compose.yml"]) else { return };
    let screen = line.path("screen");
    let start = Instant::now();
    let mut up = line.documented_in_foreground("--profile demo up", &screen);
    let shown = || std::fs::read_to_string(&screen).unwrap_or_default();
    wait::until("the first alert is on the screen", Duration::from_secs(120), || alerts(&shown()) > 0).await;
    let first = start.elapsed();
    println!("the first alert after {first:?}");
    assert!(first < FIRST_ALERT, "the first alert took {first:?}:\n{}", shown());
    wait::until("the demo is over", Duration::from_secs(60), || {
        shown().contains("demo-1 exited with code 0")
    })
    .await;
    wait::until("all alerts are on the screen", Duration::from_secs(30), || alerts(&shown()) >= 10).await;

    line.healthy(&SERVICES).await;
    for name in SERVICES.iter().flat_map(|service| line.names(service)) {
        is_locked_up(&name);
    }
    assert!(!try_docker(&["exec", &line.names("ingest")[0], "sh"]).0, "there is a shell");

    for name in ["notifier", "evaluator", "ingest", "nats"].iter().flat_map(|service| line.names(service)) {
        let start = Instant::now();
        docker(&["stop", &name]);
        let took = start.elapsed();
        assert_eq!(state(&name, "ExitCode"), "0", "{name} is stopped in order");
        assert!(took < Duration::from_secs(10), "{name} took {took:?} to stop");
    }
    up.kill().and_then(|()| up.wait()).expect("compose can be ended");
}

fn is_locked_up(name: &str) {
    let of = |format: &str| docker(&["inspect", "--format", format, name]);
    assert_eq!(of("{{.HostConfig.ReadonlyRootfs}}"), "true", "{name}");
    assert_eq!(of("{{json .HostConfig.CapDrop}}"), r#"["ALL"]"#, "{name}");
    assert!(of("{{json .HostConfig.SecurityOpt}}").contains("no-new-privileges"), "{name}");
    assert_ne!(of("{{.HostConfig.Memory}}"), "0", "{name} has a limit of memory");
    if !name.contains("nats") {
        assert_eq!(of("{{.Config.User}}"), "65532:65532", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_says_what_is_missing() {
    let Some(line) = Containers::of("saker-health", &["docker-compose.yml"]) else { return };
    line.compose(&["up", "--detach", "--no-deps", "ingest"]);
    let name = line.names("ingest").remove(0);
    let mut said = String::new();
    wait::until("its health check fails", Duration::from_secs(60), || {
        let output = Command::new("docker").args(["exec", &name, "ingest", "--health"]).output().unwrap();
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.code() == Some(1) && said.contains("not ready")
    })
    .await;
    assert_eq!(said.trim_end(), "error: not ready: bus: it is not reached yet");
}
