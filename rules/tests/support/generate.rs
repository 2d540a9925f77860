//! Conditions and events made up at random.

use proptest::prelude::*;
use serde_json::{Value, json};

const WORDS: &[&str] = &[
    "create",
    "get",
    "pods",
    "secrets",
    "alice",
    "bob",
    "ResponseComplete",
    "Panic",
    "a/b",
    "CREATE",
    "",
    "true",
    "x",
];
const TEXTS: &[&str] = &[
    "ka.verb",
    "ka.target.resource",
    "ka.user.name",
    "ka.stage",
    "ka.target.subresource",
    "jevt.value[/verb]",
    "ka.req.container.privileged",
    "tolower(ka.user.name)",
    "basename(ka.uri)",
    "concat(ka.verb, \"/\", ka.stage)",
    "join(\"-\", ka.user.groups)",
    "toupper(ka.verb)",
    "ka.cluster",
    "ka.pod.host_network",
];
const LISTS: &[&str] = &[
    "ka.user.groups",
    "ka.req.pod.containers.image",
    "ka.req.pod.containers.privileged",
    "toupper(ka.user.groups)",
    "ka.req.pod.containers.image[0]",
    "ka.pod.images",
    "ka.req.pod.containers.image.repository",
];

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(WORDS)
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..4).prop_map(|words| {
        let quoted: Vec<_> = words.iter().map(|word| format!("{word:?}")).collect();
        format!("({})", quoted.join(", "))
    })
}

/// A single comparison.
pub fn comparison() -> impl Strategy<Value = String> {
    let text = || prop::sample::select(TEXTS);
    let list = || prop::sample::select(LISTS);
    let operator = prop::sample::select(&[
        "=",
        "!=",
        "==",
        "contains",
        "icontains",
        "startswith",
        "endswith",
        "glob",
        "iglob",
        "regex",
    ]);
    let related = prop::sample::select(&[
        "=",
        "!=",
        "contains",
        "icontains",
        "startswith",
        "endswith",
        "in",
        "intersects",
    ]);
    let quantifier = prop::sample::select(&["oneof", "anyof", "allof"]);
    let membership = || prop::sample::select(&["in", "intersects"]);
    prop_oneof![
        4 => (text(), word()).prop_map(|(text, word)| format!("{text} = {word:?}")),
        3 => (text(), words()).prop_map(|(text, words)| format!("{text} in {words}")),
        2 => (text(), operator.clone(), word()).prop_map(|(text, op, word)| format!("{text} {op} {word:?}")),
        1 => (text(), operator, quantifier, words()).prop_map(|(text, op, q, words)| format!("{text} {op} {q} {words}")),
        1 => (text(), words()).prop_map(|(text, words)| format!("{text} pmatch {words}")),
        1 => (text(), related, text()).prop_map(|(left, op, right)| {
            let right = if right.contains('(') { right.to_owned() } else { format!("val({right})") };
            format!("{left} {op} {right}")
        }),
        2 => (list(), membership(), words()).prop_map(|(list, op, words)| format!("{list} {op} {words}")),
        1 => (list(), membership(), list()).prop_map(|(left, op, right)| {
            let right = if right.contains('(') { right.to_owned() } else { format!("val({right})") };
            format!("{left} {op} {right}")
        }),
        1 => prop_oneof![text(), list()].prop_map(|field| format!("{field} exists")),
        1 => (prop_oneof![list(), text()], 0..4u8).prop_map(|(field, len)| format!("len({field}) <= {len}")),
        1 => (0..4u8).prop_map(|number| format!("evt.num != {number}")),
    ]
}

/// A condition without macros and lists.
pub fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
}

/// An audit event.
pub fn event() -> impl Strategy<Value = Value> {
    let optional = || prop::option::weighted(0.85, word());
    let container = (optional(), prop::option::of(any::<bool>()));
    (
        [optional(), optional(), optional(), optional(), optional(), optional()],
        prop::collection::vec(word(), 0..3),
        prop::option::of(prop::collection::vec(container, 0..3)),
    )
        .prop_map(|([verb, resource, sub, user, stage, uri], groups, containers)| {
            let containers = containers.map(|containers| {
                let container = |(image, privileged)| without_nulls(json!({
                    "image": image, "securityContext": without_nulls(json!({"privileged": privileged})),
                }));
                containers.into_iter().map(container).collect::<Vec<_>>()
            });
            without_nulls(json!({
                "auditID": "a", "stageTimestamp": "2024-03-01T10:00:00Z", "verb": verb, "stage": stage, "requestURI": uri,
                "objectRef": without_nulls(json!({"resource": resource, "subresource": sub})),
                "user": without_nulls(json!({"username": user, "groups": groups})),
                "requestObject": without_nulls(json!({"spec": without_nulls(json!({"containers": containers}))})),
            }))
        })
}

/// Here a missing value is a missing member.
fn without_nulls(mut object: Value) -> Value {
    object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    object
}
