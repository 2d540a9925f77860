//! [`Trial`]: rules held against chunks of events that are past, apart from any bus.

use proto::events::v1::EventChunk;

use crate::chunk::{self, Findings};
use crate::evaluate::{Rules, RulesJudge};
use crate::in_force::{Changing, Found};
use crate::monitor::Monitor;
use crate::ruleset::Ruleset;

/// Rules on trial: they judge as those of an evaluator with one worker do, and nobody is told of it.
pub struct Trial {
    judge: RulesJudge,
}

impl Trial {
    /// Of these rules, on a host of that name. Events are numbered from 1 (`evt.num`), and times are relative to the
    /// first of them (`evt.reltime`).
    pub fn new(ruleset: Ruleset, hostname: &str) -> Self {
        let (_, in_force) = Changing::new(Found { ruleset, generation: None }, Monitor::unobserved());
        Self { judge: Rules::new(in_force, hostname).judge() }
    }

    /// What an evaluator would make of the chunk: the alerts that it would store, under their ids, and the events that
    /// would become dead letters.
    pub fn judge(&mut self, chunk: &EventChunk) -> Findings {
        chunk::judge(&mut self.judge, chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert;

    #[test]
    fn alerts_are_those_of_an_evaluator_and_what_is_no_event_is_named() {
        let text = "- rule: R\n  desc: d\n  condition: ka.verb = get\n  output: event %evt.num of %ka.cluster\n  \
                    priority: NOTICE\n  source: k8s_audit\n";
        let file = rules::SourceFile { name: "r.yaml".into(), text: text.into() };
        let ruleset = Ruleset::from_files(&[file], &rules::Options::default()).unwrap();
        let digest = ruleset.digest().to_owned();
        let event = r#"{"auditID":"1","verb":"get","stageTimestamp":"2026-01-01T00:00:00.000000Z"}"#;
        let chunk = EventChunk {
            cluster: "prod".into(),
            received_unix_nanos: 7,
            events: vec![event.into(), "{}".into(), event.into()],
            digests: vec!["d1".into(), "d2".into(), "d3".into()],
        };
        let mut trial = Trial::new(ruleset, "vm");
        let Findings { alerts, unusable, stumbled } = trial.judge(&chunk);
        let told: Vec<_> = alerts.iter().map(|alert| (alert.message.as_str(), alert.id.clone())).collect();
        let id = |digest: &str| alert::id("prod", digest.as_bytes(), "R").to_string();
        assert_eq!(told, [("event 1 of prod", id("d1")), ("event 3 of prod", id("d3"))]);
        assert_eq!((alerts[0].ruleset.as_str(), alerts[0].received_unix_nanos), (digest.as_str(), 7));
        assert_eq!((alerts[0].hostname.as_str(), stumbled.len()), ("vm", 0));
        let [(alone, reason)] = unusable.as_slice() else { panic!("{unusable:?}") };
        assert_eq!((reason.code(), alone.digests.clone()), ("not-an-event", vec!["d2".into()]));
        assert_eq!(trial.judge(&chunk).alerts[0].message, "event 4 of prod");
    }
}
