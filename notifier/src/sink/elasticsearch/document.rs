//! An alert as a document. Its names never depend on what is in the event, so that the mapping of an index stays small.

use proto::alerts::v1::{Alert, Priority};
use serde_json::{Map, Value, json};

use super::DocumentFormat;
use crate::falco::{self, Form};
use crate::shown::Shown;
use crate::sink::cut::shortened;
use crate::sink::facts::{fact, output_fields, safe_name};

/// The version of the Elastic Common Schema.
const ECS: &str = "8.11.0";

/// Characters of a message; one that is longer could not be searched for as a whole anyway.
const LONGEST_MESSAGE: usize = 65_536;

/// Bytes of a term that Lucene takes are 32766, and a character may have four.
const LONGEST_VALUE: usize = 8_000;

/// The document.
pub(super) fn document(format: DocumentFormat, shown: &Shown<'_>) -> Value {
    match format {
        DocumentFormat::Falco => falco(shown.alert),
        DocumentFormat::Flat => {
            let mut document = falco(shown.alert);
            if let Some(Value::Object(fields)) = document.get_mut("output_fields") {
                let flat = std::mem::take(fields).into_iter();
                fields.extend(flat.filter_map(|(name, value)| Some((safe_name(&name)?, cut(value)))));
            }
            document
        }
        DocumentFormat::Ecs => ecs(shown),
    }
}

fn falco(alert: &Alert) -> Value {
    let mut document: Map<String, Value> =
        serde_json::from_str(&falco::json(alert, Form::Extended)).unwrap_or_default();
    document.insert("@timestamp".to_owned(), falco::time(alert).into());
    document.into()
}

fn cut(value: Value) -> Value {
    match value {
        Value::String(text) => shortened(&text, LONGEST_VALUE).into(),
        other => other,
    }
}

fn ecs(shown: &Shown<'_>) -> Value {
    let alert = shown.alert;
    let mut document = json!({
        "@timestamp": falco::time(alert),
        "ecs": {"version": ECS},
        "message": shortened(&shown.text(), LONGEST_MESSAGE),
        "tags": alert.tags,
        "log": {"level": falco::priority_name(alert).to_ascii_lowercase()},
        "event": {
            "id": alert.id,
            "kind": "alert",
            "module": "saker",
            "dataset": format!("saker.{}", alert.source),
            "severity": syslog_severity(alert.priority()),
        },
        "rule": {"name": alert.rule, "ruleset": alert.ruleset},
        "observer": {"type": "saker", "hostname": alert.hostname},
        "orchestrator": {"type": "kubernetes", "cluster": {"name": alert.cluster}},
    });
    for (field, [outer, inner, name]) in [
        ("ka.target.namespace", ["orchestrator", "namespace", ""]),
        ("ka.target.name", ["orchestrator", "resource", "name"]),
        ("ka.target.resource", ["orchestrator", "resource", "type"]),
        ("ka.user.name", ["user", "name", ""]),
        ("ka.verb", ["event", "action", ""]),
        ("ka.useragent", ["user_agent", "original", ""]),
    ] {
        if let Some(value) = fact(alert, field) {
            let value = Value::from(shortened(&value, LONGEST_VALUE));
            match name {
                "" => document[outer][inner] = value,
                name => document[outer][inner][name] = value,
            }
        }
    }
    let fields = output_fields(alert)
        .filter_map(|(name, value)| Some((safe_name(name)?, shortened(&value, LONGEST_VALUE).into())));
    document["saker"] = json!({"fields": fields.collect::<Map<String, Value>>()});
    document
}

/// From 0, an emergency, to 7.
fn syslog_severity(priority: Priority) -> i32 {
    i32::from(priority).clamp(1, 8) - 1
}
