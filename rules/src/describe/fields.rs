//! The table of fields as JSON, in the shape of Falco's `--list`.

use serde_json::{Value, json};

use crate::fields::{ArgumentKind, Class, Field, Kind, Shape, fields, find};
use crate::ruleset::AUDIT_SOURCE;

/// Fields that Falco names behind another one, not where they stand in the table.
const PLACES: [(&str, &[&str]); 8] = [
    (
        "ka.target.pod.name",
        &[
            "ka.req.binding.subjects",
            "ka.req.binding.subjects.user_names",
            "ka.req.binding.subjects.serviceaccount_names",
            "ka.req.binding.subjects.serviceaccount_ns_names",
            "ka.req.binding.subjects.group_names",
        ],
    ),
    (
        "ka.req.configmap.obj",
        &[
            "ka.req.pod.containers.args",
            "ka.req.pod.containers.command",
            "ka.req.pod.containers.name",
            "ka.req.pod.containers.image",
        ],
    ),
    ("ka.req.container.image", &["ka.req.pod.containers.image.repository"]),
    ("ka.req.pod.host_pid", &["ka.req.pod.containers.host_port", "ka.req.pod.containers.privileged"]),
    (
        "ka.req.container.privileged",
        &["ka.req.pod.containers.allow_privilege_escalation", "ka.req.pod.containers.read_only_fs"],
    ),
    (
        "ka.req.pod.run_as_user",
        &["ka.req.pod.containers.run_as_user", "ka.req.pod.containers.eff_run_as_user"],
    ),
    (
        "ka.req.pod.run_as_group",
        &[
            "ka.req.pod.containers.run_as_group",
            "ka.req.pod.containers.eff_run_as_group",
            "ka.req.pod.containers.proc_mount",
        ],
    ),
    ("ka.req.pod.supplemental_groups", &["ka.req.pod.containers.add_capabilities"]),
];

/// The fields that are wanted, class by class: those of events, of audit events and of JSON in Falco's order, then our
/// own. Classes of which none is wanted are left out.
#[must_use]
pub fn describe_fields(is_wanted: &dyn Fn(&Field) -> bool) -> Value {
    let classes = Class::ALL.into_iter().filter_map(|class| class_value(class, is_wanted));
    json!({"fieldclasses": classes.collect::<Vec<_>>()})
}

fn class_value(class: Class, is_wanted: &dyn Fn(&Field) -> bool) -> Option<Value> {
    let is_placed = |field: &&Field| PLACES.iter().any(|(_, names)| names.contains(&field.name));
    let in_place = fields().filter(|field| field.class() == class && !is_placed(field));
    let ordered = in_place.flat_map(|field| std::iter::once(field).chain(placed_behind(field.name)));
    let wanted: Vec<_> = ordered.filter(|field| is_wanted(field)).map(field_value).collect();
    if wanted.is_empty() {
        return None;
    }
    Some(json!({
        "name": class.name(),
        "desc": class.doc(),
        "event_sources": [AUDIT_SOURCE],
        "fields": wanted,
    }))
}

fn placed_behind(name: &'static str) -> impl Iterator<Item = &'static Field> {
    let names = PLACES.iter().filter(move |(anchor, _)| *anchor == name).flat_map(|(_, names)| *names);
    names.filter_map(|name| find(name))
}

fn field_value(field: &Field) -> Value {
    let argument = match field.argument {
        ArgumentKind::None => Value::Null,
        ArgumentKind::Index => json!({"required": false, "type": ["INDEX"]}),
        ArgumentKind::Key | ArgumentKind::Pointer => json!({"required": true, "type": ["KEY"]}),
    };
    json!({
        "name": field.name,
        "type": type_name(field.kind),
        "desc": field.doc,
        "is_list": field.shape == Shape::List,
        "argument": argument,
    })
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "CHARBUF",
        Kind::Number => "UINT64",
        Kind::AbsoluteTime => "ABSTIME",
        Kind::RelativeTime => "RELTIME",
        Kind::Flag => "BOOL",
        Kind::Priority => "PRIORITY",
    }
}
