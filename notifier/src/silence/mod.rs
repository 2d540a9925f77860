//! Silences: alerts that nobody is to be told of for a time, with somebody who answers for it and a reason. What they keep
//! back is counted, and can be looked at: nothing disappears without a number.

mod follower;
mod ledger;
mod store;

use std::collections::BTreeMap;

use proto::alerts::v1::Alert;
use serde::{Deserialize, Serialize};

pub(crate) use follower::{Follower, Known};
pub(crate) use ledger::Ledger;
pub use store::{Listed, SilenceError, Silences};

use crate::filter::Filter;
use crate::moment::Moment;
use crate::settings::SinkName;

/// Alerts that nobody is to be told of for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// Which alerts.
    #[serde(rename = "match")]
    pub when: Filter,
    /// Who answers for it.
    pub owner: String,
    /// Why it is there.
    pub reason: String,
    /// Until when it holds.
    pub until: Moment,
    /// From when on; from ever where it is not set.
    #[serde(default)]
    pub from: Option<Moment>,
    /// The sinks that are not told; none of them where there are none here.
    #[serde(default)]
    pub sinks: Vec<SinkName>,
}

/// Silences by what they are called: names from settings, ids of those on the bus.
pub(crate) type Named = BTreeMap<String, Silence>;

impl Silence {
    /// Whether it holds at this time, in nanoseconds since the Unix epoch.
    pub fn holds_at(&self, unix_nanos: u64) -> bool {
        self.from.is_none_or(|from| from.unix_nanos() <= unix_nanos) && unix_nanos < self.until.unix_nanos()
    }

    fn keeps_back(&self, sink: &SinkName, alert: &Alert, now: u64) -> bool {
        self.holds_at(now) && (self.sinks.is_empty() || self.sinks.contains(sink)) && self.when.admits(alert)
    }
}

/// The name of the first silence that keeps an alert from a sink.
pub(crate) fn that_keeps_back<'a>(
    silences: impl IntoIterator<Item = (&'a String, &'a Silence)>,
    sink: &SinkName,
    alert: &Alert,
    now: u64,
) -> Option<&'a str> {
    let mut silences = silences.into_iter();
    silences.find(|(_, silence)| silence.keeps_back(sink, alert, now)).map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::alert;

    fn silence(json: &str) -> Result<Silence, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_silence_holds_for_its_time_its_sinks_and_its_alerts() {
        let name = |text: &str| SinkName::try_from(text.to_owned()).unwrap();
        let silence = silence(
            r#"{"match": "ka.user.name = alice", "owner": "bob", "reason": "a test", "sinks": ["ops"],
                "from": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}"#,
        )
        .unwrap();
        let at = |text: &str| text.parse::<Moment>().unwrap().unix_nanos();
        let silences = Named::from([("planned".to_owned(), silence)]);
        let kept =
            |sink: &str, alert: &Alert, time: &str| that_keeps_back(&silences, &name(sink), alert, at(time));
        assert_eq!(kept("ops", &alert(), "2026-11-15T00:00:00Z"), Some("planned"));
        assert_eq!(kept("log", &alert(), "2026-11-15T00:00:00Z"), None);
        assert_eq!(kept("ops", &alert(), "2026-10-31T23:59:59Z"), None);
        assert_eq!(kept("ops", &alert(), "2026-12-01T00:00:00Z"), None);
        assert_eq!(kept("ops", &Alert::default(), "2026-11-15T00:00:00Z"), None);
    }

    #[test]
    fn owner_reason_and_end_are_asked_for() {
        for (json, says) in [
            (
                r#"{"match": "alert.rule = x", "reason": "r", "until": "2026-12-01T00:00:00Z"}"#,
                "missing field `owner`",
            ),
            (
                r#"{"match": "alert.rule = x", "owner": "o", "until": "2026-12-01T00:00:00Z"}"#,
                "missing field `reason`",
            ),
            (r#"{"match": "alert.rule = x", "owner": "o", "reason": "r"}"#, "missing field `until`"),
            (r#"{"match": "alert.rule", "owner": "o", "reason": "r", "until": "x"}"#, "expected an operator"),
        ] {
            let error = silence(json).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
