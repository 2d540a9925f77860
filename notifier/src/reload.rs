//! Settings that change while the notifier runs: looked at again and again, and compared by what they hold.
//!
//! What is compared is the settings as they were read, secrets and the files that sinks read included, so that it makes no
//! difference how a file was replaced.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use service::config::Problems;
use service::{Looks, Reload};

use crate::monitor::Monitor;
use crate::settings::{Settings, SinkSettings};

/// Reads the settings anew.
pub(crate) type Load = Arc<dyn Fn() -> Result<Settings, Problems> + Send + Sync>;

/// What the files that a sink reads hold.
pub(crate) type Contents = BTreeMap<PathBuf, Option<blake3::Hash>>;

/// What the files of a sink hold now; `None` for one that cannot be read.
pub(crate) fn contents(sink: &SinkSettings) -> Contents {
    let hash = |path: &PathBuf| std::fs::read(path).ok().map(|bytes| blake3::hash(&bytes));
    sink.kind.files().into_iter().map(|path| (path.clone(), hash(&path))).collect()
}

/// Looks for changes of the settings.
pub(crate) struct Watcher {
    load: Option<Load>,
    wishes: Reload,
    looks: Looks,
    monitor: Monitor,
    /// What was found last, good or not.
    seen: Option<Seen>,
}

#[derive(Debug, PartialEq)]
enum Seen {
    Good(Box<(Settings, Vec<Contents>)>),
    Bad(String),
}

impl Watcher {
    /// For settings that were read before.
    pub(crate) fn new(load: Option<Load>, wishes: Reload, first: &Settings, monitor: Monitor) -> Self {
        let looks = Looks::every(first.reload.get());
        Self { load, wishes, looks, monitor, seen: Some(Seen::of(first.clone())) }
    }

    /// Waits for settings that are other than those before, and good.
    pub(crate) async fn next(&mut self) -> Settings {
        loop {
            let Self { wishes, looks, .. } = self;
            tokio::select! {
                () = looks.next() => {}
                () = wishes.requested() => {}
            }
            if let Some(settings) = self.look().await {
                return settings;
            }
        }
    }

    async fn look(&mut self) -> Option<Settings> {
        let load = Arc::clone(self.load.as_ref()?);
        let found = tokio::task::spawn_blocking(move || match load() {
            Ok(settings) => Seen::of(settings),
            Err(problems) => Seen::Bad(problems.to_string()),
        });
        let found = found.await.ok()?;
        if self.seen.as_ref() == Some(&found) {
            return None;
        }
        let new = match &found {
            Seen::Good(good) => Some(good.0.clone()),
            Seen::Bad(problems) => {
                tracing::error!(
                    "the settings have mistakes and are not taken; those before stay in force:\n{problems}"
                );
                self.monitor.settings_refused(problems);
                None
            }
        };
        self.seen = Some(found);
        new
    }
}

impl Seen {
    fn of(settings: Settings) -> Self {
        let contents = settings.sinks.values().map(contents).collect();
        Self::Good(Box::new((settings, contents)))
    }
}
