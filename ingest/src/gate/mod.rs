//! [`Gate`]: who is let in, as the files of credentials stand now. Each request is held against the newest ones, on
//! connections too that are older than they are.

mod caller;
mod keeper;
mod snapshot;

use std::sync::Arc;
use std::time::SystemTime;

use axum::http::HeaderMap;
use tokio::sync::watch;

pub(crate) use caller::Caller;
pub(crate) use keeper::{Keeper, listed};
pub(crate) use service::credentials::Problem;
pub(crate) use snapshot::Snapshot;

use crate::cluster::{Cluster, ClusterError};
use crate::complaints::{Complaints, Unsaid};
use crate::identity::{Credentials, Identity, InHand, bearer};
use crate::memory::Holder;
use crate::refusal::Refusal;
use crate::settings::Settings;

/// Lets requests in; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    now: watch::Receiver<Arc<Snapshot>>,
    complaints: Complaints,
    max_requests: usize,
    retry_after: u64,
}

/// A request that is let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The cluster whose events it holds.
    pub(crate) cluster: Cluster,
    identity: Option<(Arc<Identity>, InHand)>,
}

impl Gate {
    /// One that goes by what the keeper finds.
    pub(crate) fn new(keeper: &Keeper, settings: &Settings, complaints: Complaints) -> Self {
        Self {
            now: keeper.snapshots(),
            complaints,
            max_requests: settings.max_requests_per_identity,
            retry_after: settings.retry_after.get().as_secs(),
        }
    }

    /// What is in force now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.now.borrow())
    }

    /// Lets a request in, or says why not. `path`: the cluster that its path names, where it names one.
    pub(crate) fn admit(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        path: Result<Option<Cluster>, ClusterError>,
    ) -> Result<Admitted, Refusal> {
        self.judge(caller, headers, path).inspect_err(|refusal| {
            if let Some(unsaid) = self.may_complain(refusal) {
                let (peer, status, code) = (caller.address, refusal.status().as_u16(), refusal.code());
                tracing::warn!(%peer, status, code, unsaid = unsaid.count(), why = %refusal, "turned a request away");
            }
        })
    }

    /// Whether the log may tell of one more such refusal.
    pub(crate) fn may_complain(&self, refusal: &Refusal) -> Option<Unsaid> {
        self.complaints.may_say(refusal.code())
    }

    fn judge(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        path: Result<Option<Cluster>, ClusterError>,
    ) -> Result<Admitted, Refusal> {
        let snapshot = self.snapshot();
        let Some(identities) = &snapshot.identities else {
            return Ok(Admitted { cluster: path?.unwrap_or_default(), identity: None });
        };
        let certificate = caller.certificate(&snapshot, SystemTime::now());
        let identity = identities.resolve(Credentials { bearer: bearer(headers), certificate })?;
        let cluster = identity.cluster_for(path?.as_ref())?;
        let in_hand = identity.usage.begin().ok_or_else(|| self.too_many(identity))?;
        Ok(Admitted { cluster, identity: Some((Arc::clone(identity), in_hand)) })
    }

    fn too_many(&self, identity: &Identity) -> Refusal {
        let (limit, retry_after) = (self.max_requests, self.retry_after);
        Refusal::TooManyRequests { identity: identity.name.clone(), limit, retry_after }
    }
}

impl Admitted {
    /// On whose account its body takes memory.
    pub(crate) fn holder(&self) -> Option<&Holder> {
        self.identity.as_ref().and_then(|(identity, _)| identity.usage.memory())
    }
}
