//! The sections of the configuration that every process has: `bus`, `log`, `admin` and `traces`.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::telemetry::LogLevel;
use crate::units::{ByteSize, Span};
use crate::{Endpoint, Secret};

/// `bus:` where the bus is and how it keeps messages. `bus: ADDRESS` is short for `bus: {address: ADDRESS}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusSettings {
    /// `local:DIR`, a durable store that one process at a time opens, or `nats://HOST:PORT`, several servers separated
    /// by commas.
    pub address: Endpoint,
    /// How long a message stays readable once every consumer has settled it.
    pub keep: Span,
    /// How long a dead letter is kept.
    pub keep_dead_letters: Span,
    /// How many bytes a stream may hold. A full stream refuses new messages rather than lose old ones.
    pub max_bytes: ByteSize,
    /// How long the id of a message is remembered, so that what is sent again is not stored again. API servers send
    /// again for up to half an hour.
    pub duplicate_window: Span,
    /// NATS: copies of each message, 1 or 3.
    pub replicas: usize,
    /// NATS: file with the JWT and the seed of a user.
    pub credentials_file: Option<PathBuf>,
    /// NATS: a token.
    pub token: Option<Secret>,
    /// NATS: TLS to the server.
    pub tls: BusTls,
    /// How long to wait for the bus to store a message.
    pub timeout: Span,
}

/// `bus.tls:` TLS to a NATS server. With any of it set, a server that offers no TLS is refused; an address that begins
/// with `tls://` asks for TLS as well.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusTls {
    /// PEM file with the authorities that the server's certificate may come from; the system's where there is none.
    pub ca: Option<PathBuf>,
    /// PEM file with our certificate, for a server that asks for one.
    pub certificate: Option<PathBuf>,
    /// PEM file with the key of that certificate.
    pub key: Option<PathBuf>,
}

/// `log:` what is logged, on stderr. `log: LEVEL` is short for `log: {level: LEVEL}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug` or `trace` for Saker's own crates, all others at `warn`; or directives as
    /// `info,bus=debug`, which then stand alone.
    pub level: LogLevel,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// `admin:` where health and metrics are served. `admin: ADDRESS` is short for `admin: {listen: ADDRESS}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdminSettings {
    /// Address and port of `/livez`, `/readyz`, `/healthz` and `/metrics`; they are not served where none is set.
    pub listen: Option<SocketAddr>,
}

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for BusSettings {
    fn default() -> Self {
        Self {
            address: "nats://127.0.0.1:4222".into(),
            keep: Span::seconds(24 * 60 * 60),
            keep_dead_letters: Span::seconds(30 * 24 * 60 * 60),
            max_bytes: ByteSize::gib(10),
            duplicate_window: Span::seconds(40 * 60),
            replicas: 1,
            credentials_file: None,
            token: None,
            tls: BusTls::default(),
            timeout: Span::seconds(5),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { level: LogLevel::default(), format: LogFormat::Text }
    }
}
