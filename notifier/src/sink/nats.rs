//! Subjects of a NATS server, which need not be that of the bus. A stream there says that it has stored an alert, and
//! stores it once however often it comes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bus::{Arrival, Outlet, OutletError, OutletLogin, OutletMessage};
use futures::future::join_all;
use proto::alerts::v1::Alert;
use serde::{Deserialize, Serialize};
use service::Secret;

use super::{Body, ClientTls, Connect, Failure, Pattern, Rendered, Sink, SinkError, Untaken, short_json};
use crate::shown::Shown;

/// How many alerts are sent at once.
const BATCH: usize = 64;
/// How long the server may take to connect and to answer; the sink's own timeout, where it is less, ends it earlier.
const WITHIN: Duration = Duration::from_secs(10);
/// The bounds of `max_bytes`, and what it is unless set: less than the 1 MiB that servers take unless told otherwise.
const LEAST_BYTES: usize = 1024;
const MOST_BYTES: usize = 8 << 20;
const USUAL_BYTES: usize = 1000 << 10;
/// The longest subject.
const LONGEST_SUBJECT: usize = 512;

/// Settings of a `nats` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nats {
    /// The servers: `nats://HOST:PORT` or `tls://HOST:PORT`, several of one cluster separated by commas. They may carry
    /// a user and a password.
    pub address: Secret,
    /// The subject, in which `<rule>`, `<priority>`, `<cluster>`, `<namespace>`, `<source>` and `<hostname>` stand for
    /// the alert's, in lower case and with `_` for what is neither letter nor digit.
    #[serde(default = "Nats::default_subject")]
    pub subject: Pattern,
    /// Whether a stream must say that it has stored the alert.
    #[serde(default = "Nats::default_acknowledged")]
    pub acknowledged: bool,
    /// Who we are.
    #[serde(default)]
    pub user: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub password: Option<Secret>,
    /// A token, in place of a user.
    #[serde(default)]
    pub token: Option<Secret>,
    /// A file with the JWT and the seed of a user, or the seed of an nkey alone.
    #[serde(default)]
    pub credentials_file: Option<PathBuf>,
    /// TLS; with any of it set, a server that offers none is refused.
    #[serde(default)]
    pub tls: ClientTls,
    /// The longest message in bytes. Text in a longer alert is shortened, and its fields left out at last.
    #[serde(default = "Nats::default_max_bytes")]
    pub max_bytes: usize,
}

impl Nats {
    fn default_subject() -> Pattern {
        Pattern::known("falco.<priority>.<rule>")
    }

    fn default_acknowledged() -> bool {
        true
    }

    fn default_max_bytes() -> usize {
        USUAL_BYTES
    }

    fn login(&self, servers: &[String]) -> Result<OutletLogin, SinkError> {
        let user = match (&self.user, &self.password) {
            (Some(user), Some(password)) => Some((user.clone(), password.clone().into())),
            (None, None) => None,
            (Some(_), None) => return Err(SinkError("password: is missing, whose user is set".to_owned())),
            (None, Some(_)) => return Err(SinkError("user: is missing, whose password is set".to_owned())),
        };
        let ways = [user.is_some(), self.token.is_some(), self.credentials_file.is_some()];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            return Err(SinkError("set one of user, token and credentials_file".to_owned()));
        }
        let wants_tls = self.tls != ClientTls::default() || servers.iter().any(|server| server.starts_with("tls://"));
        let tls = if wants_tls { Some(self.tls.config()?) } else { None };
        let (token, credentials_file) = (self.token.clone().map(Into::into), self.credentials_file.clone());
        Ok(OutletLogin { user, token, credentials_file, tls })
    }

    fn subject_of(&self, alert: &Alert) -> String {
        let mut subject = self.subject.filled(alert, |text| match slug(text) {
            // A subject has no empty parts.
            empty if empty.is_empty() => "none".to_owned(),
            slug => slug,
        });
        subject.truncate(subject.floor_char_boundary(LONGEST_SUBJECT));
        subject.trim_end_matches('.').to_owned()
    }
}

impl Connect for Nats {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        if !(LEAST_BYTES..=MOST_BYTES).contains(&self.max_bytes) {
            return Err(SinkError(format!("max_bytes: {} is not from {LEAST_BYTES} to {MOST_BYTES}", self.max_bytes)));
        }
        let plain = self.subject.filled(&Alert::default(), |_| "x".to_owned());
        let wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '>');
        if plain.contains(wrong) || plain.split('.').any(str::is_empty) {
            let subject = self.subject.as_str();
            return Err(SinkError(format!("subject: `{subject}` is no subject to publish on: use words with dots between")));
        }
        let servers: Vec<String> = self.address.expose().split(',').map(|server| server.trim().to_owned()).collect();
        let schemes = ["nats://", "tls://"];
        if !servers.iter().all(|server| schemes.iter().any(|scheme| server.starts_with(scheme))) {
            return Err(SinkError("address: give nats://HOST:PORT, several separated by commas".to_owned()));
        }
        let login = self.login(&servers)?;
        let outlet = Outlet::to(&servers, login, "saker-sink", WITHIN);
        let outlet = outlet.map_err(|error| SinkError(format!("address: {error}")))?;
        Ok(Arc::new(Connected { settings: self.clone(), outlet }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files().into_iter().chain(self.credentials_file.clone()).collect()
    }
}

struct Connected {
    settings: Nats,
    outlet: Outlet,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        let json = short_json::object(shown.alert, self.settings.max_bytes);
        Body::from(json).to(self.settings.subject_of(shown.alert))
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        let arrival = if self.settings.acknowledged { Arrival::Stored } else { Arrival::Sent };
        let sent = join_all(alerts.iter().map(async |Rendered { id, body }| {
            let (subject, payload) = (body.to.clone(), body.bytes.clone());
            self.outlet.publish(&OutletMessage { subject, id: id.clone(), payload }, arrival).await
        }));
        let failed = sent.await.into_iter().enumerate().filter_map(|(place, result)| match result.err()? {
            OutletError::Later(reason) => Some((place, Untaken::Later(reason))),
            OutletError::Never(reason) => Some((place, Untaken::Never(reason))),
        });
        let failed: Vec<_> = failed.collect();
        if failed.is_empty() { Ok(()) } else { Err(Failure::Partly(failed)) }
    }

    fn batch(&self) -> usize {
        BATCH
    }
}

/// The text in lower case, with one `_` for each run of what is neither a letter nor a digit of ASCII, and none at the
/// ends: as falcosidekick makes it.
fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;
    use serde_json::json;

    fn settings(more: serde_json::Value) -> Nats {
        let mut all = json!({"address": "nats://127.0.0.1:4222"});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn subjects_are_made_of_the_alert() {
        assert_eq!(settings(json!({})).subject_of(&alert()), "falco.warning.attach_to_pod");
        let all = settings(json!({"subject": "saker.<cluster>.<namespace>.<source>.<hostname>"}));
        assert_eq!(all.subject_of(&alert()), "saker.prod.none.k8s_audit.vm");
        assert_eq!(slug("--Ünïcode / *.> Rule (2)!"), "n_code_rule_2");
        let long = Alert { rule: "x ".repeat(5000), ..alert() };
        assert_eq!(settings(json!({})).subject_of(&long).len(), 512);
    }

    #[test]
    fn mistakes_name_their_key() {
        for (more, says) in [
            (json!({"address": "geheim@host"}), "address: give nats://HOST:PORT"),
            (json!({"subject": "falco.*.<rule>"}), "subject: `falco.*.<rule>`"),
            (json!({"subject": "falco..<rule>"}), "subject: "),
            (json!({"user": "me"}), "password: is missing"),
            (json!({"token": "geheim", "credentials_file": "/x"}), "set one of user, token and credentials_file"),
            (json!({"max_bytes": 10}), "max_bytes: 10 is not from 1024"),
        ] {
            let error = settings(more).connect().err().unwrap().to_string();
            assert!(error.contains(says) && !error.contains("geheim"), "{error}");
        }
        let all = settings(json!({"token": "geheim"}));
        assert!(all.connect().is_ok());
        assert!(!serde_json::to_string(&all).unwrap().contains("geheim"));
    }
}
