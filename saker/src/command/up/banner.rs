//! What `saker up` says when it starts.

use std::net::SocketAddr;

use evaluator::Ruleset;
use notifier::grpc::Grpc;

use crate::kubeconfig::Kubeconfig;
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
pub(super) fn text(
    settings: &Settings,
    ruleset: Option<&Ruleset>,
    (url, grpc): (&str, Option<&Grpc>),
) -> String {
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
    let grpc = grpc.map_or_else(|| "off".to_owned(), |grpc| format!("{}: `saker tail`", grpc.listens_at()));
    format!(
        "saker {version} takes audit events at {url}\n\
         \x20 bus    {bus}\n\
         \x20 rules  {rules}\n\
         \x20 sinks  {sinks}\n\
         \x20 grpc   {grpc}\n\n\
         {hand_over}",
        version = env!("CARGO_PKG_VERSION"),
        bus = settings.bus.address,
        hand_over = hand_over(&settings.ingest, url),
    )
}

/// What an API server is to be given: the kubeconfig itself, or how it is made where certificates or tokens go into it.
fn hand_over(settings: &ingest::Settings, url: &str) -> String {
    let identity = settings.identities.iter().next();
    if identity.is_none() && !settings.tls.is_on() {
        let kubeconfig = Kubeconfig::plain(format!("{url}/my-cluster")).to_string();
        let lines: String = kubeconfig.lines().map(|line| format!("  {line}\n")).collect();
        return format!(
            "For --audit-webhook-config-file of your API server (`saker kubeconfig` prints it):\n{lines}"
        );
    }
    let mut command = format!("saker kubeconfig --server {url}");
    if settings.tls.is_on() {
        command.push_str(" --ca FILE");
    }
    match identity {
        Some((_, identity)) if identity.token_file.is_some() => command.push_str(" --token-file FILE"),
        Some(_) => command.push_str(" --client-certificate FILE --client-key FILE"),
        None => {}
    }
    format!("For --audit-webhook-config-file of your API servers, with their own files:\n  {command}\n")
}
