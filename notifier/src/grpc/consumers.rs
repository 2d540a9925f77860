//! [`Consumers`]: the named consumers of clients. Each identity has names of its own, so that nobody takes over
//! another's consumer.

use std::time::Duration;

use bus::{Bus, Consumer, ConsumerSpec, Stream};
use proto::alerts::v1::Alert;
use proto::alerts::v1::server_status_response::ConsumerStatus;
use tonic::Status;

use super::consume::MOST_CREDITS;
use super::refusal;
use super::viewer::Viewer;

/// What the names of their durable consumers begin with.
const PREFIX: &str = "grpc-";

/// What stands between an identity's name and its consumer's, and in neither.
const BETWEEN: &str = "--";

/// The longest name, of an identity and of a consumer.
const LONGEST: usize = 48;

/// On what terms there are named consumers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Consumers {
    max: usize,
    pub(crate) ack_wait: Duration,
}

impl Consumers {
    /// Up to so many of each identity.
    pub(crate) fn new(max: usize, ack_wait: Duration) -> Self {
        Self { max, ack_wait }
    }

    /// Joins a named consumer, making it where there is none.
    pub(crate) async fn join(
        &self,
        bus: &Bus,
        viewer: &Viewer,
        name: &str,
    ) -> Result<Consumer<Alert>, Status> {
        let durable = durable(viewer, name)?;
        let there = own(bus, viewer).await?;
        if there.len() >= self.max && !there.iter().any(|consumer| consumer.name == name) {
            return Err(Status::resource_exhausted(format!(
                "there are {} consumers already, as many as notifier.grpc.max_consumers_per_identity allows: forget one \
                 that is not needed",
                there.len()
            )));
        }
        let spec = ConsumerSpec {
            ack_wait: self.ack_wait,
            max_unsettled: usize::try_from(MOST_CREDITS).unwrap_or(usize::MAX),
            prefetch: 1,
            ..ConsumerSpec::named(durable)
        };
        bus.consume(spec).await.map_err(|error| refusal::bus(&error))
    }

    /// Removes a named consumer; says whether there was one.
    pub(crate) async fn forget(&self, bus: &Bus, viewer: &Viewer, name: &str) -> Result<bool, Status> {
        let durable = durable(viewer, name)?;
        bus.forget(Stream::Alerts, &durable).await.map_err(|error| refusal::bus(&error))
    }
}

/// The viewer's named consumers.
pub(crate) async fn own(bus: &Bus, viewer: &Viewer) -> Result<Vec<ConsumerStatus>, Status> {
    let status = bus.status(Stream::Alerts).await.map_err(|error| refusal::bus(&error))?;
    let prefix = prefix(viewer);
    let consumers = status.consumers.into_iter().filter_map(|consumer| {
        let name = consumer.name.strip_prefix(&prefix).filter(|name| is_name(name))?.to_owned();
        let bus::ConsumerStatus { pending, unsettled, redelivered, .. } = consumer;
        Some(ConsumerStatus { name, pending, unsettled, redelivered })
    });
    Ok(consumers.collect())
}

/// Whether this can name an identity or a consumer.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=LONGEST).contains(&name.len())
        && name.chars().all(fits)
        && !name.contains(BETWEEN)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn durable(viewer: &Viewer, name: &str) -> Result<String, Status> {
    if is_name(name) {
        return Ok(format!("{}{name}", prefix(viewer)));
    }
    let shown: String = name.chars().take(100).collect();
    Err(Status::invalid_argument(format!(
        "`{shown}` cannot name a consumer: use up to {LONGEST} letters, digits, `_` and single `-` between them"
    )))
}

fn prefix(viewer: &Viewer) -> String {
    viewer.name().map_or_else(|| PREFIX.to_owned(), |identity| format!("{PREFIX}{identity}{BETWEEN}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_two_identities_are_never_the_same() {
        let anybody = Viewer::anybody(1);
        assert_eq!(durable(&anybody, "archive").unwrap(), "grpc-archive");
        for name in ["", "a--b", "-a", "a-", "a.b", "ä", &"x".repeat(49)] {
            assert!(durable(&anybody, name).is_err(), "{name}");
        }
    }
}
