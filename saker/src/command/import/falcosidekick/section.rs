//! [`Section`]: the settings of one output of falcosidekick on their way to a sink. What nobody takes is told.

use std::collections::BTreeSet;
use std::fmt;

use notifier::sink::SinkKind;
use serde_json::{Map, Value, json};

use super::given::{Given, Setting, plain};
use super::keys;

/// What is to be known of a setting that is not taken over, or not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    key: String,
    text: String,
}

impl Remark {
    pub(super) fn of(key: &str, text: impl Into<String>) -> Self {
        Self { key: key.to_owned(), text: text.into() }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

/// The settings of one output.
pub(super) struct Section<'a> {
    name: &'static str,
    given: &'a Given,
    taken: BTreeSet<String>,
    remarks: Vec<Remark>,
    sink: Option<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn new(name: &'static str, given: &'a Given) -> Self {
        Self { name, given, taken: BTreeSet::new(), remarks: Vec::new(), sink: None }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Begins a sink, if there are such sinks, and if the setting is there without which falcosidekick does not use the
    /// output.
    pub(super) fn begin(&mut self, kind: &'static str, needed: &str) -> Option<Map<String, Value>> {
        if !SinkKind::TYPES.contains(&kind) {
            return None;
        }
        self.setting(needed)?;
        self.sink = Some(kind);
        Some(Map::from_iter([("type".to_owned(), json!(kind))]))
    }

    /// A setting of this output, taken.
    pub(super) fn setting(&mut self, key: &str) -> Option<Setting> {
        let key = self.key(key);
        let setting = self.given.get(&key)?.clone();
        self.taken.insert(key);
        Some(setting)
    }

    /// A setting as text.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        Some(plain(&self.setting(key)?.value)).map(|text| literal(&text))
    }

    /// A secret: the name of its environment variable, or itself, with a warning.
    pub(super) fn secret(&mut self, key: &str) -> Option<String> {
        let setting = self.setting(key)?;
        if let Some(variable) = setting.variable {
            return Some(format!("${{{variable}}}"));
        }
        self.remark(
            key,
            "the secret is written out: put it into a file and write ${file:/path} in its place",
        );
        Some(literal(&plain(&setting.value)))
    }

    /// A setting that is on or off.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.text(key)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "t" => Some(true),
            "false" | "0" | "f" => Some(false),
            other => {
                let text = format!("`{other}` is neither true nor false, and is left out");
                self.remark(key, text);
                None
            }
        }
    }

    /// A list, or text with commas.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let text = self.text(key).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// A map, or text as `k:v,k:v`.
    pub(super) fn map(&mut self, key: &str) -> Map<String, Value> {
        let Some(setting) = self.setting(key) else { return Map::new() };
        if let Value::Object(table) = &setting.value {
            return table.iter().map(|(key, value)| (key.clone(), json!(literal(&plain(value))))).collect();
        }
        let mut map = Map::new();
        for pair in plain(&setting.value).split(',').filter(|pair| !pair.trim().is_empty()) {
            match pair.split_once(':') {
                Some((name, value)) => {
                    if value.contains(':') {
                        self.remark(
                            key,
                            "a value with a colon is taken over, which falcosidekick leaves out or cuts",
                        );
                    }
                    map.insert(name.trim().to_owned(), json!(literal(value.trim())));
                }
                None => {
                    let text = format!("`{pair}` is no pair as name:value, and is left out");
                    self.remark(key, text);
                }
            }
        }
        map
    }

    /// Tells of a key of this output.
    pub(super) fn remark(&mut self, key: &str, text: impl Into<String>) {
        let key = self.key(key);
        self.remarks.push(Remark::of(&key, text));
    }

    /// Takes settings that have no counterpart, and says so of those that were given.
    pub(super) fn without(&mut self, keys: &[&str], why: &str) {
        for key in keys {
            if self.setting(key).is_some() {
                self.remark(key, format!("has no counterpart: {why}"));
            }
        }
    }

    /// What most outputs have: the least priority, concurrency, TLS.
    pub(super) fn common(&mut self, sink: &mut Map<String, Value>) {
        if let Some(text) = self.text("minimumpriority") {
            let lower = text.to_ascii_lowercase();
            let known =
                ["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];
            if known.contains(&lower.as_str()) {
                sink.insert("minimum_priority".to_owned(), json!(lower));
            } else {
                self.remark(
                    "minimumpriority",
                    format!("falcosidekick does not know `{text}` and sends everything, and so does this sink: set one of {}", known.join(", ")),
                );
            }
        }
        if let Some(text) = self.text("maxconcurrentrequests") {
            match text.parse::<usize>() {
                Ok(count @ 1..) => {
                    sink.insert("concurrency".to_owned(), json!(count));
                }
                _ => self.remark(
                    "maxconcurrentrequests",
                    "there is no concurrency without a limit: it is 4 unless set",
                ),
            }
        }
    }

    /// TLS to a server, as falcosidekick's settings for all outputs and for this one have it.
    pub(super) fn tls(&mut self, sink: &mut Map<String, Value>) {
        let global = |key: &str| self.given.get(key).map(|setting| literal(&plain(&setting.value)));
        let directory = global("mutualtlsfilespath").unwrap_or_else(|| "/etc/certs".to_owned());
        let file = |key: &str, name: &str| global(key).unwrap_or_else(|| format!("{directory}/{name}"));
        let mutual = [
            ("ca", file("mutualtlsclient.cacertfile", "ca.crt")),
            ("certificate", file("mutualtlsclient.certfile", "client.crt")),
            ("key", file("mutualtlsclient.keyfile", "client.key")),
        ];
        let ca = global("tlsclient.cacertfile");
        let mut tls = Map::new();
        let verify = self.flag("checkcert");
        if self.flag("mutualtls") == Some(true) {
            tls.extend(mutual.into_iter().map(|(key, file)| (key.to_owned(), json!(file))));
        } else if verify == Some(false) {
            tls.insert("verify".to_owned(), json!(false));
        } else if let Some(ca) = ca {
            tls.insert("ca".to_owned(), json!(ca));
        }
        if !tls.is_empty() {
            sink.insert("tls".to_owned(), Value::Object(tls));
        }
    }

    /// What is to be told, also of settings that nobody took.
    pub(super) fn into_remarks(mut self) -> Vec<Remark> {
        let given: Vec<&str> =
            self.given.keys().filter(|key| keys::section_of(key) == Some(self.name)).collect();
        let left: Vec<&str> = given.into_iter().filter(|key| !self.taken.contains(*key)).collect();
        match self.sink {
            Some(_) => {
                let lost = left.iter().map(|key| Remark::of(key, "has no counterpart"));
                self.remarks.extend(lost);
            }
            None if !left.is_empty() => {
                let text = format!("has no counterpart (yet), and is left out: {}", left.join(", "));
                self.remarks.push(Remark::of(self.name, text));
            }
            None => {}
        }
        let ignored =
            self.given.ignored_variables().iter().filter(|key| keys::section_of(key) == Some(self.name));
        let heard = ignored.filter(|key| self.taken.contains(**key)).map(|key| {
            Remark::of(
                key,
                format!("is taken from {}, which falcosidekick does not look at", keys::variable(key)),
            )
        });
        self.remarks.extend(heard);
        self.remarks
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }
}

/// Text as it stands in our configuration, where `${` would be a reference.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}
