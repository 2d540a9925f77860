//! Output fields as text, for sinks whose messages are text.

use crate::falco::FieldValue;

/// Text as it is, numbers and truths as JSON writes them, lists as JSON; nothing where there is no value.
pub(crate) fn of(value: &FieldValue<'_>) -> Option<String> {
    if let Some(text) = value.as_text() {
        return Some(text.to_owned());
    }
    serde_json::to_string(value).ok().filter(|json| json != "null")
}

#[cfg(test)]
mod tests {
    use crate::examples::every_kind_of_field;
    use crate::falco::{self, Form};

    #[test]
    fn every_kind_of_value() {
        let alert = every_kind_of_field();
        let shown: Vec<String> = falco::fields(&alert, Form::Plain).values().filter_map(super::of).collect();
        assert_eq!(shown, ["true", "-5", "18446744073709551615", r#"["x","","ü"]"#, "[]", "\t\"\\ü"]);
    }
}
