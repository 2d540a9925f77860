//! What an operator may set about ingest.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use service::units::{ByteSize, Span};

use crate::identity::{self, IdentitiesSettings};
use crate::redact;
use crate::tls::TlsSettings;

/// `ingest:` where the audit webhook listens and what it bears.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address and port of the webhook. On loopback unless told otherwise: whoever reaches it can inject events.
    pub listen: SocketAddr,
    /// The largest request body that is taken. API servers bound neither events nor batches; bodies of 111 MB were
    /// seen. A larger one is answered with 413.
    pub max_body: ByteSize,
    /// The largest single event that is taken. A larger one goes to the dead letters, whole, and its neighbours are
    /// taken.
    pub max_event: ByteSize,
    /// What all request bodies together may take of memory. A request that does not fit is answered with 503 at once,
    /// and the API server keeps its events for the while. Publishing takes up to four times the largest message on
    /// top.
    pub memory: ByteSize,
    /// What `Retry-After` says with a 503, in whole seconds: the API server repeats each of its five attempts ten
    /// times at this distance, so that 10s makes it hold its events for about ten minutes and 30s for half an hour.
    pub retry_after: Span,
    /// How long a request waits while the bus stores nothing of it, before it is answered with 503.
    pub publish_timeout: Span,
    /// How long a request may take altogether, from its headers to its answer. API servers hang up after 30s.
    pub request_timeout: Span,
    /// How long a request body may pause before it is answered with 408.
    pub body_timeout: Span,
    /// How long a new connection may take until its first request has arrived with all its headers.
    pub header_timeout: Span,
    /// How long a connection may lie idle between requests. API servers close theirs after 90s themselves.
    pub idle_timeout: Span,
    /// How many connections may be open; further ones wait to be accepted.
    pub max_connections: usize,
    /// How many of them one address may have; further ones are closed at once. All addresses of an IPv6 network of 64
    /// bits count as one.
    pub max_connections_per_address: usize,
    /// How many requests of one identity are in hand at a time; further ones are answered with 429, and the API server
    /// keeps their events for the while.
    pub max_requests_per_identity: usize,
    /// How connections are secured.
    pub tls: TlsSettings,
    /// Who may send, and the cluster that each speaks for, by name. Where there are none, whoever reaches the webhook
    /// may, and names the cluster in the path.
    pub identities: IdentitiesSettings,
    /// How often the files of `tls` and `identities` are looked at for changes; 0s for only on SIGHUP.
    pub reload: Span,
    /// How long requests in flight have to finish once the service is told to stop.
    pub drain: Span,
    /// Which values never reach the bus.
    pub redact: redact::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8765)),
            max_body: ByteSize::mib(256),
            max_event: ByteSize::mib(64),
            memory: ByteSize::mib(512),
            retry_after: Span::seconds(10),
            publish_timeout: Span::seconds(8),
            request_timeout: Span::seconds(25),
            body_timeout: Span::seconds(10),
            header_timeout: Span::seconds(10),
            idle_timeout: Span::seconds(120),
            max_connections: 1024,
            max_connections_per_address: 512,
            max_requests_per_identity: 256,
            tls: TlsSettings::default(),
            identities: IdentitiesSettings::new(),
            reload: Span::seconds(5),
            drain: Span::seconds(20),
            redact: redact::Settings::default(),
        }
    }
}

impl Settings {
    /// What cannot be as it is set: each a key and what to do about it.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut problems = self.zeroes();
        if self.memory < self.max_body {
            let text = format!(
                "{} is less than max_body ({}): no such body would ever fit",
                self.memory, self.max_body
            );
            problems.push(("memory".to_owned(), text));
        } else if self.identities.len() > 1 && self.memory.bytes() / 2 < self.max_body.bytes() {
            let text = format!(
                "{} is less than twice max_body ({}): with several identities, one may hold as much as it leaves to the \
                 others, and no such body would ever fit",
                self.memory, self.max_body
            );
            problems.push(("memory".to_owned(), text));
        }
        problems.extend(identity::problems(&self.identities));
        let named = self.identities.iter().find(|(_, identity)| !identity.certificate_names.is_empty());
        let named = named.map(|(name, _)| format!("identities.{name}.certificate_names"));
        problems.extend(self.tls.problems(named.as_deref(), "ingest.identities"));
        problems
    }

    fn zeroes(&self) -> Vec<(String, String)> {
        let counted = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let positive = [
            ("max_body", self.max_body.bytes()),
            ("max_event", self.max_event.bytes()),
            ("retry_after", self.retry_after.get().as_secs()),
            ("max_connections", counted(self.max_connections)),
            ("max_connections_per_address", counted(self.max_connections_per_address)),
            ("max_requests_per_identity", counted(self.max_requests_per_identity)),
        ];
        let spans = [
            ("publish_timeout", self.publish_timeout),
            ("request_timeout", self.request_timeout),
            ("body_timeout", self.body_timeout),
            ("header_timeout", self.header_timeout),
            ("idle_timeout", self.idle_timeout),
        ];
        let counts = positive.into_iter().filter(|(_, value)| *value == 0);
        let counts = counts.map(|(key, _)| (key.to_owned(), "must be 1 or more".to_owned()));
        let spans = spans.into_iter().filter(|(_, span)| span.get().is_zero());
        counts.chain(spans.map(|(key, _)| (key.to_owned(), "must not be 0".to_owned()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_problems() {
        assert_eq!(Settings::default().problems(), []);
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let wrong = Settings {
            memory: ByteSize::mib(1),
            max_event: ByteSize::new(0),
            retry_after: Span::milliseconds(500),
            body_timeout: Span::seconds(0),
            ..Settings::default()
        };
        let keys: Vec<_> = wrong.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["max_event", "retry_after", "body_timeout", "memory"]);
    }

    #[test]
    fn identities_share_the_memory_and_need_what_they_name() {
        let identities = serde_json::json!({"a": {"token_file": "/a"}, "b": {"certificate_names": ["CN=b"]}});
        let identities = serde_json::from_value(identities).unwrap();
        let settings = Settings { identities, memory: ByteSize::mib(300), ..Settings::default() };
        let keys: Vec<_> = settings.problems().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["memory", "identities.b.certificate_names"]);
    }
}
