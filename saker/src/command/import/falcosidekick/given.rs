//! [`Given`]: the settings that somebody gave falcosidekick, by its rules: keys in any case, and environment variables
//! before the file.

use std::collections::BTreeMap;

use config::{Config, File, FileFormat};
use serde_json::Value;

use super::keys;

/// The most that is read of a file.
const LARGEST: usize = 4 << 20;

/// Input that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct ReadError(pub(super) String);

/// One setting that was given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    /// What it was set to.
    pub(super) value: Value,
    /// The environment variable that it came from.
    pub(super) variable: Option<String>,
}

/// All settings that were given, by their keys in lower case. What is empty, and what is as it would be anyway, counts
/// as not given.
#[derive(Debug, Default)]
pub(super) struct Given {
    settings: BTreeMap<&'static str, Setting>,
    unknown: Vec<String>,
    ignored_variables: Vec<&'static str>,
}

impl Given {
    /// # Errors
    /// Where the text is no YAML, or no table.
    pub(super) fn read(text: &str, environment: &[(String, String)]) -> Result<Self, ReadError> {
        if text.len() > LARGEST {
            return Err(ReadError(format!("the file is longer than {LARGEST} bytes")));
        }
        let mut given = Self::default();
        given.take("", &parsed(text)?);
        for key in keys::all() {
            let variable = keys::variable(key.name);
            let Some((_, value)) =
                environment.iter().find(|(name, value)| *name == variable && !value.is_empty())
            else {
                continue;
            };
            if !key.is_in_environment {
                given.ignored_variables.push(key.name);
            }
            given
                .settings
                .insert(key.name, Setting { value: value.clone().into(), variable: Some(variable) });
        }
        let defaults: BTreeMap<&str, &str> = keys::all().map(|key| (key.name, key.default)).collect();
        given.settings.retain(|key, setting| {
            let text = plain(&setting.value);
            !text.is_empty() && defaults.get(key) != Some(&text.as_str())
        });
        given.ignored_variables.retain(|key| given.settings.contains_key(key));
        Ok(given)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }

    /// The keys that were given, in order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.settings.keys().copied()
    }

    /// Keys of the file that falcosidekick does not have.
    pub(super) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Keys that were given by environment variables that falcosidekick does not look at.
    pub(super) fn ignored_variables(&self) -> &[&'static str] {
        &self.ignored_variables
    }

    fn take(&mut self, path: &str, value: &Value) {
        let known = keys::all().find(|key| key.name == path);
        match (known, value) {
            (Some(key), value) => {
                self.settings.insert(key.name, Setting { value: value.clone(), variable: None });
            }
            (None, Value::Object(table)) => {
                for (key, value) in table {
                    let key = key.to_ascii_lowercase();
                    self.take(&if path.is_empty() { key } else { format!("{path}.{key}") }, value);
                }
            }
            (None, Value::Null) => {}
            (None, _) => self.unknown.push(path.to_owned()),
        }
    }
}

fn parsed(text: &str) -> Result<Value, ReadError> {
    let wrong =
        |error: config::ConfigError| ReadError(format!("the file is not what falcosidekick reads: {error}"));
    let source = File::from_str(text, FileFormat::Yaml);
    let built = Config::builder().add_source(source).build().map_err(wrong)?;
    built.try_deserialize().map_err(wrong)
}

/// The value as falcosidekick would read it from an environment variable.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Object(table) => {
            table.iter().map(|(key, value)| format!("{key}:{}", plain(value))).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_in_any_case_and_the_environment_goes_first() {
        let file = "Slack:\n  webhookURL: https://a\n  Username: Falcosidekick\n  footer: ''\n  colour: red\ndebug: true\n";
        let environment =
            [("SLACK_WEBHOOKURL", "https://b"), ("NATS_MINIMUMPRIORITY", "error"), ("PATH", "/bin")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let given = Given::read(file, &environment).unwrap();
        let keys: Vec<&str> = given.keys().collect();
        assert_eq!(
            keys,
            ["debug", "nats.minimumpriority", "slack.webhookurl"],
            "defaults and what is empty are left out"
        );
        let url = given.get("slack.webhookurl").unwrap();
        assert_eq!(
            (&url.value, url.variable.as_deref()),
            (&Value::from("https://b"), Some("SLACK_WEBHOOKURL"))
        );
        assert_eq!(given.unknown(), ["slack.colour"]);
        assert_eq!(given.ignored_variables(), ["nats.minimumpriority"]);
    }

    #[test]
    fn what_is_no_yaml_is_told() {
        for text in ["a: [", "- a\n- b\n", "a: b: c"] {
            let error = Given::read(text, &[]).unwrap_err().to_string();
            assert!(error.starts_with("the file is not what falcosidekick reads"), "{error}");
        }
    }

    #[test]
    fn lists_and_maps_are_one_text() {
        let given =
            Given::read("alertmanager:\n  hostport: [http://a, http://b]\n  extralabels: {x: y}\n", &[])
                .unwrap();
        assert_eq!(plain(&given.get("alertmanager.hostport").unwrap().value), "http://a,http://b");
        assert_eq!(plain(&given.get("alertmanager.extralabels").unwrap().value), "x:y");
    }
}
