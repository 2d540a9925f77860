//! [`Monitor`]: what the evaluator tells of itself, as health and as metrics.

mod work;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use service::admin::{Admin, Part, State};

pub(crate) use self::work::{Went, Work};
use crate::ruleset::{Ruleset, RulesetError};

/// What the evaluator tells of itself; cheap to clone.
#[derive(Debug, Clone)]
pub struct Monitor {
    health: Part,
    /// What becomes of chunks and alerts.
    pub(crate) work: Work,
    rulesets: Family<RulesetLabels, Gauge>,
    rules: Gauge,
    matches: Family<RuleLabels, Counter>,
    /// The rules that have a counter.
    counted: Arc<Mutex<HashSet<String>>>,
    reloads: Family<ReloadLabels, Counter>,
    changed: Gauge,
    rejected: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RulesetLabels {
    digest: String,
    generation: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RuleLabels {
    rule: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    result: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the values of the label")]
enum Outcome {
    ok,
    failed,
}

impl Monitor {
    /// One that nobody looks at.
    pub(crate) fn unobserved() -> Self {
        Self::of(Part::unobserved())
    }

    /// One that whoever asks the process can see: the part `rules` of its health, and metrics.
    pub fn observed_by(admin: &mut Admin) -> Self {
        let monitor = Self::of(admin.health().part("rules"));
        let registry = admin.section("evaluator");
        monitor.register(registry);
        monitor.work.register(registry);
        monitor.work.register_stream(admin.section("bus"));
        monitor
    }

    fn of(health: Part) -> Self {
        let reloads = Family::<ReloadLabels, Counter>::default();
        // So that a first failure is seen to be more than none before.
        for result in [Outcome::ok, Outcome::failed] {
            drop(reloads.get_or_create(&ReloadLabels { result }));
        }
        Self {
            health,
            work: Work::default(),
            rulesets: Family::default(),
            rules: Gauge::default(),
            matches: Family::default(),
            counted: Arc::default(),
            reloads,
            changed: Gauge::default(),
            rejected: Gauge::default(),
        }
    }

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "rule_matches",
            "How often each rule of the ruleset in force has matched; an event that is evaluated again counts again",
            self.matches.clone(),
        );
        registry.register("rules", "How many rules of the ruleset in force are enabled", self.rules.clone());
        registry.register(
            "ruleset_info",
            "The ruleset in force, and the generation of the rules pushed onto the bus in it, if any",
            self.rulesets.clone(),
        );
        registry.register(
            "reloads",
            "How often changed rules were taken, and how often they were rejected",
            self.reloads.clone(),
        );
        registry.register(
            "reload_last_success_timestamp_seconds",
            "When the rules were last found good",
            self.changed.clone(),
        );
        registry.register(
            "rules_rejected",
            "1 while the newest rules are rejected and older ones are in force",
            self.rejected.clone(),
        );
    }

    /// The ruleset is in force from now on. Returns its rules' counters, in their order.
    pub(crate) fn takes(&self, ruleset: &Ruleset, generation: Option<u64>) -> Vec<Counter> {
        self.reloads.get_or_create(&ReloadLabels { result: Outcome::ok }).inc();
        self.says_good(ruleset, generation);
        self.rules.set(i64::try_from(ruleset.enabled()).unwrap_or(i64::MAX));
        let rules = ruleset.program().rules().iter().map(|rule| rule.name.clone());
        let rules: Vec<RuleLabels> = rules.map(|rule| RuleLabels { rule }).collect();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let now: HashSet<String> = rules.iter().map(|labels| labels.rule.clone()).collect();
        for gone in counted.difference(&now) {
            self.matches.remove(&RuleLabels { rule: gone.clone() });
        }
        *counted = now;
        rules.iter().map(|labels| self.matches.get_or_create_owned(labels)).collect()
    }

    /// The newest rules are those in force.
    pub(crate) fn says_good(&self, ruleset: &Ruleset, generation: Option<u64>) {
        let digest = ruleset.digest();
        self.rejected.set(0);
        self.changed.set(now());
        self.rulesets.clear();
        let labels = RulesetLabels {
            digest: digest.to_owned(),
            generation: generation.map(|generation| generation.to_string()).unwrap_or_default(),
        };
        self.rulesets.get_or_create(&labels).set(1);
        let pushed = generation.map(|generation| format!(", with generation {generation} of the bus"));
        let (enabled, pushed) = (ruleset.enabled(), pushed.unwrap_or_default());
        let rules = if enabled == 1 { "rule" } else { "rules" };
        self.health.set(State::Ready(format!("{enabled} {rules}, digest {digest}{pushed}")));
    }

    /// The newest rules cannot be taken; those in force stay.
    pub(crate) fn rejects(&self, error: &RulesetError, in_force: &str) {
        self.reloads.get_or_create(&ReloadLabels { result: Outcome::failed }).inc();
        self.rejected.set(1);
        let first = error.first_line();
        self.health.set(State::Degraded(format!(
            "the newest rules are rejected and those with digest {in_force} stay: {first}"
        )));
    }

    /// There are no rules yet, and no event is taken.
    pub(crate) fn waits(&self, why: &str) {
        self.health.set(State::Waiting(why.to_owned()));
    }
}

fn now() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
