//! Rules that change under running processes: after a signal, and pushed onto the bus for all of them.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tests::admin::get;
use tests::nats_server::NatsServer;
use tests::nats_server::unused_port;
use tests::process::{Process, run};
use tests::wait;

const DEADLINE: Duration = Duration::from_secs(30);

fn rule(name: &str) -> String {
    format!(
        "- rule: {name}\n  desc: d\n  condition: ka.verb = get\n  output: x\n  priority: NOTICE\n  \
         source: k8s_audit\n"
    )
}

fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], unused_port()))
}

async fn until_healthy_says(address: SocketAddr, says: &str) {
    wait::until(says, DEADLINE, || get(address, "/healthz").is_some_and(|(_, text)| text.contains(says)))
        .await;
}

fn text(path: &Path) -> &str {
    path.to_str().expect("an ASCII path")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_makes_a_running_process_look() {
    let directory = tempfile::tempdir().unwrap();
    let (rules, config) = (directory.path().join("rules.yaml"), directory.path().join("saker.yaml"));
    std::fs::write(&rules, rule("A")).unwrap();
    std::fs::write(&config, "evaluator: {reload: 0s}").unwrap();
    let (admin, bus) = (free_address(), format!("local:{}", directory.path().join("data").display()));
    let (listen, listening) = ("127.0.0.1:0", admin.to_string());
    let arguments = [
        "up",
        "--config",
        text(&config),
        "--bus",
        &bus,
        "--listen",
        listen,
        "--admin",
        &listening,
        "--rules",
        text(&rules),
    ];
    let mut saker = Process::start("saker", "saker", directory.path(), &arguments);
    until_healthy_says(admin, "1 rule, digest").await;
    // Its other parts begin meanwhile.
    let is_ready = || get(admin, "/readyz").is_some_and(|(code, _)| code == 200);
    wait::until("it is ready", DEADLINE, is_ready).await;

    std::fs::write(&rules, rule("A") + &rule("B").replace("NOTICE", "LOUD")).unwrap();
    saker.hang_up();
    until_healthy_says(admin, "the newest rules are rejected").await;
    let log = saker.log();
    assert!(log.contains("the newest rules are rejected") && log.contains("LOUD"), "{log}");
    assert!(log.contains("those in force stay"), "{log}");

    std::fs::write(&rules, rule("A") + &rule("B")).unwrap();
    saker.hang_up();
    until_healthy_says(admin, "2 rules, digest").await;
    assert_eq!(saker.terminate().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_evaluators_change_to_what_is_pushed() {
    let (directory, server) = (tempfile::tempdir().unwrap(), NatsServer::start().await);
    let (rules, bus) = (directory.path().join("rules.yaml"), server.url());
    let admins = [free_address(), free_address()];
    let start = |(number, admin): (usize, SocketAddr)| {
        let (label, admin) = (format!("evaluator-{number}"), admin.to_string());
        let arguments = ["--bus", &bus, "--rules", "bus", "--admin", &admin];
        Process::start("evaluator", &label, directory.path(), &arguments)
    };
    let mut evaluators: Vec<Process> = (0..).zip(admins).map(start).collect();
    for admin in admins {
        until_healthy_says(admin, "push some with `saker rules push`").await;
    }
    let push = |text: &str| {
        std::fs::write(&rules, text).unwrap();
        run("saker", &["rules", "push", rules.to_str().unwrap(), "--bus", &bus, "-m", "a story"])
    };
    let (code, out, err) = push(&rule("A"));
    assert!(code == Some(0) && out.starts_with("pushed as generation 1: 1 file"), "{out}{err}");
    for admin in admins {
        until_healthy_says(admin, "1 rule, digest").await;
        until_healthy_says(admin, "with generation 1 of the bus").await;
    }

    let (code, _, err) = push(&rule("A").replace("ka.verb", "ka.vreb"));
    assert_eq!(code, Some(1));
    assert!(err.contains("ka.vreb") && err.ends_with("nothing was pushed\n"), "{err}");
    let (_, out, _) = run("saker", &["rules", "pushed", "--bus", &bus]);
    assert!(out.contains("generation  1\n") && out.contains("message     a story\n"), "{out}");

    evaluators[1].kill_9();
    assert_eq!(push(&(rule("A") + &rule("B"))).0, Some(0));
    evaluators[1].start_again();
    for admin in admins {
        until_healthy_says(admin, "2 rules, digest").await;
        until_healthy_says(admin, "with generation 2 of the bus").await;
    }
    for mut evaluator in evaluators {
        assert_eq!(evaluator.terminate().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_store_is_pushed_to_while_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    let rules = directory.path().join("rules.yaml");
    std::fs::write(&rules, rule("Mine")).unwrap();
    let (admin, bus) = (free_address(), format!("local:{}", directory.path().join("data").display()));
    let listening = admin.to_string();
    let arguments =
        ["up", "--bus", &bus, "--listen", "127.0.0.1:0", "--admin", &listening, "--rules", "builtin", "bus"];
    let mut saker = Process::start("saker", "saker", directory.path(), &arguments);
    until_healthy_says(admin, "rules, digest").await;
    let (_, out, _) = run("saker", &["rules", "pushed", "--bus", &bus]);
    assert_eq!(out, "no rules have been pushed\n");
    let (code, out, err) =
        run("saker", &["rules", "push", text(&rules), "--bus", &bus, "--rules", "builtin", "bus"]);
    assert!(code == Some(0) && out.starts_with("pushed as generation "), "{out}{err}");
    until_healthy_says(admin, "of the bus").await;
    let (_, metrics) = get(admin, "/metrics").unwrap();
    assert!(metrics.contains("saker_evaluator_rule_matches_total{rule=\"Mine\"} 0\n"), "{metrics}");
    assert_eq!(saker.terminate().code(), Some(0));
}
