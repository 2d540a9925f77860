//! The rules as a [`Judge`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proto::alerts::v1::Alert;
use proto::events::v1::EventChunk;
use rules::{Context, Evaluator};

use crate::alert::{self, Origin};
use crate::in_force::{Active, InForce};
use crate::judge::{Judge, Unusable};

/// Holds the rules in force against events.
#[derive(Clone)]
pub(crate) struct Rules {
    in_force: InForce,
    hostname: Arc<str>,
    /// How many events this process has evaluated: `evt.num`.
    count: Arc<AtomicU64>,
}

/// One worker's share.
pub(crate) struct RulesJudge {
    rules: Rules,
    active: Arc<Active>,
    evaluator: Evaluator,
}

impl Rules {
    pub(crate) fn new(in_force: InForce, hostname: &str) -> Self {
        Self { in_force, hostname: hostname.into(), count: Arc::default() }
    }

    pub(crate) fn judge(&self) -> RulesJudge {
        let active = self.in_force.now();
        let evaluator = active.ruleset.program().evaluator();
        RulesJudge { rules: self.clone(), active, evaluator }
    }
}

impl Judge for RulesJudge {
    /// Takes the rules that are in force now.
    fn begin(&mut self) {
        if let Some(active) = self.rules.in_force.others_than(&self.active) {
            self.active = active;
            self.renew();
        }
    }

    fn judge(&mut self, event: &[u8], identity: &[u8], chunk: &EventChunk) -> Result<Vec<Alert>, Unusable> {
        let Rules { hostname, count, .. } = &self.rules;
        let Active { ruleset, matches } = &*self.active;
        let number = count.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let context = Context { number, cluster: &chunk.cluster, hostname: Some(hostname) };
        let evaluation =
            self.evaluator.evaluate(event, &context).map_err(|error| Unusable(error.to_string()))?;
        for counter in evaluation.matches.iter().filter_map(|found| matches.get(found.rule)) {
            counter.inc();
        }
        let origin = Origin {
            cluster: &chunk.cluster,
            received_unix_nanos: chunk.received_unix_nanos,
            ruleset: ruleset.digest(),
            hostname,
        };
        Ok(alert::alerts(evaluation, identity, ruleset.program().rules(), origin))
    }

    fn renew(&mut self) {
        self.evaluator = self.active.ruleset.program().evaluator_after(&self.evaluator);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk;
    use crate::in_force::{Changing, Found};
    use crate::monitor::Monitor;
    use crate::ruleset::Ruleset;

    fn found(output: &str) -> Found {
        let text = format!(
            "- rule: R\n  desc: d\n  condition: ka.verb = get\n  output: {output} %evt.num %evt.reltime\n  \
             priority: NOTICE\n  source: k8s_audit\n"
        );
        let file = rules::SourceFile { name: "r.yaml".into(), text };
        let ruleset = Ruleset::from_files(&[file], &rules::Options::default()).unwrap();
        Found { ruleset, generation: None }
    }

    /// Changes the rules once it has judged an event.
    struct Swapping {
        judge: RulesJudge,
        next: Option<(Changing, Found)>,
    }

    impl Judge for Swapping {
        fn begin(&mut self) {
            self.judge.begin();
        }

        fn judge(
            &mut self,
            event: &[u8],
            identity: &[u8],
            chunk: &EventChunk,
        ) -> Result<Vec<Alert>, Unusable> {
            let judged = self.judge.judge(event, identity, chunk);
            if let Some((changing, found)) = self.next.take() {
                changing.replace(found);
            }
            judged
        }

        fn renew(&mut self) {
            self.judge.renew();
        }
    }

    #[test]
    fn a_chunk_is_judged_by_one_ruleset_and_the_next_by_the_newest() {
        let (old, new) = (found("old"), found("new"));
        let digests = [old.ruleset.digest().to_owned(), new.ruleset.digest().to_owned()];
        let (changing, in_force) = Changing::new(old, Monitor::unobserved());
        let rules = Rules::new(in_force, "vm");
        let mut judge = Swapping { judge: rules.judge(), next: Some((changing, new)) };
        let event = |second: usize| {
            let event = r#"{"kind":"Event","auditID":"1","stage":"ResponseComplete","verb":"get","stageTimestamp":"T"}"#;
            event.replace("\"T\"", &format!("\"2026-01-01T00:00:0{second}.000000Z\"")).into()
        };
        let chunk = |seconds: std::ops::Range<usize>| EventChunk {
            cluster: "prod".into(),
            received_unix_nanos: 7,
            events: seconds.map(event).collect(),
            digests: Vec::new(),
        };
        let (first, second) =
            (chunk::judge(&mut judge, &chunk(0..3)).alerts, chunk::judge(&mut judge, &chunk(3..5)).alerts);
        let messages = |alerts: &[Alert]| {
            alerts.iter().map(|alert| alert.message.clone()).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(messages(&first), "old 1 000000000, old 2 1000000000, old 3 2000000000");
        assert_eq!(messages(&second), "new 4 3000000000, new 5 4000000000", "numbers and times go on");
        for (alerts, digest) in [&first, &second].into_iter().zip(&digests) {
            assert!(alerts.iter().all(|alert| alert.ruleset == *digest));
        }
    }
}
