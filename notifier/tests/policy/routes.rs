//! Routes lead alerts to sinks.

use proto::alerts::v1::Priority;
use serde_json::json;

use crate::helper::{file, messages, of_rule, settled};
use crate::support::{Running, open};

#[tokio::test(flavor = "multi_thread")]
async fn alerts_go_where_routes_lead_and_the_rest_to_sinks_that_none_names() {
    let directory = tempfile::tempdir().unwrap();
    let bus = open(directory.path()).await;
    let sink = |name| file(directory.path(), name, json!({}));
    let settings = json!({
        "sinks": {"urgent": sink("urgent"), "team": sink("team"), "rest": sink("rest"), "archive": sink("archive")},
        "routes": [
            {"match": "alert.priority >= critical", "sinks": ["urgent"], "continue": true},
            {"match": "ka.user.name in (user-1, user-2) and alert.cluster = prod", "sinks": ["team"]},
            {"sinks": ["rest"]},
        ],
    });
    let running = Running::start(&bus, settings);
    for (number, priority) in
        [(1, Priority::Critical), (2, Priority::Notice), (3, Priority::Alert), (4, Priority::Debug)]
    {
        bus.publish(&of_rule("R", number, priority)).await.unwrap();
    }
    for sink in ["urgent", "team", "rest", "archive"] {
        settled(&bus, sink).await;
    }
    assert_eq!(messages(directory.path(), "urgent"), ["R 1", "R 3"]);
    assert_eq!(messages(directory.path(), "team"), ["R 1", "R 2"]);
    assert_eq!(messages(directory.path(), "rest"), ["R 3", "R 4"]);
    assert_eq!(messages(directory.path(), "archive"), ["R 1", "R 2", "R 3", "R 4"]);
    running.stop().await;
}

#[test]
fn mistakes_name_their_key() {
    let settings: notifier::Settings = serde_json::from_value(json!({
        "sinks": {"log": {"type": "file", "path": "/x", "body": {"a": "b"}, "group": {"by": []}}},
        "routes": [{"sinks": ["lag"]}],
        "silences": {"a b": {"match": "alert.rule = x", "owner": "o", "reason": "r", "until": "2026-12-01T00:00:00Z", "sinks": ["x"]}},
    }))
    .unwrap();
    let problems: Vec<String> =
        settings.problems().into_iter().map(|(key, says)| format!("{key}: {says}")).collect();
    assert_eq!(
        problems,
        [
            "notifier.routes[0].sinks: there is no sink `lag`",
            "notifier.silences.a b: use up to 64 letters, digits, `-` and `_` for the name of a silence",
            "notifier.silences.a b.sinks: there is no sink `x`",
            "notifier.sinks.log.body: a sink of type file sends no JSON document for each alert",
            "notifier.sinks.log.group.by: name at least one field, as alert.rule",
        ]
    );
}
