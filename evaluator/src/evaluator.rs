//! [`Evaluator`]: the evaluator as a whole: workers that judge, and a keeper that sees to their rules.

use std::num::NonZero;
use std::thread::available_parallelism;

use bus::Bus;
use service::{Reload, Shutdown};

use crate::evaluate::Rules;
use crate::in_force::{Changing, Found};
use crate::monitor::Monitor;
use crate::reload::Keeper;
use crate::ruleset::Ruleset;
use crate::run::{EvaluatorError, hostname, run_judges};
use crate::settings::Settings;

/// Holds the rules against the events on the bus.
pub struct Evaluator {
    bus: Bus,
    settings: Settings,
    first: Option<Ruleset>,
    reload: Reload,
    monitor: Monitor,
}

impl Evaluator {
    /// On this bus, with the rules that were loaded at the start ([`Ruleset::at_start`]); without, it waits for rules
    /// from the bus and takes no event before.
    pub fn new(bus: Bus, settings: Settings, first: Option<Ruleset>) -> Self {
        Self { bus, settings, first, reload: Reload::new(), monitor: Monitor::unobserved() }
    }

    /// Looks for changed rules when this says so, too.
    #[must_use]
    pub fn reloading_on(self, reload: Reload) -> Self {
        Self { reload, ..self }
    }

    /// Tells how it is.
    #[must_use]
    pub fn telling(self, monitor: Monitor) -> Self {
        Self { monitor, ..self }
    }

    /// Works until a stop is requested.
    ///
    /// # Errors
    /// Where the bus fails for good.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), EvaluatorError> {
        let Self { bus, settings, first, reload, monitor } = self;
        let keeper = Keeper::new(&bus, &settings, first.as_ref());
        let mut keeper = keeper.heeding(reload).telling(monitor.clone());
        let found = match first {
            Some(ruleset) => Found { ruleset, generation: None },
            None => tokio::select! {
                found = keeper.next() => found,
                () = shutdown.requested() => return Ok(()),
            },
        };
        let workers =
            settings.workers.unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get)).max(1);
        let (enabled, digest) = (found.ruleset.enabled(), found.ruleset.digest());
        tracing::info!(workers, rules = enabled, ruleset = digest, "evaluating events");
        let (changing, in_force) = Changing::new(found, monitor.clone());
        let mut keeping = tokio::spawn(async move {
            loop {
                changing.replace(keeper.next().await);
            }
        });
        let hostname = settings.hostname.clone().unwrap_or_else(hostname);
        let rules = Rules::new(in_force, &hostname);
        let judges = (0..workers).map(|_| rules.judge()).collect();
        let result = tokio::select! {
            result = run_judges(bus, judges, &settings, monitor.work, shutdown) => result,
            // It ends only by a panic. To go on with rules that nobody looks after would be to go on blindly.
            Err(died) = &mut keeping => Err(EvaluatorError::Keeper(died)),
        };
        keeping.abort();
        result
    }
}
