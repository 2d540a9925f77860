//! [`Severities`]: what another service calls the priorities of alerts.

use std::collections::BTreeMap;

use proto::alerts::v1::{Alert, Priority};
use serde::{Deserialize, Serialize};

use crate::priority::{self, MinimumPriority, PriorityError};

/// Names that an operator gives to priorities, in place of those that a sink has for them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Severities(BTreeMap<String, String>);

impl Severities {
    /// The operator's name for the priority of the alert.
    pub(crate) fn of(&self, alert: &Alert) -> Option<&str> {
        self.0.get(&key(alert.priority())).map(String::as_str)
    }

    /// All names that were given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }
}

fn key(priority: Priority) -> String {
    priority::name(priority).to_ascii_lowercase()
}

impl TryFrom<BTreeMap<String, String>> for Severities {
    type Error = PriorityError;

    fn try_from(named: BTreeMap<String, String>) -> Result<Self, PriorityError> {
        let parsed = named.into_iter().map(|(priority, name)| {
            let priority: MinimumPriority = priority.parse()?;
            Ok((String::from(priority), name))
        });
        parsed.collect::<Result<_, _>>().map(Self)
    }
}

impl From<Severities> for BTreeMap<String, String> {
    fn from(severities: Severities) -> Self {
        severities.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_named_in_any_case() {
        let severities: Severities = serde_json::from_str(r#"{"WARNING": "page", "info": "note"}"#).unwrap();
        let named = |priority: Priority| {
            let alert = Alert { priority: priority.into(), ..Alert::default() };
            severities.of(&alert).map(str::to_owned)
        };
        assert_eq!(named(Priority::Warning).as_deref(), Some("page"));
        assert_eq!(named(Priority::Informational).as_deref(), Some("note"));
        assert_eq!(named(Priority::Error), None);
        let error = serde_json::from_str::<Severities>(r#"{"loud": "page"}"#).unwrap_err().to_string();
        assert!(error.contains("`loud` is not a priority"), "{error}");
    }
}
