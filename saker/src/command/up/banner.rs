//! What `saker up` says when it starts.

use std::net::SocketAddr;

use evaluator::Ruleset;

use crate::kubeconfig::kubeconfig;
use crate::settings::Settings;

/// The webhook as an API server reaches it: by the machine's name where it listens on all addresses.
pub(super) fn url(settings: &ingest::Settings, address: SocketAddr) -> String {
    let scheme = if settings.tls.is_on() { "https" } else { "http" };
    if address.ip().is_unspecified() {
        format!("{scheme}://{}:{}/k8s_audit", evaluator::hostname(), address.port())
    } else {
        format!("{scheme}://{address}/k8s_audit")
    }
}

/// Where it listens, what it holds, whom it tells, and what to hand to an API server.
pub(super) fn text(settings: &Settings, ruleset: Option<&Ruleset>, url: &str) -> String {
    let sources = settings.evaluator.rules.join(", ");
    let rules = ruleset.map_or_else(
        || format!("from {sources}, once the bus has told which were pushed (`saker rules pushed`)"),
        |ruleset| {
            let (enabled, all) = (ruleset.enabled(), ruleset.program().rules().len());
            format!("{enabled} enabled of {all} from {sources}; digest {}", ruleset.digest())
        },
    );
    let sinks = settings.notifier.sinks.iter().filter(|(_, sink)| sink.delivery.enabled);
    let sinks: Vec<String> = sinks.map(|(name, _)| name.to_string()).collect();
    let sinks = if sinks.is_empty() { "none: nobody is told".to_owned() } else { sinks.join(", ") };
    let identity = settings.ingest.identities.iter().next();
    let cluster = identity.map_or("my-cluster", |(name, identity)| identity.cluster_or(name));
    let kubeconfig: String =
        kubeconfig(&format!("{url}/{cluster}")).lines().map(|line| format!("  {line}\n")).collect();
    let credential = identity.map_or_else(String::new, |(name, _)| {
        format!("  # Its user needs the credential of identity {name}: see docs/identity.md.\n")
    });
    format!(
        "saker {version} takes audit events at {url}\n\
         \x20 bus    {bus}\n\
         \x20 rules  {rules}\n\
         \x20 sinks  {sinks}\n\n\
         For --audit-webhook-config-file of your API server (`saker kubeconfig` prints it):\n{kubeconfig}{credential}",
        version = env!("CARGO_PKG_VERSION"),
        bus = settings.bus.address,
    )
}
