//! What an operator may set about the gRPC services.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::credentials::TlsSettings;
use service::units::{ByteSize, Span};

use super::identity::{self, GrpcIdentitySettings};
use super::listen::Listen;
use super::socket::SocketMode;

/// `notifier.grpc:` where programs take alerts, and what they may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpcSettings {
    /// Where the services listen. On loopback unless told otherwise: whoever reaches them can read alerts.
    pub listen: Listen,
    /// Who may connect to a unix socket: `0600` for its owner, `0660` for its group too.
    pub socket_mode: SocketMode,
    /// How many bytes of the latest alerts are kept at hand for all subscribers together. Whoever is further behind is
    /// given alerts from the bus.
    pub buffer: ByteSize,
    /// How many streams of alerts may be open.
    pub max_streams: usize,
    /// How many of them one identity may have.
    pub max_streams_per_identity: usize,
    /// How many named consumers one identity may have. Each keeps its alerts on the bus until it has settled them.
    pub max_consumers_per_identity: usize,
    /// How many connections may be open; further ones wait to be accepted.
    pub max_connections: usize,
    /// How long a stream may be silent before a sign of life is sent on it.
    pub heartbeat: Span,
    /// How long a connection may be silent before the client is asked whether it is there; it has 20 s to answer.
    pub keep_alive: Span,
    /// How long a consumer may take over an alert before it comes again.
    pub ack_wait: Span,
    /// How connections are secured.
    pub tls: TlsSettings,
    /// Who may read alerts, and which, by name. Where there are none, whoever reaches the services may read all.
    pub identities: BTreeMap<String, GrpcIdentitySettings>,
    /// How often the files of `tls` and `identities` are looked at for changes; 0s for only on SIGHUP.
    pub reload: Span,
    /// Falco's `get`: how far back it goes for a client that has not asked before.
    pub look_back: Span,
}

impl Default for GrpcSettings {
    fn default() -> Self {
        Self {
            listen: Listen::default(),
            socket_mode: SocketMode::default(),
            buffer: ByteSize::mib(32),
            max_streams: 1024,
            max_streams_per_identity: 256,
            max_consumers_per_identity: 16,
            max_connections: 1024,
            heartbeat: Span::seconds(15),
            keep_alive: Span::seconds(30),
            ack_wait: Span::seconds(60),
            tls: TlsSettings::default(),
            identities: BTreeMap::new(),
            reload: Span::seconds(5),
            look_back: Span::seconds(5 * 60),
        }
    }
}

impl GrpcSettings {
    /// What cannot be as it is set: each a key, beginning with `notifier.grpc`, and what to do about it.
    pub fn problems(&self) -> Vec<(String, String)> {
        let counts = [
            ("max_streams", self.max_streams),
            ("max_streams_per_identity", self.max_streams_per_identity),
            ("max_connections", self.max_connections),
        ];
        let spans =
            [("heartbeat", self.heartbeat), ("keep_alive", self.keep_alive), ("ack_wait", self.ack_wait)];
        let counts = counts.into_iter().filter(|(_, count)| *count == 0);
        let counts = counts.map(|(key, _)| (key, "must be 1 or more"));
        let spans = spans.into_iter().filter(|(_, span)| span.get().as_secs() == 0);
        let spans = spans.map(|(key, _)| (key, "must be 1s or more"));
        let named = self.identities.iter().find(|(_, identity)| !identity.certificate_names.is_empty());
        let named = named.map(|(name, _)| format!("identities.{name}.certificate_names"));
        let tls = self.tls.problems(named.as_deref(), "notifier.grpc.identities");
        let own = counts.chain(spans).map(|(key, text)| (key.to_owned(), text.to_owned()));
        let all = own.chain(identity::problems(&self.identities)).chain(tls);
        all.map(|(key, text)| (format!("notifier.grpc.{key}"), text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_names_its_key() {
        assert_eq!(GrpcSettings::default().problems(), []);
        let wrong =
            GrpcSettings { max_streams: 0, heartbeat: Span::milliseconds(1), ..GrpcSettings::default() };
        let keys: Vec<_> = wrong.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["notifier.grpc.max_streams", "notifier.grpc.heartbeat"]);
    }
}
