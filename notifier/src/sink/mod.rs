//! What a sink is: settings, a pure rendering, one way to send. Everything else (consumers, retries, pauses, order) is
//! the same for all and stands in `delivery.rs`. Adding a sink is a file here and a line in `sinks!`.

mod cut;
mod facts;
mod http;
mod lines;
mod parts;
mod pattern;
mod secret_url;
mod severities;
mod short_json;
mod tls;
mod within_bytes;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::rate::Rate;
use crate::shown::Shown;

pub(crate) use http::install_tls_provider;
pub use http::{Auth, AuthError, HeaderError, Headers};
pub use lines::LineFormat;
pub use pattern::{Pattern, PatternError};
pub use secret_url::{SecretUrl, UrlError};
pub use smtp::{SmtpAuthentication, SmtpEncryption, SmtpFormat};
pub use syslog::{Facility, FacilityError, SyslogArrival, SyslogFormat, SyslogFraming, SyslogProtocol};
pub use tls::ClientTls;

/// The settings of one type of sink: what `notifier.sinks.NAME` holds beside what every sink has.
pub(crate) trait Connect {
    /// The alerts the sink takes, unless its settings say otherwise; without end where it documents no limit.
    const RATE: Option<Rate> = None;

    /// Whether what is sent is a JSON document for each alert, so that `body` may replace it.
    const TAKES_BODY: bool = false;

    /// Gets ready to send. Nothing is sent, and no connection need be there: sinks may come up later.
    ///
    /// # Errors
    /// What only the operator can mend.
    fn connect(&self) -> Result<Arc<dyn Sink>, SinkError>;

    /// The files that `connect` reads. The sink is set up anew when their contents change.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// Where alerts go.
#[async_trait]
pub(crate) trait Sink: Send + Sync {
    /// The alert as the sink takes it, within the sink's own limits; what is cut is marked. Pure.
    fn render(&self, shown: &Shown<'_>) -> Body;

    /// Sends alerts; returns once they have arrived. Sinks whose [`batch`](Sink::batch) is 1 are given one at a time.
    async fn send(&self, alerts: &[Rendered]) -> Result<(), Failure>;

    /// How many alerts the sink takes at once.
    fn batch(&self) -> usize {
        1
    }

    /// Whether a sending that takes too long may be given up and begun again. Not so where that would write twice.
    fn patience(&self) -> Patience {
        Patience::Limited
    }
}

/// How long a sink may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Up to the timeout of its settings.
    Limited,
    /// As long as it needs.
    Endless,
}

/// What is sent of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    /// The bytes.
    pub(crate) bytes: Bytes,
    /// Where they go within the sink, where that depends on the alert: a subject, an index.
    pub(crate) to: String,
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self { bytes: bytes.into(), to: String::new() }
    }
}

impl Body {
    /// The same for a place within the sink.
    pub(crate) fn to(self, to: impl Into<String>) -> Self {
        Self { to: to.into(), ..self }
    }
}

/// An alert as its sink takes it.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    /// The alert's id.
    pub(crate) id: String,
    /// What is sent.
    pub(crate) body: Body,
}

/// Why a sending failed, sorted by what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The sink cannot take alerts now: try again, not before the time it asks for.
    #[error("{reason}")]
    Away {
        /// What happened.
        reason: String,
        /// How long the sink asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The sink will never take this alert. Of several, it is found out which one that is.
    #[error("{0}")]
    Refused(String),
    /// Of several alerts the sink took all but these, by their place in what was sent.
    #[error("it did not take {} of the alerts", .0.len())]
    Partly(Vec<(usize, Untaken)>),
}

/// Why a sink that took others did not take an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Untaken {
    /// It may take it later.
    Later(String),
    /// It will never take it.
    Never(String),
}

impl Failure {
    pub(crate) fn away(reason: impl Into<String>) -> Self {
        Self::Away { reason: reason.into(), retry_after: None }
    }
}

/// A sink that cannot even be set up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(String);

/// Makes the settings of all sinks one type, told apart by their `type`.
macro_rules! sinks {
    ($($(#[$doc:meta])* $name:ident => $module:ident,)+) => {
        $(mod $module;)+
        $(pub use $module::$name;)+

        /// The types of sinks and their settings.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "type", rename_all = "lowercase")]
        pub enum SinkKind {
            $($(#[$doc])* $name($name),)+
        }

        impl SinkKind {
            /// The name of the type, as it stands in the configuration.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($module),)+
                }
            }

            /// The names of all types.
            pub const TYPES: &'static [&'static str] = &[$(stringify!($module)),+];

            /// The settings that a type has; `None` where there is no such type.
            pub(crate) fn keys(type_name: &str) -> Option<&'static [&'static str]> {
                match type_name {
                    $(stringify!($module) => Some(crate::field_names::of::<$name>()),)+
                    _ => None,
                }
            }

            pub(crate) fn connect(&self) -> Result<Arc<dyn Sink>, SinkError> {
                match self {
                    $(Self::$name(settings) => settings.connect(),)+
                }
            }

            pub(crate) fn files(&self) -> Vec<PathBuf> {
                match self {
                    $(Self::$name(settings) => settings.files(),)+
                }
            }

            /// The alerts that a sink of the type takes where its settings do not say.
            pub(crate) fn rate(&self) -> Option<Rate> {
                match self {
                    $(Self::$name(_) => <$name as Connect>::RATE,)+
                }
            }

            pub(crate) fn takes_body(&self) -> bool {
                match self {
                    $(Self::$name(_) => <$name as Connect>::TAKES_BODY,)+
                }
            }
        }
    };
}

sinks! {
    /// The standard output.
    Stdout => stdout,
    /// A file.
    File => file,
    /// Anything that takes Falco's JSON over HTTP.
    Webhook => webhook,
    /// A channel of Slack.
    Slack => slack,
    /// Alertmanagers.
    Alertmanager => alertmanager,
    /// A service of PagerDuty.
    Pagerduty => pagerduty,
    /// Grafana Loki.
    Loki => loki,
    /// Elasticsearch or OpenSearch.
    Elasticsearch => elasticsearch,
    /// A receiver of syslog.
    Syslog => syslog,
    /// Mail.
    Smtp => smtp,
    /// Subjects of a NATS server.
    Nats => nats,
}
