//! Alerts that the tests of this crate render and deliver.

use proto::alerts::v1::value::Kind;
use proto::alerts::v1::{Alert, Field, Priority, TextList, Value};

fn field(name: &str, kind: Option<Kind>) -> Field {
    Field { name: name.into(), value: kind.map(|kind| Value { kind: Some(kind) }) }
}

fn text(text: &str) -> Option<Kind> {
    Some(Kind::Text(text.into()))
}

/// An alert as most are.
pub(crate) fn alert() -> Alert {
    Alert {
        id: "0f9c1e6a-5b7d-8e21-9c43-2a6f0d1b7e58".into(),
        cluster: "prod".into(),
        ruleset: "0123abcd".into(),
        rule: "Attach to pod".into(),
        priority: Priority::Warning.into(),
        source: "k8s_audit".into(),
        tags: vec!["k8s".into(), "mitre_execution".into()],
        message: "Attach to pod (user=alice pod=web)".into(),
        fields: vec![
            field("evt.time", Some(Kind::Signed(1_540_476_552_581_541_000))),
            field("ka.target.name", text("web")),
            field("ka.user.name", text("alice")),
        ],
        time_unix_nanos: 1_540_476_552_581_541_000,
        hostname: "vm".into(),
        received_unix_nanos: 1_540_476_553_000_000_000,
        ..Alert::default()
    }
}

/// An alert with each kind of value, and text that wants care.
pub(crate) fn every_kind_of_field() -> Alert {
    Alert {
        rule: "R".into(),
        priority: Priority::Debug.into(),
        tags: Vec::new(),
        message: "Schlüssel „日本“ \"quoted\" \\ \n\u{1}".into(),
        fields: vec![
            field("a.absent", None),
            field("b.bool", Some(Kind::Boolean(true))),
            field("c.signed", Some(Kind::Signed(-5))),
            field("d.unsigned", Some(Kind::Unsigned(u64::MAX))),
            field(
                "e.list",
                Some(Kind::List(TextList { items: vec!["x".into(), String::new(), "ü".into()] })),
            ),
            field("f.empty", Some(Kind::List(TextList::default()))),
            field("g.text", text("\t\"\\ü")),
            Field { name: "h.nothing".into(), value: Some(Value { kind: None }) },
        ],
        time_unix_nanos: -1,
        ..alert()
    }
}

/// One of many alerts.
pub(crate) fn numbered(number: u64) -> Alert {
    Alert {
        id: bus::Id::of([number.to_le_bytes().as_slice()]).to_string(),
        message: format!("alert {number}"),
        time_unix_nanos: i64::try_from(number).unwrap_or_default(),
        ..alert()
    }
}
