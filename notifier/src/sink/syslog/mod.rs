//! Syslog by RFC 5424, over UDP, TCP or TLS. Syslog has no answer that says a message has arrived: over TCP and TLS the
//! receiver's closing of the connection stands for it, over UDP there is nothing.

mod cef;
mod facility;
mod rfc5424;
mod wire;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use rustls::client::Resumption;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use self::rfc5424::Frame;
use self::wire::{Connection, Datagrams, Receiver};
use super::{Body, ClientTls, Connect, Failure, Rendered, Sink, SinkError, Untaken, short_json};
use crate::shown::Shown;

pub use facility::{Facility, FacilityError};

/// How many alerts are sent at once.
const BATCH: usize = 64;

/// The bounds of `max_bytes`: the least that has room for an alert's names, and the most that a datagram, and a stream,
/// hold.
const LEAST_BYTES: usize = 1024;
const MOST_IN_A_DATAGRAM: usize = 65_507;
const MOST_IN_A_STREAM: usize = 1 << 20;

/// Settings of a `syslog` sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Syslog {
    /// The receiver's name or address.
    pub host: String,
    /// Its port; 514 where not set, and 6514 with TLS.
    #[serde(default)]
    pub port: Option<u16>,
    /// The way there: `tcp`, `tls` or `udp`.
    #[serde(default)]
    pub protocol: SyslogProtocol,
    /// What the receiver is to trust and be shown; with the protocol `tls`.
    #[serde(default)]
    pub tls: ClientTls,
    /// What is sent: `rfc5424`, `json` or `cef`.
    #[serde(default)]
    pub format: SyslogFormat,
    /// The facility, by its name.
    #[serde(default)]
    pub facility: Facility,
    /// How messages in a stream are told apart: `octet-counting` or `newline`.
    #[serde(default)]
    pub framing: SyslogFraming,
    /// What counts as arrived over a stream: the receiver's `close` of the connection, or that it was `sent`.
    #[serde(default)]
    pub arrival: SyslogArrival,
    /// The longest message in bytes; 2048 with UDP and 8192 otherwise, where not set.
    #[serde(default)]
    pub max_bytes: Option<usize>,
    /// The private enterprise number in the names of structured data. Saker has none: unless set it is 32473, which is
    /// for examples (RFC 5612).
    #[serde(default = "Syslog::default_enterprise")]
    pub enterprise: u32,
}

/// The way to the receiver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyslogProtocol {
    /// A stream.
    #[default]
    Tcp,
    /// A stream within TLS.
    Tls,
    /// Datagrams.
    Udp,
}

/// What a message holds behind its header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyslogFormat {
    /// The alert as structured data, and its text.
    #[default]
    Rfc5424,
    /// Falco's JSON.
    Json,
    /// The Common Event Format.
    Cef,
}

/// How messages in a stream are told apart (RFC 6587).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyslogFraming {
    /// Each begins with its length.
    #[default]
    OctetCounting,
    /// Each ends with a line feed.
    Newline,
}

/// What counts as arrived over a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyslogArrival {
    /// The receiver has closed the connection after the last message. Each batch has a connection of its own.
    #[default]
    Close,
    /// It was written to a connection that was open before and after. The connection is kept.
    Sent,
}

impl Syslog {
    fn default_enterprise() -> u32 {
        32_473
    }

    /// # Errors
    /// Where the setting is beyond what the protocol carries.
    fn longest(&self) -> Result<usize, SinkError> {
        let (usual, most) = match self.protocol {
            SyslogProtocol::Udp => (2048, MOST_IN_A_DATAGRAM),
            SyslogProtocol::Tcp | SyslogProtocol::Tls => (8192, MOST_IN_A_STREAM),
        };
        let longest = self.max_bytes.unwrap_or(usual);
        if (LEAST_BYTES..=most).contains(&longest) {
            Ok(longest)
        } else {
            Err(SinkError(format!("max_bytes: {longest} is not from {LEAST_BYTES} to {most}")))
        }
    }

    fn way(&self) -> Result<Way, SinkError> {
        let encrypted = self.protocol == SyslogProtocol::Tls;
        if !encrypted && self.tls != ClientTls::default() {
            return Err(SinkError("tls: is only for `protocol: tls`".to_owned()));
        }
        let port = self.port.unwrap_or(if encrypted { 6514 } else { 514 });
        let receiver = Receiver { host: self.host.clone(), port };
        Ok(match self.protocol {
            SyslogProtocol::Udp => Way::Udp(Datagrams::to(receiver)),
            SyslogProtocol::Tcp => Way::Stream(Connection::to(receiver, None)),
            SyslogProtocol::Tls => {
                let mut config = self.tls.config()?;
                // Receivers with OpenSSL that ask for certificates and have no session id context, as rsyslog, refuse
                // to resume a session, each time.
                config.resumption = Resumption::disabled();
                Way::Stream(Connection::to(receiver, Some(Arc::new(config))))
            }
        })
    }
}

impl Connect for Syslog {
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
        let frame =
            Frame { facility: self.facility, enterprise: self.enterprise, longest: self.longest()? };
        let way = Mutex::new(self.way()?);
        Ok(Arc::new(Connected { settings: self.clone(), frame, way }))
    }

    fn files(&self) -> Vec<PathBuf> {
        self.tls.files()
    }
}

enum Way {
    Udp(Datagrams),
    Stream(Connection),
}

struct Connected {
    settings: Syslog,
    frame: Frame,
    way: Mutex<Way>,
}

#[async_trait]
impl Sink for Connected {
    fn render(&self, shown: &Shown<'_>) -> Body {
        let (alert, text) = (shown.alert, shown.text());
        let message = match self.settings.format {
            SyslogFormat::Rfc5424 => self.frame.with_fields(alert, &text),
            SyslogFormat::Json => self.frame.bare(alert, |room| short_json::in_ascii(alert, room)),
            SyslogFormat::Cef => self.frame.bare(alert, |room| cef::event(alert, &text, room)),
        };
        message.into()
    }

    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure> {
        match &mut *self.way.lock().await {
            Way::Udp(datagrams) => self.send_datagrams(datagrams, alerts).await,
            Way::Stream(connection) => {
                let bytes = framed(alerts, self.settings.framing);
                let sent = match self.settings.arrival {
                    SyslogArrival::Close => connection.send_and_close(&bytes).await,
                    SyslogArrival::Sent => connection.send(&bytes).await,
                };
                sent.map_err(|error| Failure::away(self.unreached(&error)))
            }
        }
    }

    fn batch(&self) -> usize {
        BATCH
    }
}

impl Connected {
    async fn send_datagrams(&self, datagrams: &mut Datagrams, alerts: &[Rendered]) -> Result<(), Failure> {
        for (place, alert) in alerts.iter().enumerate() {
            if let Err(error) = datagrams.send(&alert.body.bytes).await {
                let reason = self.unreached(&error);
                let later = |place| (place, Untaken::Later(reason.clone()));
                return Err(Failure::Partly((place..alerts.len()).map(later).collect()));
            }
        }
        Ok(())
    }

    fn unreached(&self, error: &io::Error) -> String {
        let Syslog { host, .. } = &self.settings;
        format!("{host} did not take messages of syslog: {error}")
    }
}

fn framed(alerts: &[Rendered], framing: SyslogFraming) -> Vec<u8> {
    let mut all = Vec::with_capacity(alerts.iter().map(|alert| alert.body.bytes.len() + 8).sum());
    for Rendered { body, .. } in alerts {
        match framing {
            SyslogFraming::OctetCounting => {
                all.extend_from_slice(format!("{} ", body.bytes.len()).as_bytes());
                all.extend_from_slice(&body.bytes);
            }
            SyslogFraming::Newline => {
                all.extend_from_slice(&body.bytes);
                all.push(b'\n');
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: serde_json::Value) -> Syslog {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn frames_tell_messages_apart() {
        let alerts: Vec<Rendered> =
            ["one", "zwölf"].map(|text| Rendered { id: String::new(), body: Body::from(text) }).into();
        assert_eq!(framed(&alerts, SyslogFraming::OctetCounting), "3 one6 zwölf".as_bytes());
        assert_eq!(framed(&alerts, SyslogFraming::Newline), "one\nzwölf\n".as_bytes());
    }

    #[test]
    fn what_does_not_go_together_is_told() {
        for (json, says) in [
            (serde_json::json!({"host": "h", "max_bytes": 100}), "max_bytes: 100 is not from 1024 to 1048576"),
            (serde_json::json!({"host": "h", "protocol": "udp", "max_bytes": 70_000}), "65507"),
            (serde_json::json!({"host": "h", "tls": {"ca": "/x"}}), "tls: is only for `protocol: tls`"),
        ] {
            let error = settings(json).connect().err().unwrap().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert!(settings(serde_json::json!({"host": "h"})).connect().is_ok());
    }
}
