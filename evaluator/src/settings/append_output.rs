//! [`AppendOutput`]: an entry of `evaluator.append_output`, written as Falco's is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Text and fields that are added to the output of some rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppendOutput {
    /// Of which rules; of all where nothing is said.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    which: Option<Which>,
    /// Added to the output behind a space.
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_output: Option<String>,
    /// Added to the fields: names of fields, and texts with a name.
    extra_fields: ExtraFields,
    /// Of Falco: taken, and of no effect, since no field of audit events is one that Falco would suggest.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_output: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Which {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ExtraField>")]
struct ExtraFields(Vec<ExtraField>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected the name of a field, or one name with its text as `verb: \"%ka.verb\"`"
)]
enum ExtraField {
    Plain(String),
    Formatted(Named),
}

/// A table with one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
struct Named {
    key: String,
    format: String,
}

#[derive(Debug, thiserror::Error)]
#[error("a field is named twice: {0}")]
struct NamedTwice(String);

#[derive(Debug, thiserror::Error)]
#[error("not one name with its text")]
struct NotOne;

impl AppendOutput {
    /// As rules are loaded with it.
    pub(crate) fn options(&self) -> rules::AppendOutput {
        let Which { source, tags, rule } = self.which.clone().unwrap_or_default();
        let extra_fields = self.extra_fields.0.iter().cloned().map(|field| match field {
            ExtraField::Plain(name) => rules::ExtraField::Plain(name),
            ExtraField::Formatted(Named { key, format }) => rules::ExtraField::Formatted { key, format },
        });
        rules::AppendOutput {
            source,
            tags,
            rule,
            extra_output: self.extra_output.clone(),
            extra_fields: extra_fields.collect(),
        }
    }
}

impl ExtraField {
    fn key(&self) -> &str {
        match self {
            Self::Plain(key) | Self::Formatted(Named { key, .. }) => key,
        }
    }
}

impl TryFrom<Vec<ExtraField>> for ExtraFields {
    type Error = NamedTwice;

    fn try_from(fields: Vec<ExtraField>) -> Result<Self, NamedTwice> {
        let mut keys: Vec<&str> = fields.iter().map(ExtraField::key).collect();
        keys.sort_unstable();
        let twice = keys.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some((*one).to_owned()),
            _ => None,
        });
        twice.map_or(Ok(Self(fields)), |key| Err(NamedTwice(key)))
    }
}

impl TryFrom<BTreeMap<String, String>> for Named {
    type Error = NotOne;

    fn try_from(table: BTreeMap<String, String>) -> Result<Self, NotOne> {
        let mut entries = table.into_iter();
        match (entries.next(), entries.next()) {
            (Some((key, format)), None) => Ok(Self { key, format }),
            _ => Err(NotOne),
        }
    }
}

impl From<Named> for BTreeMap<String, String> {
    fn from(Named { key, format }: Named) -> Self {
        Self::from([(key, format)])
    }
}
