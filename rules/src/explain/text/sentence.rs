//! The verdict and its reasons as sentences.

use super::value;
use crate::explain::explanation::{Comparison, Explanation, Reason, Silence, Within};
use crate::explain::seen::Seen;

/// More reasons than this do not go into a sentence.
const MAX_REASONS: usize = 2;
/// No value in a sentence is longer.
const MAX_VALUE: usize = 60;
/// No comparison in a sentence is longer.
const MAX_TEXT: usize = 120;

impl Explanation {
    /// The verdict in one sentence that begins with a verb.
    #[must_use]
    pub fn summary(&self) -> String {
        let silences: Vec<_> = self.silences.iter().map(silence).collect();
        let silences = silences.join(", and ");
        match (&self.condition, self.matches(), self.silences.is_empty()) {
            (None, ..) => format!("is never held against audit events: {silences}"),
            (_, true, true) => "matches and raises an alert".to_owned(),
            (_, true, false) => format!("matches, but raises no alert: {silences}"),
            (_, false, _) => format!("does not match: {}", self.why()),
        }
    }

    /// The first reasons in one line.
    #[must_use]
    pub fn why(&self) -> String {
        self.told(reason)
    }

    /// The same in fewer words, for tables: what failed, and the value.
    #[must_use]
    pub fn gist(&self) -> String {
        if self.matches() || self.condition.is_none() { self.summary() } else { self.told(gist) }
    }

    fn told(&self, tell: impl Fn(&Reason<'_>) -> String) -> String {
        let reasons = self.reasons();
        let mut told: Vec<_> = reasons.iter().take(MAX_REASONS).map(tell).collect();
        if let Some(more) = reasons.len().checked_sub(MAX_REASONS).filter(|more| *more > 0) {
            told.push(format!("and {more} more"));
        }
        told.join("; ")
    }
}

/// Why no alert.
pub(in crate::explain) fn silence(silence: &Silence) -> String {
    match silence {
        Silence::Disabled => "the rule is disabled (`enabled: false`)".to_owned(),
        Silence::Deselected => "the configuration turns the rule off".to_owned(),
        Silence::BelowMinimum(minimum) => {
            format!("the rule is less grave than the minimum priority, {}", minimum.name().to_lowercase())
        }
        Silence::OtherSource(source) => format!("the rule is for events of source `{source}`"),
        Silence::LeftOut(problems) => format!("the rule is left out: {}", problems.join("; ")),
        Silence::Earlier(rule) => {
            format!("rule `{rule}` matches, too, and comes first (`rule_matching: first`)")
        }
    }
}

/// What a comparison came to, and why.
pub(super) fn reason(reason: &Reason<'_>) -> String {
    let exception = reason.within.iter().find_map(|within| match within {
        Within::Exception(name) => Some(format!("exception `{name}` applies: ")),
        Within::Macro(_) => None,
    });
    let verdict = match (reason.holds, reason.negated) {
        (true, true) => "is true and must not be",
        (true, false) => "is true",
        (false, _) => "is false",
    };
    let text = value::short(&reason.comparison.text, MAX_TEXT);
    let exception = exception.filter(|_| reason.holds).unwrap_or_default();
    format!("{exception}`{text}` {verdict}{}{}", values(reason.comparison), path(&reason.within))
}

fn gist(reason: &Reason<'_>) -> String {
    let not = if reason.negated { "not " } else { "" };
    let text = value::short(&reason.comparison.text, MAX_TEXT);
    let values = reason.comparison.values.iter().map(|(_, seen)| value::shown(seen, MAX_VALUE));
    format!("{not}{text}: {}", values.collect::<Vec<_>>().join(", "))
}

fn values(comparison: &Comparison) -> String {
    let told = match comparison.values.as_slice() {
        [] => String::new(),
        [(_, Seen::Absent)] => ", the field is absent".to_owned(),
        [(_, seen)] => format!(", the value is {}", value::shown(seen, MAX_VALUE)),
        several => {
            let told = several.iter().map(|(name, seen)| match seen {
                Seen::Absent => format!("{name} is absent"),
                seen => format!("{name} is {}", value::shown(seen, MAX_VALUE)),
            });
            format!(", {}", told.collect::<Vec<_>>().join(" and "))
        }
    };
    match value::detail(comparison, MAX_VALUE) {
        Some(detail) => format!("{told} ({detail})"),
        None => told,
    }
}

fn path(within: &[Within<'_>]) -> String {
    let macros = within.iter().filter_map(|within| match within {
        Within::Macro(name) => Some(*name),
        Within::Exception(_) => None,
    });
    let macros: Vec<_> = macros.collect();
    if macros.is_empty() { String::new() } else { format!(" (in {})", macros.join(" > ")) }
}
