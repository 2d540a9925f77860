//! `saker sink list`: a row for each sink.

use std::collections::BTreeMap;
use std::io::{self, Write};

use bus::{Bus, ConsumerStatus, Stream};
use notifier::{Moment, SinkName, sink_status};
use proto::notifier::v1::SinkStatus;

use super::{SinkError, say};
use crate::command::table::{one_line, table};

const HEAD: [&str; 8] = ["SINK", "STATE", "WAITING", "UNDER WAY", "DELIVERED", "RETRIED", "NOT TOLD", "DEAD"];

/// A longer reason is cut: logs have it whole.
const LONGEST_REASON: usize = 200;

/// Prints the sinks that the bus knows.
pub(super) async fn print(bus: &Bus) -> Result<(), SinkError> {
    let consumers = bus.status(Stream::Alerts).await?.consumers;
    let consumers: BTreeMap<String, ConsumerStatus> = consumers
        .into_iter()
        .filter_map(|consumer| Some((SinkName::of_consumer(&consumer.name)?.to_owned(), consumer)))
        .collect();
    if consumers.is_empty() {
        return say("no sink has been served yet");
    }
    let known = sink_status(bus).await?;
    let status = |name: &String| known.get(name).cloned().unwrap_or_default();
    let rows: Vec<_> = consumers.iter().map(|(name, consumer)| row(name, consumer, &status(name))).collect();
    io::stdout().lock().write_all(table(HEAD, &rows).as_bytes())?;
    consumers.keys().filter_map(|name| failure(name, &status(name))).try_for_each(|line| say(&line))
}

fn row(name: &str, consumer: &ConsumerStatus, status: &SinkStatus) -> [String; 8] {
    let count = |results: &[&str]| {
        let counts = results.iter().filter_map(|result| status.results.get(*result));
        counts.sum::<u64>().to_string()
    };
    let state = match status {
        SinkStatus { resting: true, .. } => "failing",
        SinkStatus { delivered_unix_nanos: 0, .. } => "idle",
        _ => "ok",
    };
    [
        name.to_owned(),
        state.to_owned(),
        consumer.pending.to_string(),
        consumer.unsettled.to_string(),
        count(&["delivered"]),
        count(&["failed"]),
        count(&["withheld", "unrouted", "silenced", "grouped"]),
        count(&["refused", "gave-up"]),
    ]
}

/// Why a sink last failed, where it did.
fn failure(name: &str, status: &SinkStatus) -> Option<String> {
    if status.failed_unix_nanos == 0 {
        return None;
    }
    let reason: String = one_line(&status.failure).chars().take(LONGEST_REASON).collect();
    Some(format!("{name} last failed at {}: {reason}", Moment::from_unix_nanos(status.failed_unix_nanos)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_row_says_what_became_of_all_alerts() {
        let results = [
            ("delivered", 5),
            ("failed", 2),
            ("grouped", 30),
            ("silenced", 4),
            ("refused", 1),
            ("gave-up", 2),
        ];
        let results: HashMap<String, u64> =
            results.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        let consumer = ConsumerStatus { pending: 7, unsettled: 3, ..ConsumerStatus::default() };
        let status = SinkStatus { results, delivered_unix_nanos: 1, ..SinkStatus::default() };
        assert_eq!(row("ops", &consumer, &status), ["ops", "ok", "7", "3", "5", "2", "34", "3"]);
        assert_eq!(failure("ops", &status), None);
        let failed = SinkStatus {
            resting: true,
            failed_unix_nanos: 1_000_000_000,
            failure: "it answered 500\nno".to_owned(),
            ..SinkStatus::default()
        };
        assert_eq!(row("ops", &consumer, &failed)[1], "failing");
        assert_eq!(
            failure("ops", &failed).unwrap(),
            "ops last failed at 1970-01-01T00:00:01Z: it answered 500 no"
        );
    }
}
