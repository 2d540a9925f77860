//! The table of fields: what the real program lists, in its order, and nothing beside it but additions.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test helpers")]

mod support;

use rules::describe::describe_fields;
use rules::fields::{Class, fields};
use serde_json::Value;

/// Without descriptions, which are our own.
fn without_descriptions(mut class: Value) -> Value {
    let class_table = class.as_object_mut().unwrap();
    assert!(class_table.remove("desc").unwrap().as_str().unwrap().len() > 20);
    for field in class_table["fields"].as_array_mut().unwrap() {
        assert!(field.as_object_mut().unwrap().remove("desc").unwrap().as_str().unwrap().len() > 10);
    }
    class
}

fn classes(described: Value) -> Vec<Value> {
    described["fieldclasses"].as_array().unwrap().clone()
}

#[test]
fn the_table_is_the_real_one() {
    let Some(text) = support::shared("conformance/falco-json/fields.json") else { return };
    let theirs = classes(serde_json::from_str(&text).unwrap());
    let ours: Vec<_> = classes(describe_fields(&|_| true)).into_iter().map(without_descriptions).collect();
    assert_eq!(ours[..theirs.len()], theirs);
    assert!(theirs.iter().map(|class| class["fields"].as_array().unwrap().len()).sum::<usize>() > 100);
    assert_eq!(theirs.len(), 3);
}

#[test]
fn additions_come_in_classes_of_their_own() {
    let described = classes(describe_fields(&|_| true));
    let names = |class: &Value| -> Vec<String> {
        let fields = class["fields"].as_array().unwrap();
        fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    let added: Vec<_> = described[3..].iter().flat_map(names).collect();
    let is_added = |class| matches!(class, Class::Addition | Class::AuditAddition);
    let expected: Vec<_> = fields().filter(|field| is_added(field.class())).map(|field| field.name).collect();
    assert_eq!(added.len(), expected.len());
    assert!(added.iter().all(|name| expected.contains(&name.as_str())), "{added:?}");
    assert_eq!(described.iter().map(|class| names(class).len()).sum::<usize>(), fields().count());
}
