//! Sinks that alerts still wait for although they are not configured any more: renamed, removed or switched off.

use std::collections::BTreeMap;

use bus::{Bus, ConsumerStatus, Stream};

use crate::settings::{SinkName, SinkSettings};

/// Says which sinks are abandoned. Their alerts are kept until somebody decides: they may be wanted yet.
pub(crate) async fn warn(bus: &Bus, sinks: &BTreeMap<SinkName, SinkSettings>) {
    let status = match bus.status(Stream::Alerts).await {
        Ok(status) => status,
        Err(error) => {
            tracing::debug!(%error, "cannot look for abandoned sinks");
            return;
        }
    };
    for (sink, consumer) in abandoned(&status.consumers, sinks) {
        let waiting = consumer.pending + consumer.unsettled;
        tracing::warn!(
            sink,
            waiting,
            "alerts wait for a sink that is not configured, and are kept until the bus is full: configure it again, or \
             give them up with `saker sink forget {sink}`"
        );
    }
}

/// The durable consumers of sinks that are not among these, or switched off, by the sink's name.
fn abandoned<'a>(
    consumers: &'a [ConsumerStatus],
    sinks: &BTreeMap<SinkName, SinkSettings>,
) -> Vec<(&'a str, &'a ConsumerStatus)> {
    let is_at_work = |name: &str| sinks.get(name).is_some_and(|sink| sink.delivery.enabled);
    let of_sinks =
        consumers.iter().filter_map(|consumer| Some((SinkName::of_consumer(&consumer.name)?, consumer)));
    of_sinks.filter(|(name, _)| !is_at_work(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn consumers_without_a_sink_are_abandoned() {
        let consumer = |name: &str| ConsumerStatus { name: name.into(), ..ConsumerStatus::default() };
        let consumers = [consumer("sink-gone"), consumer("sink-stdout"), consumer("of-somebody-else")];
        let mut sinks = Settings::default().sinks;
        let names = |sinks: &BTreeMap<_, _>| {
            abandoned(&consumers, sinks).iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&sinks), ["gone"]);
        sinks.values_mut().for_each(|sink| sink.delivery.enabled = false);
        assert_eq!(names(&sinks), ["gone", "stdout"]);
    }
}
