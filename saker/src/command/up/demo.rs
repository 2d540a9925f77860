//! `--demo`: recorded events, posted to the webhook as an API server would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bus::{Bus, BusError, Stream};
use service::Shutdown;
use tokio::time::{Instant, sleep};

use super::say;
use crate::command::send;

/// Recorded events, one a line.
const EVENTS: &[u8] = include_bytes!("../../../demo/events.jsonl");
/// The label of their alerts.
const CLUSTER: &str = "demo";
/// How long the line may take over them.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no demonstration.
pub(super) const NOT_LET_IN: &str = "--demo posts over plain HTTP and without a credential: leave it out, or ingest.tls and \
                                     ingest.identities";

/// Whether such posts are taken.
pub(super) fn is_let_in(settings: &ingest::Settings) -> bool {
    !settings.tls.is_on() && settings.identities.is_empty()
}

/// Posts the events, waits until they are through, and says how to go on.
pub(super) async fn run(address: SocketAddr, bus: Bus, shutdown: Shutdown) {
    let url = format!("http://{}/k8s_audit/{CLUSTER}", reachable(address));
    tokio::select! {
        () = shutdown.requested() => {}
        () = play(&url, &bus) => {}
    }
}

async fn play(url: &str, bus: &Bus) {
    let sent = match send::fresh(EVENTS, url).await {
        Ok(sent) => sent,
        Err(error) => return say(&format!("demo: {error}")),
    };
    let outcome = match through(bus).await {
        Ok(true) => "the alerts stand above",
        Ok(false) => "the alerts are still coming",
        Err(error) => return say(&format!("demo: {error}")),
    };
    say(&format!(
        "demo: posted {sent} recorded events, {outcome}. Go on with the kubeconfig above, or with \
         `saker send FILE --to {url} --fresh`; Ctrl-C stops"
    ));
}

/// Waits until every event is evaluated and every sink has its alerts; `false` where that takes too long.
async fn through(bus: &Bus) -> Result<bool, BusError> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if is_settled(bus, Stream::Events).await? && is_settled(bus, Stream::Alerts).await? {
            return Ok(true);
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(false)
}

async fn is_settled(bus: &Bus, stream: Stream) -> Result<bool, BusError> {
    let consumers = bus.status(stream).await?.consumers;
    Ok(!consumers.is_empty() && consumers.iter().all(|consumer| consumer.pending + consumer.unsettled == 0))
}

/// An address to connect to, where the one to listen on means all.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
