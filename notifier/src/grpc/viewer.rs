//! [`Viewer`]: who asks, and what they may see.

use std::sync::Arc;

use proto::alerts::v1::Alert;
use tokio::sync::Semaphore;

use super::identity::GrpcIdentitySettings;
use super::pattern::Pattern;
use super::wanted::{any, in_namespace};

/// Who asks, and what they may see.
#[derive(Debug)]
pub(crate) struct Viewer {
    name: Option<String>,
    clusters: Vec<Pattern>,
    namespaces: Vec<Pattern>,
    /// How many streams they may have open still.
    pub(crate) streams: Arc<Semaphore>,
}

impl Viewer {
    /// Whoever it is, with so many streams; may see everything.
    pub(crate) fn anybody(max_streams: usize) -> Self {
        Self { name: None, clusters: Vec::new(), namespaces: Vec::new(), streams: slots(max_streams) }
    }

    /// A known client, with so many streams; may see what its settings say.
    pub(crate) fn identity(name: &str, settings: &GrpcIdentitySettings, max_streams: usize) -> Self {
        Self {
            name: Some(name.to_owned()),
            clusters: settings.clusters.clone(),
            namespaces: settings.namespaces.clone(),
            streams: slots(max_streams),
        }
    }

    /// The identity's name, where identities are set.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the alert is of a cluster and a namespace that they may see. An alert that does not say its namespace is
    /// of none.
    pub(crate) fn may_see(&self, alert: &Alert) -> bool {
        any(&self.clusters, &alert.cluster) && in_namespace(&self.namespaces, alert)
    }
}

fn slots(count: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))
}
