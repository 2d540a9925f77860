//! [`Keeper`]: looks after the files of credentials while the services serve. New ones are taken all together; where
//! anything is wrong with them, those before stay.

use std::sync::Arc;
use std::time::Duration;

use service::credentials::{Files, Mark, Problem};
use service::{Looks, Reload};
use tokio::sync::watch;

use super::credentials::{Plan, Snapshot, files};
use super::settings::GrpcSettings;

/// Looks after the files of credentials.
pub(crate) struct Keeper {
    files: Files,
    plan: Plan,
    snapshots: watch::Sender<Arc<Snapshot>>,
    /// What was looked at last, good or not.
    seen: Mark,
    period: Duration,
    wishes: Reload,
}

impl Keeper {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub(crate) async fn start(settings: &GrpcSettings) -> Result<Self, Vec<Problem>> {
        let (files, plan) = (files(settings), Plan::of(settings));
        let contents = files.read().await;
        let first = plan.snapshot(&contents, 0)?;
        let (seen, period) = (contents.mark, settings.reload.get());
        let snapshots = watch::Sender::new(Arc::new(first));
        Ok(Self { files, plan, snapshots, seen, period, wishes: Reload::new() })
    }

    /// Looks also when `wishes` say so.
    pub(crate) fn heeding(self, wishes: Reload) -> Self {
        Self { wishes, ..self }
    }

    /// What is in force, now and later.
    pub(crate) fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// Goes on until it is dropped.
    pub(crate) async fn keep(mut self) {
        if self.files.is_empty() {
            return std::future::pending().await;
        }
        let mut looks = Looks::every(self.period);
        loop {
            tokio::select! {
                () = looks.next() => {}
                () = self.wishes.requested() => {}
            }
            self.look().await;
        }
    }

    async fn look(&mut self) {
        let Some(contents) = self.files.settled(self.seen).await else { return };
        if contents.mark == self.seen {
            return;
        }
        self.seen = contents.mark;
        let generation = self.snapshots.borrow().generation.saturating_add(1);
        match self.plan.snapshot(&contents, generation) {
            Ok(snapshot) => {
                let (tokens, names) = snapshot.known.as_ref().map_or((0, 0), |known| known.counts());
                tracing::info!(generation, tokens, names, "credentials of gRPC taken");
                self.snapshots.send_replace(Arc::new(snapshot));
            }
            Err(problems) => {
                let problems = listed(&problems);
                tracing::error!(
                    "the newest credentials of gRPC are rejected, those in force stay:\n{problems}"
                );
            }
        }
    }
}

/// One line for each.
pub(crate) fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|(key, text)| format!("notifier.grpc.{key}: {text}")).collect::<Vec<_>>().join("\n")
}
