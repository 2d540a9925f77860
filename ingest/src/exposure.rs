//! What to warn of at the start: who may send events, and what travels in clear.

use std::net::SocketAddr;

use crate::settings::Settings;

/// Something that is allowed and should be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposure {
    Anybody,
    TokensInClear,
}

/// Warns of it.
pub(crate) fn warn(settings: &Settings, address: SocketAddr) {
    match exposure(settings, address) {
        Some(Exposure::Anybody) => tracing::warn!(
            %address,
            "whoever reaches this address can send events, in the name of any cluster: set ingest.identities, or listen on \
             127.0.0.1"
        ),
        Some(Exposure::TokensInClear) => tracing::warn!(
            %address,
            "tokens travel in clear, and whoever reads one can send events: set ingest.tls.certificate"
        ),
        None => {}
    }
}

fn exposure(settings: &Settings, address: SocketAddr) -> Option<Exposure> {
    if address.ip().to_canonical().is_loopback() {
        return None;
    }
    match (settings.identities.is_empty(), settings.tls.is_on()) {
        (true, _) => Some(Exposure::Anybody),
        (false, false) => Some(Exposure::TokensInClear),
        (false, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_to_others_is_told() {
        let mut settings = Settings::default();
        let of = |settings: &Settings, address: &str| exposure(settings, address.parse().unwrap());
        assert_eq!(of(&settings, "127.0.0.1:8765"), None);
        assert_eq!(of(&settings, "[::ffff:127.0.0.1]:8765"), None);
        assert_eq!(of(&settings, "0.0.0.0:8765"), Some(Exposure::Anybody));
        settings.identities.insert("a".into(), crate::IdentitySettings::default());
        assert_eq!(of(&settings, "[::]:8765"), Some(Exposure::TokensInClear));
        settings.tls.certificate = Some("/x".into());
        assert_eq!(of(&settings, "10.0.0.1:8765"), None);
    }
}
