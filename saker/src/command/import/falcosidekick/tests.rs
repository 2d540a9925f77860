//! Every key of falcosidekick is known, and a full configuration becomes ours.

use super::*;

/// What falcosidekick needs to use an output that has a sink.
const NEEDED: [(&str, &str); 13] = [
    ("slack", "webhookurl: https://hooks.example.com/x"),
    ("mattermost", "webhookurl: https://hooks.example.com/x"),
    ("rocketchat", "webhookurl: https://hooks.example.com/x"),
    ("teams", "webhookurl: https://hooks.example.com/x"),
    ("webhook", "address: https://hooks.example.com/x"),
    ("cloudevents", "address: https://hooks.example.com/x"),
    ("alertmanager", "hostport: http://am:9093"),
    ("loki", "hostport: http://loki:3100"),
    ("elasticsearch", "hostport: http://es:9200"),
    ("pagerduty", "routingkey: abc"),
    ("smtp", "hostport: mail:587"),
    ("syslog", "host: siem"),
    ("nats", "hostport: nats://n:4222"),
];

fn made(yaml: &str, environment: &[(&str, &str)]) -> Imported {
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    imported(&Given::read(yaml, &environment).unwrap())
}

fn told(imported: &Imported) -> String {
    imported.remarks.iter().map(|remark| format!("{remark}\n")).collect()
}

/// A value that is not the default.
fn sample(key: keys::Key) -> &'static str {
    let last = key.name.rsplit('.').next().unwrap_or_default();
    let value = match last {
        "checkcert" | "tls" => "false",
        "mutualtls"
        | "flattenfields"
        | "createindextemplate"
        | "enablecompression"
        | "enabled"
        | "debug"
        | "deploy" => "true",
        "maxconcurrentrequests" | "expiresafter" | "port" | "notlsport" => "7",
        "minimumpriority" => "error",
        "outputformat" => "text",
        "format" => "cef",
        "extralabels" | "customheaders" | "customfields" | "extensions" | "customseveritymap" => "error:x",
        _ => "sample",
    };
    if value == key.default { "true" } else { value }
}

#[test]
fn every_key_is_known() {
    let mut silent = Vec::new();
    for key in keys::all() {
        let needed = NEEDED.iter().find(|(section, _)| keys::section_of(key.name) == Some(section));
        let variables = [(keys::variable(key.name), sample(key).to_owned())];
        let file = needed.map_or(String::new(), |(section, line)| format!("{section}:\n  {line}\n"));
        let without = imported(&Given::read(&file, &[]).unwrap());
        let with = imported(&Given::read(&file, &variables).unwrap());
        let is_named = with
            .remarks
            .iter()
            .any(|remark| !without.remarks.contains(remark) && remark.to_string().contains(key.name));
        if !is_named && with.yaml == without.yaml {
            silent.push(key.name);
        }
        assert!(!told(&with).contains("is no setting of falcosidekick"), "{}", key.name);
    }
    assert_eq!(silent, Vec::<&str>::new(), "nothing becomes of them, and nobody is told");
}

#[test]
fn outputs_become_sinks() {
    let file: String = NEEDED.iter().map(|(section, line)| format!("{section}:\n  {line}\n")).collect();
    let imported = made(&file, &[]);
    insta::assert_snapshot!(imported.yaml);
    insta::assert_snapshot!(told(&imported));
}

#[test]
fn secrets_stay_in_the_environment() {
    let environment = [
        ("SLACK_WEBHOOKURL", "https://hooks.slack.com/services/geheim"),
        ("SLACK_MINIMUMPRIORITY", "info"),
        ("SMTP_HOSTPORT", "mail.example.com:465"),
        ("SMTP_USER", "me"),
        ("SMTP_PASSWORD", "geheim"),
        ("SMTP_FROM", "a@example.com"),
        ("SMTP_TO", "b@example.com, c@example.com"),
        ("NATS_HOSTPORT", "nats://u:geheim@nats:4222"),
        ("NATS_MINIMUMPRIORITY", "error"),
        ("CUSTOMFIELDS", "env:prod,node:%NODE,odd:5%"),
        ("KAFKA_HOSTPORT", "kafka:9092"),
        ("KAFKA_TOPIC", "falco"),
    ];
    let imported = made("slack:\n  channel: '#ops'\n  messageFormat: 'x'\n", &environment);
    assert!(!imported.yaml.contains("geheim") && !told(&imported).contains("geheim"), "{}", imported.yaml);
    insta::assert_snapshot!(imported.yaml);
    insta::assert_snapshot!(told(&imported));
}

#[test]
fn references_are_written_so_that_they_stay_text() {
    let imported = made("webhook:\n  address: http://x/${y}\n  customHeaders: {X-A: '${b}'}\n", &[]);
    assert!(imported.yaml.contains("http://x/$${y}") && imported.yaml.contains("$${b}"), "{}", imported.yaml);
}

#[test]
fn nothing_given_is_nothing_made() {
    let imported = made("", &[]);
    assert_eq!(imported.yaml, "# From the settings of falcosidekick, by `saker import`.\n{}");
    assert_eq!(told(&imported), "notifier.sinks: there are none: no output of falcosidekick is set\n");
}
