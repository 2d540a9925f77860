//! What `saker up` says when it starts.

use std::net::SocketAddr;

use evaluator::Ruleset;

use crate::kubeconfig::Kubeconfig;
use crate::settings::Settings;

/// The webhook as an API server reaches it: by the machine's name where it listens on all addresses.
pub(super) fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://{}:{}/k8s_audit", evaluator::hostname(), address.port())
    } else {
        format!("http://{address}/k8s_audit")
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
    let kubeconfig: String = Kubeconfig::plain(format!("{url}/my-cluster"))
        .to_string()
        .lines()
        .map(|line| format!("  {line}\n"))
        .collect();
    format!(
        "saker {version} takes audit events at {url}\n\
         \x20 bus    {bus}\n\
         \x20 rules  {rules}\n\
         \x20 sinks  {sinks}\n\n\
         For --audit-webhook-config-file of your API server (`saker kubeconfig` prints it):\n{kubeconfig}",
        version = env!("CARGO_PKG_VERSION"),
        bus = settings.bus.address,
    )
}
