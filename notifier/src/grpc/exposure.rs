//! What to warn of at the start: who may read alerts, and what travels in clear.

use super::listen::Listen;
use super::settings::GrpcSettings;

/// Something that is allowed and should be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposure {
    Anybody,
    TokensInClear,
}

/// Warns of it.
pub(crate) fn warn(settings: &GrpcSettings, listen: &Listen) {
    match exposure(settings, listen) {
        Some(Exposure::Anybody) => tracing::warn!(
            %listen,
            "whoever reaches this address can read the alerts of all clusters: set notifier.grpc.identities, or listen on \
             127.0.0.1 or a unix socket"
        ),
        Some(Exposure::TokensInClear) => tracing::warn!(
            %listen,
            "tokens and alerts travel in clear, and whoever reads a token can read alerts: set notifier.grpc.tls.certificate"
        ),
        None => {}
    }
}

fn exposure(settings: &GrpcSettings, listen: &Listen) -> Option<Exposure> {
    let Listen::Tcp(address) = listen else { return None };
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
        let mut settings = GrpcSettings::default();
        let of = |settings: &GrpcSettings, listen: &str| exposure(settings, &listen.parse().unwrap());
        assert_eq!(of(&settings, "127.0.0.1:5060"), None);
        assert_eq!(of(&settings, "unix:///x"), None);
        assert_eq!(of(&settings, "0.0.0.0:5060"), Some(Exposure::Anybody));
        settings.identities.insert("a".into(), crate::grpc::GrpcIdentitySettings::default());
        assert_eq!(of(&settings, "[::]:5060"), Some(Exposure::TokensInClear));
        settings.tls.certificate = Some("/x".into());
        assert_eq!(of(&settings, "10.0.0.1:5060"), None);
    }
}
