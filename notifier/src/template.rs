//! What an operator writes in place of a sink's own text or body.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use proto::alerts::v1::Alert;
use rules::{AlertError, AlertTemplate, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::view::View;

/// A text with fields of the alert in it, as `%alert.rule by %ka.user.name`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template(Arc<AlertTemplate>);

/// A JSON document with fields of the alert in its texts: `{summary: "%alert.rule by %ka.user.name", n: "%alert.count"}`. A
/// text that is nothing but one field has that field's type, and is null where the alert lacks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
pub enum BodyTemplate {
    /// A text.
    Text(Template),
    /// A number, a truth value or null, as it is.
    Plain(serde_json::Value),
    /// A list.
    List(Vec<BodyTemplate>),
    /// An object.
    Object(BTreeMap<String, BodyTemplate>),
}

impl Template {
    /// The text for an alert.
    pub(crate) fn render(&self, alert: &Alert) -> String {
        self.0.render(&View(alert))
    }
}

impl BodyTemplate {
    /// The document for an alert.
    pub(crate) fn render(&self, alert: &Alert) -> serde_json::Value {
        match self {
            Self::Text(template) => match template.0.value(&View(alert)) {
                Some(Value::Text(text)) => json!(text),
                Some(Value::Signed(number)) => json!(number),
                Some(Value::Unsigned(number)) => json!(number),
                Some(Value::Boolean(flag)) => json!(flag),
                Some(Value::List(items)) => json!(items),
                None => serde_json::Value::Null,
            },
            Self::Plain(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.render(alert)).collect(),
            Self::Object(table) => {
                table.iter().map(|(key, item)| (key.clone(), item.render(alert))).collect()
            }
        }
    }
}

impl TryFrom<serde_json::Value> for BodyTemplate {
    type Error = AlertError;

    fn try_from(value: serde_json::Value) -> Result<Self, AlertError> {
        Ok(match value {
            serde_json::Value::String(text) => Self::Text(text.parse()?),
            serde_json::Value::Array(items) => {
                Self::List(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?)
            }
            serde_json::Value::Object(table) => {
                let entries = table.into_iter().map(|(key, item)| Ok((key, Self::try_from(item)?)));
                Self::Object(entries.collect::<Result<_, AlertError>>()?)
            }
            plain => Self::Plain(plain),
        })
    }
}

impl From<BodyTemplate> for serde_json::Value {
    fn from(body: BodyTemplate) -> Self {
        match body {
            BodyTemplate::Text(template) => Self::String(template.into()),
            BodyTemplate::Plain(value) => value,
            BodyTemplate::List(items) => items.into_iter().map(Self::from).collect(),
            BodyTemplate::Object(table) => {
                table.into_iter().map(|(key, item)| (key, Self::from(item))).collect()
            }
        }
    }
}

impl FromStr for Template {
    type Err = AlertError;

    fn from_str(text: &str) -> Result<Self, AlertError> {
        Ok(Self(Arc::new(AlertTemplate::parse(text)?)))
    }
}

impl TryFrom<String> for Template {
    type Error = AlertError;

    fn try_from(text: String) -> Result<Self, AlertError> {
        text.parse()
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.0.text().to_owned()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.0.text() == other.0.text()
    }
}

impl Eq for Template {}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.0.text()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert, every_kind_of_field};

    #[test]
    fn a_body_keeps_types_and_needs_no_escapes() {
        let body = r#"{"title": "%alert.rule (%ka.user.name)", "at": "%evt.time", "n": 1, "on": true,
                       "tags": "%alert.tags", "none": "%ka.verb", "list": ["%alert.priority", "100%%"]}"#;
        let body: BodyTemplate = serde_json::from_str(body).unwrap();
        insta::assert_snapshot!(body.render(&alert()), @r#"{"at":1540476552581541000,"list":["Warning","100%"],"n":1,"none":null,"on":true,"tags":["k8s","mitre_execution"],"title":"Attach to pod (alice)"}"#);
        let quoted: BodyTemplate = serde_json::from_str(r#""%alert.message""#).unwrap();
        assert_eq!(quoted.render(&every_kind_of_field()), json!(every_kind_of_field().message));
        let again: BodyTemplate = serde_json::from_value(serde_json::to_value(&body).unwrap()).unwrap();
        assert_eq!(again, body);
    }

    #[test]
    fn mistakes_in_a_template_are_told() {
        let error = "%alert.rul".parse::<Template>().unwrap_err().to_string();
        assert!(error.contains("did you mean `alert.rule`"), "{error}");
    }
}
