//! What an example expects of an alert's field, compared the way people read values: `403` is `"403"`.

use std::fmt;

use serde_json::Value as Json;

use crate::program::Value;

/// The value of a field, as an example gives it or as an alert has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// The event lacks it.
    Absent,
    /// One value.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl Shown {
    /// What an example gives; none where that is no value a field could have.
    pub(super) fn given(value: &Json) -> Option<Self> {
        match value {
            Json::Null => Some(Self::Absent),
            Json::Array(items) => items.iter().map(one).collect::<Option<_>>().map(Self::Many),
            other => one(other).map(Self::One),
        }
    }

    /// What an alert has.
    pub(super) fn had(value: Option<&Value>) -> Self {
        match value {
            None => Self::Absent,
            Some(Value::Text(text)) => Self::One(text.clone()),
            Some(Value::Signed(number)) => Self::One(number.to_string()),
            Some(Value::Unsigned(number)) => Self::One(number.to_string()),
            Some(Value::Boolean(truth)) => Self::One(truth.to_string()),
            Some(Value::List(texts)) => Self::Many(texts.clone()),
        }
    }
}

fn one(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("nothing"),
            Self::One(text) => f.write_str(text),
            Self::Many(texts) => write!(f, "[{}]", texts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_compared_as_they_read() {
        for (given, had) in [
            (json!(403), Some(Value::Text("403".to_owned()))),
            (json!("403"), Some(Value::Unsigned(403))),
            (json!(true), Some(Value::Boolean(true))),
            (json!(-1), Some(Value::Signed(-1))),
            (json!(["a", 1]), Some(Value::List(vec!["a".to_owned(), "1".to_owned()]))),
            (json!(null), None),
        ] {
            assert_eq!(Shown::given(&given), Some(Shown::had(had.as_ref())), "{given}");
        }
        assert_ne!(Shown::given(&json!("")), Some(Shown::had(None)));
        assert_eq!(Shown::given(&json!({"a": 1})), None);
        assert_eq!(Shown::given(&json!([[]])), None);
    }
}
