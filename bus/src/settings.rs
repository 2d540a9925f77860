//! What an operator may set about the bus, and what a process adds to it.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use service::BusSettings;
use service::config::Problem;

use crate::Address;

/// Settings of the bus beside its address.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which of Saker's programs this is, as `ingest`: the name of its connections, and the part of its inboxes by
    /// which a NATS server keeps the users of different services from reading each other's answers.
    pub client: String,
    /// How long a message stays readable once every durable consumer has settled it.
    pub keep: Duration,
    /// How long a dead letter is kept.
    pub keep_dead_letters: Duration,
    /// How many bytes of events the bus may hold; of alerts half as many, of dead letters and of parts of large messages
    /// a quarter. A full stream refuses new messages rather than lose old ones.
    pub max_bytes: u64,
    /// How long an id is remembered, so that what is sent again is not stored again. API servers send again for up to
    /// half an hour.
    pub duplicate_window: Duration,
    /// Copies of each message in a NATS cluster: 1 or 3.
    pub replicas: usize,
    /// File with the JWT and the seed of a NATS user, or the seed of an nkey alone.
    pub credentials_file: Option<PathBuf>,
    /// A token for NATS.
    pub token: Option<SecretString>,
    /// TLS to NATS.
    pub tls: Tls,
    /// How long to wait for the bus to answer a publish.
    pub timeout: Duration,
}

/// TLS to NATS. With any of it set, a server that offers no TLS is refused.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// PEM file with the authorities that the server's certificate may come from; the system's where there is none.
    pub ca: Option<PathBuf>,
    /// PEM files with our certificate and its key, for a server that asks for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl Settings {
    /// Those of the section `bus:` for a program of ours.
    pub fn of(section: &BusSettings, client: &str) -> Self {
        let tls = &section.tls;
        Self {
            client: client.to_owned(),
            keep: section.keep.get(),
            keep_dead_letters: section.keep_dead_letters.get(),
            max_bytes: section.max_bytes.bytes(),
            duplicate_window: section.duplicate_window.get(),
            replicas: section.replicas,
            credentials_file: section.credentials_file.clone(),
            token: section.token.clone().map(Into::into),
            tls: Tls { ca: tls.ca.clone(), identity: tls.certificate.clone().zip(tls.key.clone()) },
            timeout: section.timeout.get(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client: "saker".to_owned(),
            keep: Duration::from_secs(24 * 60 * 60),
            keep_dead_letters: Duration::from_secs(30 * 24 * 60 * 60),
            max_bytes: 10 << 30,
            duplicate_window: Duration::from_secs(40 * 60),
            replicas: 1,
            credentials_file: None,
            token: None,
            tls: Tls::default(),
            timeout: Duration::from_secs(5),
        }
    }
}

/// What cannot be as the section `bus:` has it.
pub fn problems(section: &BusSettings) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Err(error) = section.address.expose().parse::<Address>() {
        problems.push(Problem::at("bus.address", error.to_string()));
    }
    let tls = &section.tls;
    match (&tls.certificate, &tls.key) {
        (Some(_), None) => {
            problems.push(Problem::at("bus.tls.key", "the certificate lacks its key: name that file, too"));
        }
        (None, Some(_)) => {
            problems.push(Problem::at(
                "bus.tls.certificate",
                "the key lacks its certificate: name that file, too",
            ));
        }
        _ => {}
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::BusTls;

    #[test]
    fn a_certificate_and_its_key_go_together() {
        let told = |address: &str, tls: BusTls| {
            let section = BusSettings { address: address.into(), tls, ..BusSettings::default() };
            problems(&section).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let certificate = BusTls { certificate: Some("a.pem".into()), ..BusTls::default() };
        assert!(told("nats://a", certificate.clone()).starts_with("bus.tls.key: "));
        assert_eq!(told("nats://a", BusTls { key: Some("a.key".into()), ..certificate }), "");
        let key = BusTls { key: Some("a.key".into()), ..BusTls::default() };
        let text = told("somewhere", key);
        assert!(text.contains("bus.address: ") && text.contains("bus.tls.certificate: the key"), "{text}");
    }
}
