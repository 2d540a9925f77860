//! Settings as YAML, for `--print-config`.

use serde::Serialize;
use serde_json::Value;

/// The settings as a YAML document that could be used as a file. Secrets mask themselves when they serialise.
pub fn to_yaml(settings: &impl Serialize) -> String {
    let mut text = String::new();
    match serde_json::to_value(settings) {
        Ok(Value::Object(table)) if !table.is_empty() => block(&Value::Object(table), 0, &mut text),
        Ok(other) => text.push_str(&flow(&other)),
        Err(error) => text.push_str(&format!("# cannot be printed: {error}\n")),
    }
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(table) if !table.is_empty() => {
            for (key, value) in table {
                text.push_str(&format!("{indent}{}:", scalar(key)));
                nested(value, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut lines = String::new();
                block(item, depth + 1, &mut lines);
                // The dash takes the place of blanks before the first line.
                text.push_str(&format!("{indent}- {}", lines.trim_start()));
            }
        }
        other => text.push_str(&format!("{indent}{}\n", flow(other))),
    }
}

fn nested(value: &Value, depth: usize, text: &mut String) {
    let has_parts = value.as_object().is_some_and(|table| !table.is_empty())
        || value.as_array().is_some_and(|items| !items.is_empty());
    if has_parts {
        text.push('\n');
        block(value, depth, text);
    } else {
        text.push_str(&format!(" {}\n", flow(value)));
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // JSON is YAML.
        other => other.to_string(),
    }
}

/// Plain where no reader can take it for anything but text, in quotes otherwise.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 12] =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ".inf", ".nan"];
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_number = text.parse::<f64>().is_ok() || text.starts_with("0x") || text.starts_with("0o");
    let has_letter = text.chars().any(|c| c.is_ascii_alphabetic());
    let is_tame = text.chars().all(|c| c.is_ascii_alphanumeric() || "_./:@,=+-".contains(c));
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric() || "_./".contains(c));
    if has_letter && is_tame && begins_well && !is_word && !is_number && !text.ends_with(':') {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::{Config, File, FileFormat};
    use serde_json::json;

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let settings = json!({
            "bus": {"address": "local:./saker-data", "keep": "24h", "token": null},
            "odd": ["true", "12", "1e3", "0x1f", "12:30", "", " a", "- b", "c: d", "#e", "***", "f:", "日本", "a\"b\n"],
            "plain": [1, 2.5, true, [], {}, {"x": [1]}],
            "true": "key",
        });
        let text = to_yaml(&settings);
        assert!(
            text.starts_with(
                "bus:\n  address: local:./saker-data\n  keep: 24h\n  token: null\nodd:\n  - \"true\"\n"
            ),
            "{text}"
        );
        let read = Config::builder().add_source(File::from_str(&text, FileFormat::Yaml)).build().unwrap();
        assert_eq!(read.try_deserialize::<Value>().unwrap(), settings);
    }
}
