//! [`Keeper`]: looks after the rules while the evaluator runs, and says when there are new ones that are good.
//!
//! The truth is the content: files are read again and again and compared, so links that are swapped, files that are
//! renamed and file systems that tell nothing make no difference.

mod follower;
mod newest;

use std::time::Duration;

use bus::Bus;
use rules::Options;
use service::{Looks, Reload};

use self::follower::{Follower, News};
use self::newest::{Mark, Newest};
use crate::in_force::Found;
use crate::monitor::Monitor;
use crate::ruleset::{Ruleset, RulesetError};
use crate::settings::{Settings, options};
use crate::sources::{has_paths, is_read_again, takes_from_bus};

/// Looks after the rules.
pub(crate) struct Keeper {
    sources: Vec<String>,
    options: Options,
    follower: Option<Follower>,
    wishes: Reload,
    looks: Looks,
    monitor: Monitor,
    /// What was looked at last, good or not.
    seen: Option<Mark>,
    /// The ruleset that was found good last.
    in_force: Option<Ruleset>,
}

/// Why the rules are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// It is time again, or the bus has something new.
    Change,
    /// Somebody asks for it and wants an answer.
    Wish,
}

impl Keeper {
    /// Of the rules that the settings name, of which `first` are loaded already.
    pub(crate) fn new(bus: &Bus, settings: &Settings, first: Option<&Ruleset>) -> Self {
        // What is read from a pipe is gone.
        let is_worth_it = has_paths(&settings.rules) && is_read_again(&settings.rules).is_ok();
        let looks = Looks::every(if is_worth_it { settings.reload.get() } else { Duration::ZERO });
        Self {
            sources: settings.rules.clone(),
            options: options(settings),
            follower: takes_from_bus(&settings.rules).then(|| Follower::start(bus.clone())),
            wishes: Reload::new(),
            looks,
            monitor: Monitor::unobserved(),
            seen: first.map(Mark::of),
            in_force: first.cloned(),
        }
    }

    /// Looks also when this says so.
    pub(crate) fn heeding(self, wishes: Reload) -> Self {
        Self { wishes, ..self }
    }

    /// Tells what it sees.
    pub(crate) fn telling(self, monitor: Monitor) -> Self {
        Self { monitor, ..self }
    }

    /// Waits for rules that are good and other than those before.
    pub(crate) async fn next(&mut self) -> Found {
        loop {
            let cause = self.woken().await;
            if let Some(found) = self.look(cause).await {
                return found;
            }
        }
    }

    async fn woken(&mut self) -> Cause {
        let Self { looks, follower, wishes, .. } = self;
        tokio::select! {
            () = looks.next() => Cause::Change,
            Some(()) = news(follower) => Cause::Change,
            () = wishes.requested() => Cause::Wish,
        }
    }

    async fn look(&mut self, cause: Cause) -> Option<Found> {
        let known = self.follower.as_ref().map_or(News::Nothing, Follower::news);
        if known == News::Unknown {
            self.monitor.waits("the bus has not said yet which rules were pushed");
            return None;
        }
        let Some(newest) = Newest::read(&self.sources, &known, self.seen).await else {
            tracing::warn!("the rule files keep changing; they are taken once they rest");
            self.wishes.request();
            return None;
        };
        let mark = newest.mark;
        if self.seen == Some(mark) && cause == Cause::Change {
            return None;
        }
        self.seen = Some(mark);
        match newest.load(&self.options).await.and_then(|found| self.with_rules(found)) {
            Ok(found) => self.good(found),
            Err(error) => {
                self.bad(&error, mark);
                None
            }
        }
    }

    /// Files that are emptied are more likely a mishap than a wish to be told nothing any more.
    fn with_rules(&self, found: Found) -> Result<Found, RulesetError> {
        let had = self.in_force.as_ref().is_some_and(|before| !before.program().rules().is_empty());
        if had && found.ruleset.program().rules().is_empty() { Err(RulesetError::NoRules) } else { Ok(found) }
    }

    fn good(&mut self, found: Found) -> Option<Found> {
        let Found { ruleset, generation } = &found;
        let (rules, digest) = (ruleset.enabled(), ruleset.digest());
        if self.in_force.as_ref().is_some_and(|before| before.digest() == digest) {
            tracing::info!(rules, ruleset = digest, "the rules are those in force");
            self.monitor.says_good(ruleset, *generation);
            return None;
        }
        ruleset.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
        tracing::info!(rules, ruleset = digest, generation, "rules taken");
        self.in_force = Some(ruleset.clone());
        Some(found)
    }

    fn bad(&self, error: &RulesetError, mark: Mark) {
        let generation = mark.generation();
        let Some(before) = &self.in_force else {
            tracing::error!(generation, "there are no rules yet, and no event is taken:\n{error}");
            self.monitor.waits(&format!("there are no good rules yet: {}", self.waiting_for(error)));
            return;
        };
        let digest = before.digest();
        tracing::error!(
            generation,
            in_force = digest,
            "the newest rules are rejected, those in force stay:\n{error}"
        );
        self.monitor.rejects(error, digest);
    }

    fn waiting_for(&self, error: &RulesetError) -> String {
        match error {
            RulesetError::Nothing if self.follower.is_some() => {
                "push some with `saker rules push`".to_owned()
            }
            other => other.first_line(),
        }
    }
}

/// `None` where the rules do not come from the bus.
async fn news(follower: &mut Option<Follower>) -> Option<()> {
    follower.as_mut()?.changed().await;
    Some(())
}
