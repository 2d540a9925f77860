//! Explanations for programs.

use serde_json::{Map, Value, json};

use super::explanation::{Comparison, Detail, Explanation, Part, PartKind, Reason, Role, Silence, Within};
use super::head::Head;
use super::seen::{Excerpt, Seen};
use super::text;

impl Explanation {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let nearness = self.nearness();
        let silences = self
            .silences
            .iter()
            .map(|silence| json!({"reason": silence_name(silence), "text": text::silence(silence)}));
        json!({
            "rule": self.rule,
            "priority": self.priority.map(|priority| priority.name()),
            "matches": self.matches(),
            "alert": self.alerts(),
            "silent": silences.collect::<Vec<_>>(),
            "summary": self.summary(),
            "output": self.output,
            "conjuncts": {"hold": nearness.holding, "of": nearness.of},
            "reasons": self.reasons().iter().map(reason).collect::<Vec<_>>(),
            "condition": self.condition.as_ref().map(part),
        })
    }

    /// The same without the tree.
    #[must_use]
    pub fn to_brief_json(&self) -> Value {
        let mut brief = self.to_json();
        if let Value::Object(members) = &mut brief {
            members.remove("condition");
        }
        brief
    }
}

impl Head {
    /// As JSON; what the event lacks is null.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        json!({
            "number": self.number,
            "auditID": text(&self.audit_id),
            "time": text(&self.time),
            "stage": text(&self.stage),
            "verb": text(&self.verb),
            "resource": text(&self.resource),
            "subresource": text(&self.subresource),
            "namespace": text(&self.namespace),
            "name": text(&self.name),
            "uri": text(&self.uri),
            "user": text(&self.user),
            "code": text(&self.code),
            "alerts": self.alerts,
        })
    }
}

fn silence_name(silence: &Silence) -> &'static str {
    match silence {
        Silence::Disabled => "disabled",
        Silence::Deselected => "deselected",
        Silence::BelowMinimum(_) => "below_minimum_priority",
        Silence::OtherSource(_) => "other_source",
        Silence::LeftOut(_) => "left_out",
        Silence::Earlier(_) => "earlier_rule",
    }
}

fn reason(reason: &Reason<'_>) -> Value {
    let within = reason.within.iter().map(|within| match within {
        Within::Macro(name) => json!({"macro": name}),
        Within::Exception(name) => json!({"exception": name}),
    });
    json!({
        "text": reason.comparison.text,
        "holds": reason.holds,
        "negated": reason.negated,
        "within": within.collect::<Vec<_>>(),
        "values": values(reason.comparison),
    })
}

fn part(of: &Part) -> Value {
    let role = match of.role {
        Role::Decisive => "decisive",
        Role::Beside => "beside",
        Role::Unreached => "unreached",
    };
    let mut members = Map::new();
    let (kind, name) = match &of.kind {
        PartKind::All(_) => ("all", None),
        PartKind::Any(_) => ("any", None),
        PartKind::Not(_) => ("not", None),
        PartKind::Macro(name, _) => ("macro", Some(name)),
        PartKind::Exception(name, _) => ("exception", Some(name)),
        PartKind::Comparison(_) => ("comparison", None),
    };
    members.insert("kind".to_owned(), kind.into());
    if let Some(name) = name {
        members.insert("name".to_owned(), name.as_str().into());
    }
    members.insert("holds".to_owned(), of.holds.into());
    members.insert("role".to_owned(), role.into());
    if let PartKind::Comparison(comparison) = &of.kind {
        compared(comparison, &mut members);
    } else {
        members.insert("parts".to_owned(), of.parts().iter().map(part).collect());
    }
    Value::Object(members)
}

fn compared(comparison: &Comparison, members: &mut Map<String, Value>) {
    members.insert("text".to_owned(), comparison.text.as_str().into());
    members.insert("values".to_owned(), values(comparison));
    if !comparison.lists.is_empty() {
        let lists = comparison.lists.iter().map(|list| json!({"name": list.name, "items": list.items}));
        members.insert("lists".to_owned(), lists.collect());
    }
    let shown = |excerpts: &[Excerpt]| excerpts.iter().map(|excerpt| excerpt.text.as_str()).collect();
    let (name, elements): (_, Value) = match &comparison.detail {
        None => return,
        Some(Detail::Among(elements)) => ("among", shown(elements)),
        Some(Detail::NotAmong(elements)) => ("not_among", shown(elements)),
        Some(Detail::HoldsFor(alternatives)) => ("holds_for", alternatives.as_slice().into()),
    };
    members.insert(name.to_owned(), elements);
}

fn values(comparison: &Comparison) -> Value {
    comparison.values.iter().map(|(name, seen)| value(name, seen)).collect()
}

/// `bytes` and `elements` are there where something was cut, and say how much there is.
fn value(name: &str, seen: &Seen) -> Value {
    let mut of = json!({"field": name, "value": null});
    let Value::Object(members) = &mut of else { return of };
    let mut set = |key: &str, value: Value| drop(members.insert(key.to_owned(), value));
    match seen {
        Seen::Absent => {}
        Seen::Text(excerpt) => {
            set("value", excerpt.text.as_str().into());
            if let Some(bytes) = excerpt.cut_from {
                set("bytes", bytes.into());
            }
        }
        Seen::Number(number) => set("value", (*number).into()),
        Seen::Flag(flag) => set("value", (*flag).into()),
        Seen::List(elements, len) => {
            set("value", elements.iter().map(|excerpt| excerpt.text.as_str()).collect());
            if *len > elements.len() {
                set("elements", (*len).into());
            }
        }
    }
    of
}
