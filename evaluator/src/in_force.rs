//! The rules in force: one value that is replaced as a whole.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::watch;

use crate::monitor::Monitor;
use crate::ruleset::Ruleset;

/// Rules that were found good, and where they come from.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) ruleset: Ruleset,
    /// That of the rules on the bus, where they are among them.
    pub(crate) generation: Option<u64>,
}

/// A ruleset at work, with a counter for each rule.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) ruleset: Ruleset,
    pub(crate) matches: Vec<Counter>,
}

/// Whoever replaces the rules.
#[derive(Debug)]
pub(crate) struct Changing {
    active: watch::Sender<Arc<Active>>,
    monitor: Monitor,
}

/// Whoever works with them.
#[derive(Debug, Clone)]
pub(crate) struct InForce(watch::Receiver<Arc<Active>>);

impl Active {
    pub(crate) fn new(found: Found, monitor: &Monitor) -> Arc<Self> {
        let matches = monitor.takes(&found.ruleset, found.generation);
        Arc::new(Self { ruleset: found.ruleset, matches })
    }
}

impl Changing {
    /// Begins with these.
    pub(crate) fn new(found: Found, monitor: Monitor) -> (Self, InForce) {
        let (active, in_force) = watch::channel(Active::new(found, &monitor));
        (Self { active, monitor }, InForce(in_force))
    }

    /// Puts others in their place.
    pub(crate) fn replace(&self, found: Found) {
        self.active.send_replace(Active::new(found, &self.monitor));
    }
}

impl InForce {
    /// Those in force now.
    pub(crate) fn now(&self) -> Arc<Active> {
        Arc::clone(&self.0.borrow())
    }

    /// Those in force now, if they are others than these.
    pub(crate) fn others_than(&self, active: &Arc<Active>) -> Option<Arc<Active>> {
        let now = self.now();
        (!Arc::ptr_eq(&now, active)).then_some(now)
    }
}
