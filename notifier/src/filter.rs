//! [`Filter`]: a condition over alerts, as settings and requests hold it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use proto::alerts::v1::Alert;
use rules::{AlertCondition, AlertError};
use serde::{Deserialize, Serialize};

use crate::view::View;

/// A condition over alerts in the rule language, as `alert.priority >= warning and ka.target.namespace = prod`. Cheap to
/// clone; two are equal if they are written alike.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Filter(Arc<AlertCondition>);

impl Filter {
    /// Whether the condition holds for the alert.
    pub fn admits(&self, alert: &Alert) -> bool {
        self.0.holds(&View(alert))
    }

    /// The condition as it was written.
    pub fn text(&self) -> &str {
        self.0.text()
    }
}

impl FromStr for Filter {
    type Err = AlertError;

    fn from_str(text: &str) -> Result<Self, AlertError> {
        Ok(Self(Arc::new(AlertCondition::parse(text)?)))
    }
}

impl TryFrom<String> for Filter {
    type Error = AlertError;

    fn try_from(text: String) -> Result<Self, AlertError> {
        text.parse()
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.text().to_owned()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Filter {}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    #[test]
    fn conditions_are_over_the_alert_and_its_output_fields() {
        for (text, holds) in [
            ("alert.rule = 'Attach to pod' and alert.priority >= warning", true),
            ("alert.priority > warning", false),
            ("ka.user.name = alice and alert.cluster = prod", true),
            ("ka.target.name startswith x", false),
            ("alert.tags intersects (mitre_execution)", true),
            ("evt.time exists and not ka.verb exists", true),
        ] {
            let filter: Filter = text.parse().unwrap();
            assert_eq!(filter.admits(&alert()), holds, "{text}");
        }
        let unsigned: Filter = "b.bool = true and e.list = '(x,,ü)'".parse().unwrap();
        assert!(unsigned.admits(&every_kind_of_field()));
    }

    #[test]
    fn a_filter_is_its_text() {
        let filter: Filter = serde_json::from_str(r#"" alert.rule = x ""#).unwrap();
        assert_eq!(serde_json::to_string(&filter).unwrap(), r#""alert.rule = x""#);
        let error = serde_json::from_str::<Filter>(r#""alert.rul = x""#).unwrap_err().to_string();
        assert!(error.contains("did you mean `alert.rule`"), "{error}");
    }
}
