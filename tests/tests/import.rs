//! What `saker import` makes of a configuration of falcosidekick is one that Saker loads.

use std::path::Path;

use tests::process::{run, run_with};

/// A file in which every output that has a sink is in use, written as people write them.
const EVERYTHING: &str = "
debug: false
customfields: 'environment:prod,node:%NODE'
mutualtlsfilespath: /etc/certs
slack: {webhookURL: 'https://hooks.slack.com/services/geheim', channel: '#ops', outputFormat: fields, minimumpriority: warning}
mattermost: {webhookurl: 'https://mattermost.example.com/hooks/geheim', minimumpriority: info}
teams: {webhookurl: 'https://teams.example.com/geheim'}
webhook: {address: 'https://example.com/hook', method: PUT, customHeaders: {X-Team: blue}, mutualtls: true}
cloudevents: {address: 'http://example.com/events'}
alertmanager:
  hostport: [http://am-0:9093, http://am-1:9093]
  expiresafter: 600
  extralabels: {team: blue}
  customseveritymap: {warning: page}
  checkcert: false
loki: {hostport: 'http://loki:3100', tenant: ops, user: me, apikey: geheim, format: json, extralabels: 'ka.verb'}
elasticsearch: {hostport: 'https://es:9200', index: falco, suffix: monthly, username: me, password: geheim, flattenfields: true}
pagerduty: {routingkey: geheim, region: eu, maxconcurrentrequests: 2}
smtp: {hostport: 'mail.example.com:587', from: falco@example.com, to: 'a@example.com,b@example.com', user: me, password: geheim}
syslog: {host: siem.example.com, port: 1514, protocol: udp, format: cef}
nats: {hostport: 'nats://nats:4222', subjecttemplate: 'falco.<priority>'}
kafka: {hostport: 'kafka:9092', topic: falco}
";

fn import(directory: &Path, file: &str) -> (Option<i32>, String, String) {
    let config = directory.join("config.yaml");
    std::fs::write(&config, file).expect("it can be written");
    run("saker", &["import", "falcosidekick", "-c", config.to_str().expect("UTF-8")])
}

#[test]
fn what_is_imported_loads() {
    let directory = tempfile::tempdir().expect("a directory");
    let (code, yaml, remarks) = import(directory.path(), EVERYTHING);
    assert_eq!(code, Some(0), "{remarks}");
    for says in
        ["kafka: has no counterpart", "mattermost.minimumpriority: falcosidekick does not know `info`"]
    {
        assert!(remarks.contains(says), "{remarks}");
    }
    let ours = directory.path().join("saker.yaml");
    std::fs::write(&ours, &yaml).expect("it can be written");
    let arguments = ["up", "--config", ours.to_str().expect("UTF-8"), "--print-config"];
    let (code, printed, errors) = run_with("saker", &arguments, &[("NODE", "node-1")]);
    assert_eq!(code, Some(0), "{errors}\n{yaml}");
    assert!(!printed.contains("geheim"), "secrets are masked:\n{printed}");
    for expected in ["minimum_priority: warning", "node: node-1", "host: siem.example.com", "concurrency: 2"]
    {
        assert!(printed.contains(expected), "{expected} is missing:\n{printed}");
    }
}

#[test]
fn input_that_cannot_be_read_ends_with_2() {
    let directory = tempfile::tempdir().expect("a directory");
    let (code, yaml, error) = import(directory.path(), "slack: [");
    assert_eq!((code, yaml.as_str()), (Some(2), ""), "{error}");
    assert!(error.contains("the file is not what falcosidekick reads"), "{error}");
    let (code, _, error) = run("saker", &["import", "falcosidekick", "-c", "/nowhere/config.yaml"]);
    assert_eq!(code, Some(2), "{error}");
    let (code, _, error) = run("saker", &["import", "falcosidekick"]);
    assert_eq!(code, Some(64), "{error}");
    assert!(error.contains("--config"), "{error}");
}

#[test]
fn the_environment_is_read_where_that_is_asked_for() {
    let environment =
        [("WEBHOOK_ADDRESS", "https://example.com/geheim"), ("WEBHOOK_MINIMUMPRIORITY", "error")];
    let (code, yaml, remarks) = run_with("saker", &["import", "falcosidekick", "--from-env"], &environment);
    assert_eq!(code, Some(0), "{remarks}");
    assert!(yaml.contains("\"${WEBHOOK_ADDRESS}\"") && yaml.contains("minimum_priority: error"), "{yaml}");
    assert!(!yaml.contains("geheim") && !remarks.contains("geheim"), "{yaml}{remarks}");
}
