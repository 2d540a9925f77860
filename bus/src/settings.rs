//! What an operator may set about the bus.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// Settings of the bus beside its address.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a message stays readable once every durable consumer has settled it.
    pub keep: Duration,
    /// How long a dead letter is kept.
    pub keep_dead_letters: Duration,
    /// How many bytes a stream may hold. A full stream refuses new messages rather than lose old ones.
    pub max_bytes: u64,
    /// How long an id is remembered, so that what is sent again is not stored again. API servers send again for up to
    /// half an hour.
    pub duplicate_window: Duration,
    /// Copies of each message in a NATS cluster: 1 or 3.
    pub replicas: usize,
    /// File with the JWT and the seed of a NATS user.
    pub credentials_file: Option<PathBuf>,
    /// A token for NATS.
    pub token: Option<SecretString>,
    /// How long to wait for the bus to answer a publish.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(24 * 60 * 60),
            keep_dead_letters: Duration::from_secs(30 * 24 * 60 * 60),
            max_bytes: 10 << 30,
            duplicate_window: Duration::from_secs(40 * 60),
            replicas: 1,
            credentials_file: None,
            token: None,
            timeout: Duration::from_secs(5),
        }
    }
}
