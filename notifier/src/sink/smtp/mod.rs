//! Mail over SMTP, an alert a message. A server that greylists or is busy gets it later; what it refuses for good is a
//! dead letter.

mod header;
mod mail;
mod session;
mod taken;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use service::Secret;

use self::header::CustomHeaders;
use self::mail::Letterhead;
use self::session::{Server, Verdict};
use self::taken::Taken;
use super::{Body, ClientTls, Connect, Failure, Pattern, Rendered, Sink, SinkError};
use crate::shown::Shown;

/// The most people a message may go to.
const MOST_RECIPIENTS: usize = 100;

/// Settings of an `smtp` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smtp {
    /// The server's name or address.
    pub host: String,
    /// Its port; 587 with `starttls`, 465 with `implicit` and 25 with `none`, where not set.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is encrypted: `starttls`, `implicit` or `none`.
    #[serde(default)]
    pub encryption: SmtpEncryption,
    /// What the server is to be trusted by. Certificates of our own are not shown to it.
    #[serde(default)]
    pub tls: ClientTls,
    /// Who logs in; nobody where not set.
    #[serde(default)]
    pub user: Option<String>,
    /// The user's password; the token with `xoauth2`.
    #[serde(default)]
    pub password: Option<Secret>,
    /// How to log in: `plain`, `login` or `xoauth2`; where not set, `plain` or `login`, as the server offers.
    #[serde(default)]
    pub authentication: Option<SmtpAuthentication>,
    /// Who it is from: an address, or `Name <address>`.
    pub from: String,
    /// Who it goes to: addresses, or `Name <address>`.
    pub to: Vec<String>,
    /// The subject, in which `<rule>`, `<priority>`, `<cluster>`, `<namespace>`, `<source>` and `<hostname>` stand for
    /// the alert's.
    #[serde(default = "Smtp::default_subject")]
    pub subject: Pattern,
    /// What is sent: `html`, which has the text beside it, or `text`.
    #[serde(default)]
    pub format: SmtpFormat,
    /// Headers to send along, by name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The name to greet the server with; the one of this machine where not set.
    #[serde(default)]
    pub hello: Option<String>,
}

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpEncryption {
    /// It begins in clear and must turn to TLS.
    #[default]
    Starttls,
    /// TLS from the beginning.
    Implicit,
    /// Not at all.
    None,
}

/// How to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpAuthentication {
    /// SASL PLAIN.
    Plain,
    /// LOGIN.
    Login,
    /// A token of OAuth 2.
    Xoauth2,
}

/// What is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpFormat {
    /// HTML, and text for those who do not show it.
    #[default]
    Html,
    /// Text.
    Text,
}

impl Smtp {
    fn default_subject() -> Pattern {
        Pattern::known("[<priority>] <rule> (<cluster>)")
    }

    fn letterhead(&self) -> Result<Letterhead, SinkError> {
        let mailbox = |key: &str, text: &String| {
            text.parse::<Mailbox>()
                .map_err(|error| SinkError(format!("{key}: `{text}` is not an address of mail: {error}")))
        };
        if !(1..=MOST_RECIPIENTS).contains(&self.to.len()) {
            return Err(SinkError(format!("to: give from 1 to {MOST_RECIPIENTS} addresses")));
        }
        Ok(Letterhead {
            from: mailbox("from", &self.from)?,
            to: self.to.iter().map(|text| mailbox("to", text)).collect::<Result<_, _>>()?,
            subject: self.subject.clone(),
            format: self.format,
            headers: CustomHeaders::parse(&self.headers)?,
        })
    }
}

impl Connect for Smtp {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let letterhead = self.letterhead()?;
        let server = Server::new(self, letterhead.from.email.clone())?;
        Ok(Arc::new(Connected { letterhead, server, taken: Taken::default() }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

struct Connected {
    letterhead: Letterhead,
    server: Server,
    taken: Taken,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        self.letterhead.mail(shown).into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        for alert in alerts {
            self.send_one(alert).await?;
        }
        Ok(())
    }
}

impl Connected {
    /// A server may take a message for some of its recipients only: those do not get it again when the others do.
    async fn send_one(&self, alert: &Rendered) -> Result<(), Failure> {
        let addresses = self.letterhead.to.iter().map(|mailbox| &mailbox.email);
        let left: Vec<_> = addresses.filter(|address| !self.taken.has(&alert.id, address)).cloned().collect();
        let verdicts = self.server.send(&left, &alert.body.bytes).await?;
        let (mut later, mut never) = (Vec::new(), Vec::new());
        for (address, verdict) in left.iter().zip(verdicts) {
            match verdict {
                Verdict::Taken => self.taken.remember(&alert.id, address),
                Verdict::Later(reason) => later.push(format!("{address}: {reason}")),
                Verdict::Never(reason) => never.push(format!("{address}: {reason}")),
            }
        }
        if !later.is_empty() {
            return Err(Failure::away(format!("the server did not take it for {}", later.join(", "))));
        }
        self.taken.forget(&alert.id);
        match never.as_slice() {
            [] => Ok(()),
            refused => Err(Failure::Refused(format!("the server refused it for {}", refused.join(", ")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;
    use serde_json::json;

    fn settings(more: serde_json::Value) -> Smtp {
        let mut all = json!({"host": "mail", "from": "saker@example.com", "to": ["ops@example.com"]});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn the_default_subject_is_a_pattern() {
        let subject = "[<priority>] <rule> (<cluster>)".parse::<Pattern>().unwrap();
        assert_eq!(Smtp::default_subject(), subject);
        assert_eq!(subject.filled(&alert(), str::to_owned), "[Warning] Attach to pod (prod)");
    }

    #[test]
    fn mistakes_name_their_key() {
        for (more, says) in [
            (json!({"from": "saker"}), "from: `saker` is not an address"),
            (json!({"to": []}), "to: give from 1 to 100"),
            (json!({"to": ["a@b", "x\r\nRCPT TO:<y@z>"]}), "to: `"),
            (json!({"headers": {"Subject": "x"}}), "headers.Subject:"),
            (json!({"headers": {"X-A": "x\r\nBcc: y@z"}}), "headers.X-A:"),
            (json!({"password": "geheim"}), "user: is missing"),
            (json!({"encryption": "none", "tls": {"verify": false}}), "tls: is of no use"),
            (json!({"tls": {"certificate": "/x"}}), "tls.certificate: "),
        ] {
            let error = settings(more).connect().err().unwrap().to_string();
            assert!(error.contains(says) && !error.contains("geheim"), "{error}");
        }
        assert!(settings(json!({})).connect().is_ok());
    }
}
