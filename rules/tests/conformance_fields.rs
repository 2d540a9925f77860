//! The table of fields: names, types and arguments of the real program, and nothing beside them but additions.

mod support;

use std::collections::BTreeMap;

use rules::fields::{ArgumentKind, Class, Field, Kind, Shape, fields};
use serde_json::{Value, json};

fn described(field: &Field) -> Value {
    let kind = match field.kind {
        Kind::Text => "CHARBUF",
        Kind::Number => "UINT64",
        Kind::AbsoluteTime => "ABSTIME",
        Kind::RelativeTime => "RELTIME",
        Kind::Flag => "BOOL",
    };
    let argument = match field.argument {
        ArgumentKind::None => Value::Null,
        ArgumentKind::Index => json!({"required": false, "type": ["INDEX"]}),
        ArgumentKind::Key | ArgumentKind::Pointer => json!({"required": true, "type": ["KEY"]}),
    };
    json!({"argument": argument, "is_list": field.shape == Shape::List, "name": field.name, "type": kind})
}

#[test]
fn the_table_is_the_real_one() {
    let Some(text) = support::shared("conformance/falco-json/fields.json") else { return };
    let answer: Value = serde_json::from_str(&text).unwrap();
    let classes = answer.get("fieldclasses").and_then(Value::as_array).unwrap();
    let theirs = classes.iter().flat_map(|class| class.get("fields").and_then(Value::as_array).unwrap());
    let name = |field: &Value| field.get("name").and_then(Value::as_str).unwrap().to_owned();
    let theirs: BTreeMap<_, _> = theirs.map(|field| (name(field), field.clone())).collect();
    let is_theirs = |field: &&Field| !matches!(field.class(), Class::Addition | Class::AuditAddition);
    let ours: BTreeMap<_, _> =
        fields().filter(is_theirs).map(|field| (field.name.to_owned(), described(field))).collect();
    assert_eq!(ours, theirs);
    assert!(theirs.len() > 100);
}
