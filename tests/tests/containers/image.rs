//! The image: what is in it, and how little.

use std::time::Duration;

use tests::docker::{docker, image, state, try_docker};
use tests::wait;

#[test]
fn all_four_binaries_run_locked_up() {
    let Some(image) = image() else { return };
    let locked = [
        "run",
        "--rm",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--network=none",
    ];
    for name in ["saker", "ingest", "evaluator", "notifier"] {
        let version = docker(&[locked.as_slice(), &[&image, name, "--version"]].concat());
        assert_eq!(version, format!("{name} {}", env!("CARGO_PKG_VERSION")));
    }
    let help = docker(&["run", "--rm", &image, "saker", "--help"]);
    assert!(help.contains("Kubernetes audit events in, alerts out"), "{help}");
}

#[test]
fn nothing_else_is_in_it() {
    let Some(image) = image() else { return };
    for shell in ["sh", "/bin/sh", "bash", "/bin/busybox"] {
        let (ran, said) = try_docker(&["run", "--rm", &image, shell, "-c", "true"]);
        assert!(!ran && (said.contains("no such file") || said.contains("not found")), "{shell}: {said}");
    }
    let config = docker(&["image", "inspect", &image, "--format", "{{json .Config}}"]);
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["User"], "65532:65532", "a number, and not root");
    assert_eq!(config["Labels"]["org.opencontainers.image.licenses"], "Apache-2.0");
    assert_eq!(config["Labels"]["org.opencontainers.image.version"], env!("CARGO_PKG_VERSION"));
    let size: u64 = docker(&["image", "inspect", &image, "--format", "{{.Size}}"]).parse().unwrap();
    println!("the image has {} MB", size / 1_000_000);
    assert!(size < 120_000_000, "{size} bytes: is debug information in it?");
}

#[tokio::test]
async fn the_whole_line_runs_in_one_container_and_keeps_its_store_on_a_volume() {
    let Some(image) = image() else { return };
    let (name, volume) = ("saker-alone", "saker-alone:/var/lib/saker");
    let _cleanup = Remove { container: name, volume: name };
    docker(&[
        "run",
        "--detach",
        "--name",
        name,
        "--read-only",
        "--volume",
        volume,
        &image,
        "saker",
        "up",
        "--demo",
    ]);
    wait::until("alerts appear", Duration::from_secs(60), || {
        try_docker(&["logs", name]).1.contains("the alerts stand above")
    })
    .await;
    assert_eq!(docker(&["exec", name, "saker", "up", "--health"]), "ready");
    docker(&["stop", name]);
    assert_eq!(state(name, "ExitCode"), "0", "SIGTERM ends it in order");
}

/// Removes a container and its volume in the end.
struct Remove {
    container: &'static str,
    volume: &'static str,
}

impl Drop for Remove {
    fn drop(&mut self) {
        try_docker(&["rm", "--force", self.container]);
        try_docker(&["volume", "rm", "--force", self.volume]);
    }
}
