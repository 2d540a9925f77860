//! What an operator may set about the notifier: the sinks by name, and how alerts are delivered to each.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::units::Span;

use crate::group::GroupSettings;
use crate::grpc::GrpcSettings;
use crate::priority::MinimumPriority;
use crate::rate::Rate;
use crate::retry::RetrySettings;
use crate::routes::Route;
use crate::silence::Silence;
use crate::sink::{Auth, ClientTls, SinkKind, Stdout};
use crate::template::{BodyTemplate, Template};

/// Settings of the notifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The sinks by name. Each is a durable consumer of that name: a sink that gets another name starts with all alerts
    /// that are still kept.
    pub sinks: BTreeMap<SinkName, SinkSettings>,
    /// Which alerts go to which sinks, tried in order; all alerts go to the sinks that no route names.
    pub routes: Vec<Route>,
    /// Alerts that nobody is to be told of for a time, by a name; beside those on the bus.
    pub silences: BTreeMap<String, Silence>,
    /// How often settings and the files that they name are looked at for changes; 0 for only when asked to.
    pub reload: Span,
    /// How long what is under way may take when the notifier is told to stop.
    pub drain: Span,
    /// Where programs take alerts.
    pub grpc: GrpcSettings,
}

impl Default for Settings {
    fn default() -> Self {
        let stdout = SinkSettings::from(SinkKind::Stdout(Stdout::default()));
        Self {
            sinks: BTreeMap::from([(SinkName("stdout".to_owned()), stdout)]),
            routes: Vec::new(),
            silences: BTreeMap::new(),
            reload: Span::seconds(5),
            drain: Span::seconds(10),
            grpc: GrpcSettings::default(),
        }
    }
}

impl Settings {
    /// What is wrong although each setting is of its type: the key, and what is wrong with it.
    pub fn problems(&self) -> Vec<(String, String)> {
        let known = |name: &&SinkName| !self.sinks.contains_key(*name);
        let missing = |key: String, sinks: &[SinkName]| {
            sinks.iter().find(known).map(|name| (key, format!("there is no sink `{name}`")))
        };
        let routes = self.routes.iter().enumerate();
        let routes = routes.filter_map(|(at, route)| missing(format!("routes[{at}].sinks"), &route.sinks));
        let silences = self.silences.iter();
        let silences = silences.flat_map(|(name, silence)| {
            let is_name = SinkName::try_from(name.clone()).is_ok();
            let named = (!is_name).then(|| {
                let says = "use up to 64 letters, digits, `-` and `_` for the name of a silence";
                (format!("silences.{name}"), says.to_owned())
            });
            named.into_iter().chain(missing(format!("silences.{name}.sinks"), &silence.sinks))
        });
        let sinks = self.sinks.iter().flat_map(|(name, sink)| {
            sink.problems().map(move |(key, says)| (format!("sinks.{name}.{key}"), says))
        });
        let own = routes.chain(silences).chain(sinks).map(|(key, says)| (format!("notifier.{key}"), says));
        own.chain(self.grpc.problems()).collect()
    }
}

/// One sink: what it is, and how alerts are delivered to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SinkSettings {
    /// What it is.
    #[serde(flatten)]
    pub kind: SinkKind,
    /// How alerts are delivered to it.
    #[serde(flatten)]
    pub delivery: DeliverySettings,
}

/// How alerts are delivered to a sink; every sink has these settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliverySettings {
    /// `false` switches the sink off.
    pub enabled: bool,
    /// The least urgent priority that the sink is given.
    pub minimum_priority: MinimumPriority,
    /// How long the sink may take over an alert; standard output and files are waited for.
    pub timeout: Span,
    /// How many alerts may be under way to the sink at a time; with 1 they arrive in order.
    pub concurrency: usize,
    /// When to try again.
    pub retry: RetrySettings,
    /// How often the sink may be sent to; where it is not set, what the type of sink is known to take.
    pub rate: Option<Rate>,
    /// What the sink says in words, in place of the alert's own text.
    pub text: Option<Template>,
    /// The JSON document that is sent, in place of the sink's own; only for sinks that take one for each alert.
    pub body: Option<BodyTemplate>,
    /// How alerts are told as one; each by itself where it is not set.
    pub group: Option<GroupSettings>,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            minimum_priority: MinimumPriority::default(),
            timeout: Span::seconds(10),
            concurrency: 4,
            retry: RetrySettings::default(),
            rate: None,
            text: None,
            body: None,
            group: None,
        }
    }
}

impl From<SinkKind> for SinkSettings {
    fn from(kind: SinkKind) -> Self {
        Self { kind, delivery: DeliverySettings::default() }
    }
}

impl SinkSettings {
    fn problems(&self) -> impl Iterator<Item = (&'static str, String)> {
        let body = self.delivery.body.is_some() && !self.kind.takes_body();
        let kind = self.kind.type_name();
        let body =
            body.then(|| ("body", format!("a sink of type {kind} sends no JSON document for each alert")));
        let group = self.delivery.group.as_ref();
        let by = group.filter(|group| group.by.is_empty());
        let by = by.map(|_| ("group.by", "name at least one field, as alert.rule".to_owned()));
        let window = group.filter(|group| group.window.get().is_zero() || group.repeat().is_zero());
        let window = window.map(|_| ("group.window", "give a time above 0, as 5m".to_owned()));
        body.into_iter().chain(by).chain(window)
    }

    /// For each type of sink, an entry that has all its keys: what the configuration may hold.
    pub fn models() -> Vec<(String, Value)> {
        SinkKind::TYPES.iter().map(|name| ((*name).to_owned(), model(name))).collect()
    }
}

fn model(type_name: &str) -> Value {
    let common = serde_json::to_value(DeliverySettings::default()).unwrap_or_default();
    let Value::Object(mut all) = common else { return Value::Null };
    let own =
        SinkKind::keys(type_name).unwrap_or_default().iter().map(|key| ((*key).to_owned(), keys_of(key)));
    all.extend(own.collect::<Map<_, _>>());
    all.insert("type".to_owned(), type_name.into());
    Value::Object(all)
}

/// The keys of a setting that has some of its own.
fn keys_of(setting: &str) -> Value {
    let keys = match setting {
        "tls" => serde_json::to_value(ClientTls::default()),
        "auth" => serde_json::to_value(Auth::default()),
        _ => return Value::Null,
    };
    keys.unwrap_or_default()
}

/// What the names of the durable consumers of sinks begin with.
const CONSUMER_PREFIX: &str = "sink-";

/// The name of a sink: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SinkName(String);

/// Text that cannot be the name of a sink.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot name a sink: use up to 64 letters, digits, `-` and `_`")]
pub struct SinkNameError(String);

impl SinkName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the sink's durable consumer.
    pub fn consumer(&self) -> String {
        format!("{CONSUMER_PREFIX}{}", self.0)
    }

    /// The name of the sink whose durable consumer this is; `None` where it is that of something else.
    pub fn of_consumer(consumer: &str) -> Option<&str> {
        consumer.strip_prefix(CONSUMER_PREFIX)
    }
}

impl TryFrom<String> for SinkName {
    type Error = SinkNameError;

    fn try_from(name: String) -> Result<Self, SinkNameError> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match name.len() {
            1..=64 if name.chars().all(is_allowed) => Ok(Self(name)),
            _ => Err(SinkNameError(name)),
        }
    }
}

impl From<SinkName> for String {
    fn from(name: SinkName) -> Self {
        name.0
    }
}

impl Borrow<str> for SinkName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SinkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Result<Settings, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn the_default_prints_text_on_stdout() {
        insta::assert_json_snapshot!(Settings::default(), @r#"
        {
          "sinks": {
            "stdout": {
              "type": "stdout",
              "format": "text",
              "enabled": true,
              "minimum_priority": "debug",
              "timeout": "10s",
              "concurrency": 4,
              "retry": {
                "initial": "1s",
                "max": "5m",
                "attempts": null
              },
              "rate": null,
              "text": null,
              "body": null,
              "group": null
            }
          },
          "routes": [],
          "silences": {},
          "reload": "5s",
          "drain": "10s",
          "grpc": {
            "listen": "127.0.0.1:5060",
            "socket_mode": "0600",
            "buffer": "32MiB",
            "max_streams": 1024,
            "max_streams_per_identity": 256,
            "max_consumers_per_identity": 16,
            "max_connections": 1024,
            "heartbeat": "15s",
            "keep_alive": "30s",
            "ack_wait": "1m",
            "tls": {
              "certificate": null,
              "key": null,
              "client_ca": null,
              "client_crl": null,
              "handshake_timeout": "10s"
            },
            "identities": {},
            "reload": "5s",
            "look_back": "5m"
          }
        }
        "#);
        let value = serde_json::to_value(Settings::default()).unwrap();
        let again: Settings = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(again).unwrap(), value);
    }

    #[test]
    fn every_type_of_sink_has_settings_and_hides_its_secrets() {
        let settings = parsed(
            r##"{"sinks": {
                "ops": {"type": "slack", "webhook_url": "https://hooks.slack.com/services/geheim", "channel": "#ops",
                        "minimum_priority": "WARNING", "retry": {"initial": "2s"}, "concurrency": 1},
                "kick": {"type": "webhook", "url": "http://u:geheim@sidekick:2801/", "timeout": "3s",
                         "headers": {"Authorization": "Bearer geheim"}},
                "audit_log": {"type": "file", "path": "/var/log/alerts", "format": "json", "enabled": false}
            }}"##,
        )
        .unwrap();
        assert_eq!(settings.sinks["kick"].delivery.timeout, Span::seconds(3));
        assert!(!settings.sinks["audit_log"].delivery.enabled);
        let shown = format!("{settings:?} {}", serde_json::to_string(&settings).unwrap());
        assert!(!shown.contains("geheim"), "{shown}");
        insta::assert_json_snapshot!(settings.sinks["ops"]);
    }

    #[test]
    fn mistakes_say_what_is_wrong() {
        for (json, says) in [
            (r#"{"sinks": {"a b": {"type": "stdout"}}}"#, "`a b` cannot name a sink"),
            (r#"{"sinks": {"a": {"type": "pager"}}}"#, "`stdout`, `file`, `webhook`, `slack`, "),
            (r#"{"sinks": {"a": {"type": "webhook"}}}"#, "missing field `url`"),
            (
                r#"{"sinks": {"a": {"type": "webhook", "url": "sidekick:2801"}}}"#,
                "give one as https://host/path",
            ),
            (
                r#"{"sinks": {"a": {"type": "stdout", "minimum_priority": "loud"}}}"#,
                "`loud` is not a priority",
            ),
            (r#"{"sink": {}}"#, "unknown field `sink`"),
        ] {
            let error = parsed(json).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn models_show_all_keys_of_each_type() {
        let models = SinkSettings::models();
        let keys: Vec<(String, String)> = models
            .into_iter()
            .map(|(name, model)| {
                let mut keys: Vec<&str> = model.as_object().unwrap().keys().map(String::as_str).collect();
                keys.sort_unstable();
                (name, keys.join(" "))
            })
            .collect();
        let every = serde_json::to_value(DeliverySettings::default()).unwrap();
        let every = every.as_object().unwrap().keys().map(String::as_str).chain(["type"]);
        assert_eq!(keys.len(), SinkKind::TYPES.len());
        for (name, own) in [
            ("stdout", "format"),
            ("file", "format path"),
            ("webhook", "auth format headers method signing_secret tls url"),
            ("slack", "api_url channel footer format icon layout tls token username webhook_url"),
            ("syslog", "arrival enterprise facility format framing host max_bytes port protocol tls"),
            (
                "smtp",
                "authentication encryption format from headers hello host password port subject tls to user",
            ),
            ("nats", "acknowledged address credentials_file max_bytes password subject tls token user"),
        ] {
            let mut expected: Vec<&str> = own.split(' ').chain(every.clone()).collect();
            expected.sort_unstable();
            assert!(keys.contains(&(name.to_owned(), expected.join(" "))), "{name}: {keys:?}");
        }
    }
}
