//! Priorities as people write them, and the threshold below which a sink is spared an alert.

use std::str::FromStr;

use proto::alerts::v1::{Alert, Priority};
use serde::{Deserialize, Serialize};

/// The least urgent priority that a sink is given; written in any case, `info` for short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MinimumPriority(Priority);

/// Text that is no priority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a priority: give emergency, alert, critical, error, warning, notice, informational or debug"
)]
pub struct PriorityError(String);

impl MinimumPriority {
    /// Whether the alert is at least as urgent.
    pub fn admits(self, alert: &Alert) -> bool {
        i32::from(alert.priority()) <= i32::from(self.0)
    }
}

impl Default for MinimumPriority {
    fn default() -> Self {
        Self(Priority::Debug)
    }
}

impl From<Priority> for MinimumPriority {
    fn from(priority: Priority) -> Self {
        Self(priority)
    }
}

impl FromStr for MinimumPriority {
    type Err = PriorityError;

    fn from_str(text: &str) -> Result<Self, PriorityError> {
        let lower = text.trim().to_ascii_lowercase();
        let all = (1..=8).filter_map(|number| Priority::try_from(number).ok());
        let mut named = all
            .filter(|priority| name(*priority).to_ascii_lowercase() == lower || is_short(*priority, &lower));
        named.next().map(Self).ok_or_else(|| PriorityError(text.to_owned()))
    }
}

impl TryFrom<String> for MinimumPriority {
    type Error = PriorityError;

    fn try_from(text: String) -> Result<Self, PriorityError> {
        text.parse()
    }
}

impl From<MinimumPriority> for String {
    fn from(minimum: MinimumPriority) -> Self {
        name(minimum.0).to_ascii_lowercase()
    }
}

/// The priority as Falco names it. One that is not set, which no evaluator sends, counts as the least urgent by name
/// and, lest an alert be passed over, as the most urgent by [`MinimumPriority::admits`].
pub fn name(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency => "Emergency",
        Priority::Alert => "Alert",
        Priority::Critical => "Critical",
        Priority::Error => "Error",
        Priority::Warning => "Warning",
        Priority::Notice => "Notice",
        Priority::Informational => "Informational",
        Priority::Unspecified | Priority::Debug => "Debug",
    }
}

fn is_short(priority: Priority, text: &str) -> bool {
    priority == Priority::Informational && text == "info"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_parse_in_any_case() {
        for (text, priority) in [
            ("Emergency", Priority::Emergency),
            ("ERROR", Priority::Error),
            ("info", Priority::Informational),
            ("Informational", Priority::Informational),
            ("debug", Priority::Debug),
        ] {
            assert_eq!(text.parse(), Ok(MinimumPriority(priority)));
        }
        assert!("urgent".parse::<MinimumPriority>().unwrap_err().to_string().contains("give emergency"));
    }

    #[test]
    fn a_threshold_admits_what_is_as_urgent_or_more() {
        let threshold: MinimumPriority = "warning".parse().unwrap();
        let admitted: Vec<bool> =
            (1..=8).map(|priority| threshold.admits(&Alert { priority, ..Alert::default() })).collect();
        assert_eq!(admitted, [true, true, true, true, true, false, false, false]);
        assert!(
            (0..=9)
                .all(|priority| MinimumPriority::default().admits(&Alert { priority, ..Alert::default() }))
        );
    }
}
