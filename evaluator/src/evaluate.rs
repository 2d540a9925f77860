//! The rules as a [`Judge`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;
use rules::{Context, Evaluator};

use crate::alert::{self, Origin};
use crate::judge::{Judge, Unusable};
use crate::ruleset::Ruleset;

/// Holds a ruleset against events.
#[derive(Clone)]
pub(crate) struct Rules {
    ruleset: Arc<Ruleset>,
    hostname: Arc<str>,
    /// How many events this process has evaluated: `evt.num`.
    count: Arc<AtomicU64>,
}

/// One worker's share.
pub(crate) struct RulesJudge {
    rules: Rules,
    evaluator: Evaluator,
}

impl Rules {
    pub(crate) fn new(ruleset: Ruleset, hostname: &str) -> Self {
        Self { ruleset: Arc::new(ruleset), hostname: hostname.into(), count: Arc::default() }
    }

    pub(crate) fn judge(&self) -> RulesJudge {
        RulesJudge { rules: self.clone(), evaluator: self.ruleset.program().evaluator() }
    }
}

impl Judge for RulesJudge {
    fn judge(&mut self, event: &[u8], chunk: &EventChunk) -> Result<Vec<Alert>, Unusable> {
        let Rules { ruleset, hostname, count } = &self.rules;
        let number = count.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let context = Context { number, cluster: &chunk.cluster, hostname: Some(hostname) };
        let evaluation =
            self.evaluator.evaluate(event, &context).map_err(|error| Unusable(error.to_string()))?;
        let origin = Origin {
            cluster: &chunk.cluster,
            received_unix_nanos: chunk.received_unix_nanos,
            ruleset: ruleset.digest(),
            hostname,
        };
        Ok(alert::alerts(evaluation, event, ruleset.program().rules(), origin))
    }

    fn renew(&mut self) {
        self.evaluator = self.rules.ruleset.program().evaluator();
    }
}
