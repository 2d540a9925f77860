//! What falcosidekick has for all outputs: fields and tags that are added, and its own server.

use serde_json::{Value, json};

use super::given::{Given, plain};
use super::section::{Remark, literal};

/// Settings of no counterpart, and why.
const WITHOUT: [(&str, &str); 17] = [
    ("listenaddress", "Saker finds what it tells of in audit events and takes no alerts of Falco's"),
    ("listenport", "Saker finds what it tells of in audit events and takes no alerts of Falco's"),
    ("debug", "set log.level to debug"),
    ("bracketreplacer", "names of fields are sent as they are"),
    ("outputfieldformat", "the text of an alert is the rule's"),
    ("customtags", "tags are the rules': add them there"),
    ("templatedfields", "add fields with evaluator.append_output"),
    ("prometheus.extralabels", "metrics have no output fields as labels"),
    ("tlsserver.deploy", "for the webhook of API servers set ingest.tls, for the metrics admin.listen"),
    ("tlsserver.certfile", "for the webhook of API servers set ingest.tls.certificate"),
    ("tlsserver.keyfile", "for the webhook of API servers set ingest.tls.key"),
    ("tlsserver.mutualtls", "for the webhook of API servers set ingest.tls.client_ca"),
    ("tlsserver.cacertfile", "for the webhook of API servers set ingest.tls.client_ca"),
    ("tlsserver.notlsport", "health and metrics are at admin.listen, without TLS"),
    ("tlsserver.notlspaths", "health and metrics are at admin.listen, without TLS"),
    ("mutualtlsclient.cacertfile", ""),
    ("tlsclient.cacertfile", ""),
];

/// The section `evaluator` that adds what falcosidekick adds, where it adds anything.
pub(super) fn evaluator(given: &Given, remarks: &mut Vec<Remark>) -> Option<Value> {
    for (key, why) in WITHOUT.iter().filter(|(_, why)| !why.is_empty()) {
        if given.get(key).is_some() {
            remarks.push(Remark::of(key, format!("has no counterpart: {why}")));
        }
    }
    if given.get("tlsclient.cacertfile").is_some() {
        remarks.push(Remark::of(
            "tlsclient.cacertfile",
            "becomes tls.ca of each sink, where it stands in place of the system's authorities and not beside them",
        ));
    }
    for key in [
        "mutualtlsfilespath",
        "mutualtlsclient.certfile",
        "mutualtlsclient.keyfile",
        "mutualtlsclient.cacertfile",
    ] {
        if given.get(key).is_some() {
            remarks.push(Remark::of(key, "becomes `tls` of the sinks that have mutualtls"));
        }
    }
    let fields = custom_fields(given, remarks);
    (!fields.is_empty()).then(|| json!({"append_output": [{"extra_fields": fields}]}))
}

fn custom_fields(given: &Given, remarks: &mut Vec<Remark>) -> Vec<Value> {
    let Some(setting) = given.get("customfields") else { return Vec::new() };
    let pairs: Vec<(String, String)> = match &setting.value {
        Value::Object(table) => table.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        other => {
            let text = plain(other);
            let pairs = text.split(',').filter_map(|pair| pair.split_once(':'));
            pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
        }
    };
    remarks.push(Remark::of(
        "customfields",
        "become evaluator.append_output: they are there before the sinks, for all of them",
    ));
    let mut fields = Vec::new();
    for (name, value) in pairs {
        let value = match value.strip_prefix('%') {
            Some(variable) => format!("${{{variable}}}"),
            None if value.contains('%') => {
                remarks.push(Remark::of(
                    "customfields",
                    format!("`{name}` is left out: `%` in it would stand for a field"),
                ));
                continue;
            }
            None => literal(&value),
        };
        fields.push(json!({ name: value }));
    }
    fields
}
