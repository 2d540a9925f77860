//! What the commands say to wrong usage, and what they print without running anything.

#![expect(clippy::unwrap_used, reason = "a test may end where it cannot go on")]

use std::process::{Command, Output};

fn saker(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saker"));
    command.env_clear().envs(environment.iter().copied()).current_dir(directory.path());
    let output = command.args(arguments).output().unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn alone_it_prints_its_help() {
    let output = saker(&[], &[]);
    insta::assert_snapshot!(text(&output.stderr));
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in [
        "up",
        "check",
        "code",
        "eval",
        "test",
        "explain",
        "rules",
        "fields",
        "send",
        "dlq",
        "sink",
        "replay",
        "credentials",
        "kubeconfig",
    ] {
        let output = saker(&[command, "--help"], &[]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        let help = text(&output.stdout);
        assert!(help.contains("Example") && help.contains(&format!("saker {command} ")), "{command}: {help}");
    }
}

#[test]
fn codes_are_listed_and_explained() {
    let list = text(&saker(&["code"], &[]).stdout);
    assert!(
        list.lines().count() >= 43 && list.contains("R013  error    a macro that is not defined\n"),
        "{list}"
    );
    let page = text(&saker(&["code", "error[R013]:"], &[]).stdout);
    assert!(page.starts_with("# R013: a macro that is not defined\n"), "{page}");
    assert!(page.contains("## Example") && page.contains("## Instead"), "{page}");
}

#[test]
fn the_version_is_told() {
    assert_eq!(text(&saker(&["--version"], &[]).stdout), format!("saker {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_ends_with_64_and_says_what_is_wrong() {
    for (arguments, says) in [
        (&["uppp"][..], "unrecognized subcommand 'uppp'"),
        (&["up", "--listn", "x"], "a similar argument exists: '--listen'"),
        (&["up", "--listen", "everywhere"], "'--listen <ADDRESS>'"),
        (&["up", "--rule-matching", "some"], "[possible values: first, all]"),
        (&["up", "--bus", "somewhere"], "bus.address: `somewhere` is not the address of a bus"),
        (&["up", "--log", "loud"], "log.level: `loud` is neither"),
        (&["up", "--webhook", "sidekick"], "notifier.sinks.webhook.url: "),
        (&["up", "--config", "/does/not/exist"], "/does/not/exist: cannot read it: No such file"),
        (&["eval"], "--events <FILE>"),
        (&["test", "--format", "xml"], "[possible values: text, junit]"),
        (&["test", "--rule", "x", "--require-examples"], "cannot be used with '--require-examples'"),
        (&["dlq"], "Usage: saker dlq"),
        (&["dlq", "show", "x"], "`x` is not an id"),
        (&["dlq", "drop"], "<ID>"),
        (&["dlq", "list", "--bus", "x"], "bus.address: `x` is not the address of a bus"),
        (&["kubeconfig"], "--server <URL>"),
        (&["kubeconfig", "--server", "saker:8765"], "`saker:8765` is not a URL"),
        (
            &["kubeconfig", "--server", "https://saker:8765/?timeout=1s"],
            "API servers drop what begins with `?`",
        ),
        (&["kubeconfig", "--server", "https://u:p@saker:8765"], "a user or a password in it"),
        (&["kubeconfig", "--server", "https://saker", "--client-key", "x"], "--client-certificate <FILE>"),
        (&["kubeconfig", "--server", "https://saker", "--cluster", "a/b"], "no name of a cluster"),
        (&["credentials", "tls"], "<--server <HOST>|--cluster <NAME>|--token <NAME>>"),
        (&["credentials", "tls", "--server", "https://saker"], "without scheme, port or path"),
        (&["credentials", "tls", "--cluster", "ca"], "`ca` is what the authority's own files are called"),
        (&["credentials", "tls", "--cluster", "a/b"], "a name has 1 to 64 letters"),
        (&["credentials", "tls", "--cluster", "a", "--days", "0"], "0 is not in 1..=3653"),
        (&["code", "R032"], "the nearest is R031"),
        (&["code", "what"], "a code is R and a number"),
        (&["rules", "push"], "<DIR|FILE>"),
        (&["replay"], "--since <TIME>"),
        (&["replay", "--since", "yesterday"], "how long ago, as 90s, 15m or 2h"),
        (&["replay", "--since", "1h", "--until", "2h"], "--until must be later than --since"),
        (&["rules", "push", "x", "--priority", "loud"], "`loud` is no priority"),
        (&["up", "--admin", "everywhere"], "admin.listen: "),
        (&["eval", "--events", "x", "--config", "/does/not/exist"], "/does/not/exist: cannot read it"),
    ] {
        let output = saker(arguments, &[]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {stderr}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn what_is_not_there_ends_with_1() {
    for (arguments, says) in [
        (
            &["up", "--rules", "/does/not/exist.yaml"][..],
            "cannot read rules from /does/not/exist.yaml: No such file",
        ),
        (
            &["eval", "--events", "x", "--rules", "/does/not/exist.yaml"],
            "cannot read rules from /does/not/exist.yaml",
        ),
        (&["eval", "--events", "/does/not/exist"], "cannot read events from /does/not/exist: No such file"),
        (
            &["eval", "--events", "x", "--rules", "bus"],
            "`bus` stands for the rules that `saker rules push` puts onto the bus",
        ),
        (&["rules", "push", "/does/not/exist.yaml"], "cannot read rules from /does/not/exist.yaml"),
        (&["rules", "pushed"], "there is no store at ./saker-data"),
        (&["replay", "--since", "1h"], "there is no store at ./saker-data"),
        (&["dlq", "list"], "there is no store at ./saker-data: name the one that `saker up` uses with --bus"),
    ] {
        let output = saker(arguments, &[]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

#[test]
fn all_layers_are_printed_as_one_and_secrets_are_masked() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("saker.yaml");
    let settings = "bus: {address: 'nats://saker:geheim@nats:4222', keep: 2h}\n\
                    ingest: {listen: 0.0.0.0:1, retry_after: 30s}\n\
                    notifier: {sinks: {ops: {type: slack, webhook_url: '${HOOK}', minimum_priority: warning}}}\n";
    std::fs::write(&file, settings).unwrap();
    let environment = [
        ("HOOK", "https://hooks.slack.com/geheim"),
        ("SAKER_INGEST_LISTEN", "0.0.0.0:2"),
        ("SAKER_EVALUATOR_RULES", "builtin,mine.yaml"),
        ("SAKER_NOTIFIER_SINKS_OPS_CHANNEL", "#ops"),
        ("SAKER_LOG", "debug"),
    ];
    let file = file.to_str().unwrap();
    let flags =
        ["--listen", "0.0.0.0:3", "--webhook", "https://u:geheim@sidekick:2801/", "--rule-matching", "all"];
    let output = saker(&[&["up", "--config", file, "--print-config"][..], &flags].concat(), &environment);
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!printed.contains("geheim"), "{printed}");
    insta::assert_snapshot!(printed);
}

#[test]
fn mistakes_in_the_settings_are_told_together() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("saker.yaml");
    let settings = "\
ingest: {listen: 0.0.0.0:1, memory: 1MiB, max_events: 3}
admin: everywhere
evaluator:
  rules: builtin
  rule_matching: some
  priority: loud
  workers: two
  reload: soon
  selections: [{enable: {tag: a}, disable: {tag: b}}, {disable: {rul: a}}, off]
  append_output: [{extra_output: x, extra_fields: [{a: x, b: y}]}, {match: {tag: a}}]
  time_format: unix
notifer: {}
notifier:
  sinks:
    a b: {type: stdout}
    chat: {type: slak}
    ops: {type: slack, webhook_ulr: x}
    log: {type: file, path: /var/log/alerts, format: xml, retry: {initial: soon}}
    kick: {type: webhook, url: 'sidekick:2801', headers: {X-Any: y}, timeout: 3}
";
    std::fs::write(&file, settings).unwrap();
    let output = saker(&["up", "--config", file.to_str().unwrap()], &[("SAKER_NOTIFIER_SINK", "x")]);
    assert_eq!(output.status.code(), Some(64));
    let stderr = text(&output.stderr).replace(&format!("{}/", directory.path().display()), "");
    insta::assert_snapshot!(stderr);
}

#[test]
fn a_kubeconfig_is_printed() {
    let output = saker(&["kubeconfig", "--server", "http://saker:8765/k8s_audit/prod"], &[]);
    assert!(text(&output.stdout).contains("    server: \"http://saker:8765/k8s_audit/prod\"\n"));
}

#[test]
fn a_process_that_is_not_there_is_not_ready() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let output = saker(&["up", "--health"], &[("SAKER_ADMIN_LISTEN", &address)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with(&format!("error: {address} does not answer: ")), "{output:?}");

    let output = saker(&["up", "--health"], &[]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stderr), @"error: there is nowhere to ask: set admin.listen (--admin, SAKER_ADMIN_LISTEN) to the address where the process serves its health");
}
