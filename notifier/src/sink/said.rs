//! JSON without what is not said.

use serde_json::Value;

/// The same without members that are null, at any depth, and without objects that have no members then.
pub(crate) fn without_nulls(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let members = members.into_iter().map(|(name, member)| (name, without_nulls(member)));
    members
        .filter(|(_, member)| !member.is_null() && member.as_object().is_none_or(|inner| !inner.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_said_is_left_out() {
        let value =
            json!({"a": null, "b": {"c": null, "d": {"e": null}}, "f": {"g": "", "h": null}, "i": [null]});
        assert_eq!(without_nulls(value), json!({"f": {"g": ""}, "i": [null]}));
    }
}
