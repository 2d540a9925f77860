//! What makes alerts one group: the values of some of their fields.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bus::Id;
use proto::alerts::v1::Alert;
use proto::notifier::v1::Part;
use rules::{AlertError, AlertTemplate};
use serde::{Deserialize, Serialize};

use crate::view::View;

/// A longer value is cut: alerts that differ only behind it are one group.
const LONGEST_VALUE: usize = 256;

/// A field of alerts, as `alert.rule` or `ka.target.namespace`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyField {
    name: String,
    value: Arc<AlertTemplate>,
}

/// Which group an alert belongs to: the name of the group's entry in the bucket, and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) parts: Vec<Part>,
}

impl Key {
    /// Of an alert at a sink.
    pub(crate) fn of(sink: &str, by: &[KeyField], alert: &Alert) -> Self {
        let parts = by.iter().map(|field| field.part(alert));
        Self::named(sink, &alert.cluster, parts.collect())
    }

    /// For all alerts of a sink and a cluster whose own groups there is no room for.
    pub(crate) fn of_the_rest(sink: &str, alert: &Alert) -> Self {
        Self::named(sink, &alert.cluster, Vec::new())
    }

    fn named(sink: &str, cluster: &str, parts: Vec<Part>) -> Self {
        let texts = parts.iter().flat_map(|part| [part.name.as_bytes(), part.value.as_bytes()]);
        let hash = Id::of([cluster.as_bytes()].into_iter().chain(texts));
        Self { name: format!("{sink}.{hash}"), parts }
    }
}

impl KeyField {
    fn part(&self, alert: &Alert) -> Part {
        let mut value = self.value.render(&View(alert));
        if let Some((end, _)) = value.char_indices().nth(LONGEST_VALUE) {
            value.truncate(end);
        }
        Part { name: self.name.clone(), value }
    }
}

impl FromStr for KeyField {
    type Err = AlertError;

    fn from_str(text: &str) -> Result<Self, AlertError> {
        let name = text.trim().to_owned();
        let value = Arc::new(AlertTemplate::field(&name)?);
        Ok(Self { name, value })
    }
}

impl TryFrom<String> for KeyField {
    type Error = AlertError;

    fn try_from(text: String) -> Result<Self, AlertError> {
        text.parse()
    }
}

impl From<KeyField> for String {
    fn from(field: KeyField) -> Self {
        field.name
    }
}

impl PartialEq for KeyField {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for KeyField {}

impl fmt::Debug for KeyField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;

    #[test]
    fn the_values_of_the_fields_and_the_cluster_make_the_group() {
        let by: Vec<KeyField> =
            ["alert.rule", "ka.user.name", "ka.target.namespace"].map(|name| name.parse().unwrap()).into();
        let key = Key::of("ops", &by, &alert());
        let values: Vec<&str> = key.parts.iter().map(|part| part.value.as_str()).collect();
        assert_eq!(values, ["Attach to pod", "alice", "<NA>"]);
        assert!(key.name.starts_with("ops.") && key.name.len() == 40, "{}", key.name);
        assert_eq!(Key::of("ops", &by, &Alert { message: "other".into(), ..alert() }), key);
        for other in [Alert { rule: "R".into(), ..alert() }, Alert { cluster: "c".into(), ..alert() }] {
            assert_ne!(Key::of("ops", &by, &other).name, key.name);
        }
        assert_ne!(Key::of("b", &by, &alert()).name, key.name);
        assert_ne!(Key::of_the_rest("ops", &alert()).name, key.name);
    }

    #[test]
    fn only_a_field_makes_a_key() {
        for text in ["alert.rul", "", "alert.rule x", "rule", "ka.uri.param"] {
            assert!(text.parse::<KeyField>().is_err(), "{text}");
        }
        assert_eq!(String::from("ka.uri.param[x]".parse::<KeyField>().unwrap()), "ka.uri.param[x]");
    }
}
