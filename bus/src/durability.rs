//! [`Durability`]: what it is worth on this bus that a message is acknowledged, said once at the start of a service.

use std::fmt;

/// Where a message is once it is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On the disk of this machine, in a directory.
    Synced(String),
    /// With one NATS server, which does not say whether it waits for its disk.
    OneServer,
    /// With one node of a NATS cluster of that name.
    OneOfCluster(String),
    /// With a majority of so many nodes of a NATS cluster, and those that are known by now.
    Replicated(usize, Vec<String>),
}

impl Durability {
    /// Whether a loss of power, or of one machine, may lose what was acknowledged.
    pub(crate) fn is_doubtful(&self) -> bool {
        matches!(self, Self::OneServer | Self::OneOfCluster(_))
    }

    /// Says it in the log.
    pub(crate) fn tell(&self) {
        if self.is_doubtful() {
            tracing::warn!("{self}");
        } else {
            tracing::info!("{self}");
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Synced(directory) => write!(
                f,
                "acknowledged means: synced to the disk of this machine, in {directory}; a loss of power loses nothing, a loss \
                 of the disk everything"
            ),
            Self::OneServer => write!(
                f,
                "acknowledged means: taken by one NATS server. Unless it has `sync_interval: always`, which it does not tell \
                 its clients, a loss of power loses what it had not synced, two minutes by default: see docs/nats.md"
            ),
            Self::OneOfCluster(cluster) => write!(
                f,
                "acknowledged means: taken by one node of the NATS cluster {cluster}, and kept there only, since bus.replicas \
                 is 1: without that node nothing goes on, and unless it has `sync_interval: always` its loss of power loses \
                 what it had not synced. Set bus.replicas: 3, and see docs/nats.md"
            ),
            Self::Replicated(count, nodes) => write!(
                f,
                "acknowledged means: taken by {} of {} replicas, on the NATS nodes {}; any one of them may be lost, where they \
                 are on machines of their own",
                count / 2 + 1,
                count,
                if nodes.len() < *count {
                    format!("{} and others that are still joining", nodes.join(", "))
                } else {
                    nodes.join(", ")
                }
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_plainly() {
        let nodes = ["n1", "n2", "n3"].map(String::from).to_vec();
        let all = [
            (Durability::Synced("./data".into()), false, "synced to the disk of this machine, in ./data"),
            (Durability::OneServer, true, "`sync_interval: always`, which it does not tell"),
            (Durability::OneOfCluster("saker".into()), true, "Set bus.replicas: 3"),
            (
                Durability::Replicated(3, vec!["n1".into()]),
                false,
                "nodes n1 and others that are still joining",
            ),
            (
                Durability::Replicated(3, nodes),
                false,
                "taken by 2 of 3 replicas, on the NATS nodes n1, n2, n3",
            ),
        ];
        for (durability, is_doubtful, said) in all {
            assert_eq!(durability.is_doubtful(), is_doubtful, "{durability}");
            assert!(durability.to_string().contains(said), "{durability}");
        }
    }
}
