//! How we connect to NATS: who we are, over which TLS, and how often to try again.

use std::path::Path;
use std::time::Duration;

use async_nats::{ConnectError, ConnectErrorKind, ConnectOptions};
use secrecy::ExposeSecret;

use super::backoff::jittered;
use super::user::User;
use crate::{BusError, Settings, Tls};

/// How soon a peer that went away without a word is missed.
const PING_INTERVAL: Duration = Duration::from_secs(10);

/// What to connect with. The inboxes have the name of our program in them, so that a server can permit each user its own
/// alone.
pub(super) async fn options(settings: &Settings, user: Option<User>) -> Result<ConnectOptions, BusError> {
    let mut options = ConnectOptions::new()
        .name(&settings.client)
        .custom_inbox_prefix(format!("_INBOX.{}", settings.client))
        .connection_timeout(settings.timeout)
        .request_timeout(Some(settings.timeout))
        .ping_interval(PING_INTERVAL)
        .max_reconnects(None)
        .reconnect_delay_callback(reconnect_delay);
    if let Some(token) = &settings.token {
        options = options.token(token.expose_secret().to_owned());
    }
    match user {
        Some(User { name, password: Some(password) }) => options = options.user_and_password(name, password),
        Some(User { name: token, password: None }) => options = options.token(token),
        None => {}
    }
    options = with_tls(options, &settings.tls).await?;
    match &settings.credentials_file {
        None => Ok(options),
        Some(file) => with_credentials(options, file).await,
    }
}

/// Why the server cannot be connected to, and what to do about it where time does not mend it.
pub(super) fn refused(error: &ConnectError) -> BusError {
    refused_for(error, "bus.")
}

/// As [`refused`], where the settings stand in the section `section`.
pub(super) fn refused_for(error: &ConnectError, section: &str) -> BusError {
    let text = format!("cannot connect to NATS: {error}");
    let hint = if text.contains("invalid peer certificate") {
        format!(
            "{section}tls.ca must name the authority that signed the server's certificate, and {section}address a host \
             in it"
        )
    } else if text.contains("received corrupt message") {
        format!("the server speaks no TLS: set `tls {{ … }}` in its configuration, or leave {section}tls out")
    } else if text.contains("received fatal alert") {
        format!(
            "the server does not take our certificate: set {section}tls.certificate and {section}tls.key to one that it \
             does"
        )
    } else {
        return match error.kind() {
            ConnectErrorKind::TimedOut | ConnectErrorKind::Io | ConnectErrorKind::Dns => {
                BusError::Unavailable(text)
            }
            _ => BusError::Setup(text),
        };
    };
    BusError::Setup(format!("{text}; {hint}"))
}

/// The files are looked at here, since the client library reads them with each connection and then tells too little.
async fn with_tls(mut options: ConnectOptions, tls: &Tls) -> Result<ConnectOptions, BusError> {
    if let Some(ca) = &tls.ca {
        check_pem(ca, "CERTIFICATE", "certificate").await?;
        options = options.require_tls(true).add_root_certificates(ca.clone());
    }
    if let Some((certificate, key)) = &tls.identity {
        check_pem(certificate, "CERTIFICATE", "certificate").await?;
        check_pem(key, "PRIVATE KEY", "private key").await?;
        options = options.require_tls(true).add_client_certificate(certificate.clone(), key.clone());
    }
    Ok(options)
}

/// Whether the file has a section of PEM whose label ends in `label`.
async fn check_pem(file: &Path, label: &str, what: &str) -> Result<(), BusError> {
    let place = file.display();
    let text = tokio::fs::read_to_string(file)
        .await
        .map_err(|error| BusError::Setup(format!("{place} cannot be used for TLS to NATS: {error}")))?;
    let end = format!("{label}-----");
    if text.lines().any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(&end)) {
        Ok(())
    } else {
        Err(BusError::Setup(format!("{place} holds no {what} in PEM, which TLS to NATS needs there")))
    }
}

/// A file as `nsc` makes it, with a JWT and a seed; or one with the seed of an nkey alone.
async fn with_credentials(options: ConnectOptions, file: &Path) -> Result<ConnectOptions, BusError> {
    let unusable = |error: std::io::Error| {
        BusError::Setup(format!("the credentials for NATS in {} cannot be used: {error}", file.display()))
    };
    let text = tokio::fs::read_to_string(file).await.map_err(unusable)?;
    if text.contains("NATS USER JWT") {
        return options.credentials(&text).map_err(unusable);
    }
    Ok(options.nkey(text.trim().to_owned()))
}

fn reconnect_delay(attempts: usize) -> Duration {
    let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
    jittered(Duration::from_millis(50).saturating_mul(attempts).min(Duration::from_secs(2)))
}
