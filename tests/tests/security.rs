//! SECURITY.md: every claim names a test that there is, and those that need whole processes are tested here.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tests::ledger::Ledger;
use tests::line::takes_events;
use tests::nats_server::unused_port;
use tests::process::{Process, run};
use tests::wait::until;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The claims of SECURITY.md: number, and file and function of each test.
fn claims() -> Vec<(usize, Vec<(String, String)>)> {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let number = cells.next()?.parse().ok()?;
        let tests = cells.nth(1)?.split(", ").map(|test| {
            let (file, function) = test.strip_prefix('`')?.strip_suffix('`')?.split_once("::")?;
            Some((file.to_owned(), function.to_owned()))
        });
        Some((number, tests.collect::<Option<Vec<_>>>()?))
    });
    rows.collect()
}

#[test]
fn every_claim_names_a_test_that_there_is() {
    let claims = claims();
    let numbers: Vec<usize> = claims.iter().map(|(number, _)| *number).collect();
    assert!(numbers.len() >= 35);
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>(), "rows without a test are not read");
    let tests =
        claims.into_iter().flat_map(|(number, tests)| tests.into_iter().map(move |test| (number, test)));
    for (number, (file, function)) in tests {
        let text = fs::read_to_string(root().join(&file))
            .unwrap_or_else(|error| panic!("{number}: {file}: {error}"));
        let (before, _) = text
            .split_once(&format!("fn {function}("))
            .unwrap_or_else(|| panic!("claim {number}: {file} has no {function}"));
        let above =
            before.trim_end_matches("async ").trim_end().lines().next_back().unwrap_or_default().trim();
        assert!(
            above.starts_with("#[") && above.contains("test"),
            "claim {number}: {function} is no test: {above}"
        );
    }
}

#[test]
fn what_listens_unless_told_otherwise() {
    let programs = [
        ("saker", &["up", "--print-config"][..], 3),
        ("ingest", &["--print-config"], 2),
        ("notifier", &["--print-config"], 2),
    ];
    for (program, arguments, count) in programs {
        let (code, printed, errors) = run(program, arguments);
        assert_eq!(code, Some(0), "{errors}");
        let listens: Vec<&str> =
            printed.lines().map(str::trim).filter(|line| line.starts_with("listen:")).collect();
        assert_eq!(listens.len(), count, "{program}: {listens:?}");
        assert!(listens.contains(&"listen: null"), "the admin listener: {listens:?}");
        let on_loopback = listens.iter().filter(|line| line.starts_with("listen: \"127.0.0.1:"));
        assert_eq!(on_loopback.count(), count - 1, "{listens:?}");
    }
}

/// Somebody gets into a pod, as an API server tells of it.
fn exec(pod: &str) -> Value {
    json!({
        "auditID": "00000000-0000-4000-8000-000000000000", "level": "Metadata", "stage": "ResponseStarted",
        "stageTimestamp": "2026-01-01T00:00:00.000000Z", "verb": "get", "user": {"username": "mallory"},
        "requestURI": format!("/api/v1/namespaces/default/pods/{pod}/exec?command=sh"),
        "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "default", "name": pod},
        "responseStatus": {"code": 101},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_audit_id_hides_nothing_and_no_log_tells_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::start().await;
    let nobody = unused_port();
    let settings = format!(
        "notifier:\n  sinks:\n    ledger: {{type: webhook, url: '{}?key=geheim', headers: {{X-Key: geheim}}}}\n    \
         gone: {{type: slack, webhook_url: 'http://u:geheim@127.0.0.1:{nobody}/services/geheim'}}\n",
        ledger.url()
    );
    fs::write(directory.path().join("saker.yaml"), settings).unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], unused_port()));
    let bus = format!("local:{}", directory.path().join("data").display());
    let config = directory.path().join("saker.yaml").display().to_string();
    let listen_on = listen.to_string();
    let arguments = ["up", "--config", &config, "--bus", &bus, "--listen", &listen_on, "--log", "trace"];
    let saker = Process::start("saker", "saker", directory.path(), &arguments);
    takes_events(listen).await;
    for pod in ["web", "db"] {
        let body = json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [exec(pod)]});
        fs::write(directory.path().join(pod), body.to_string()).unwrap();
        let file = directory.path().join(pod).display().to_string();
        let (code, _, errors) = run("saker", &["send", &file, "--to", &format!("http://{listen}/k8s_audit")]);
        assert_eq!(code, Some(0), "{errors}");
    }
    until("both are told of", Duration::from_secs(30), || ledger.len() == 2).await;
    let failed = || saker.log().lines().any(|line| line.contains("WARN") && line.contains("gone"));
    until("the sink that is gone is complained of", Duration::from_secs(30), failed).await;
    let (log, output) = (saker.log(), saker.output());
    assert!(log.contains("TRACE"), "{log}");
    assert!(!log.contains("geheim") && !output.contains("geheim"), "{log}{output}");
}

/// The packages that end up in the binaries: what is reachable in Cargo.lock from `saker` and the services. Some of
/// it is for building, or for other systems; none of it may be a second library for TLS.
#[test]
fn there_is_one_tls_library() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let names: Vec<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    assert!(names.contains(&"rustls") && names.contains(&"ring"));
    for name in
        ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys", "boring", "mbedtls", "wolfssl"]
    {
        assert!(!names.contains(&name), "Cargo.lock has {name}");
    }
}
