//! What an operator may set about the alerts that a sink is told of as one.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use service::units::Span;

use super::key::KeyField;

/// How alerts are gathered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSettings {
    /// Alerts with equal values of these fields are one group. Those of different clusters never are.
    pub by: Vec<KeyField>,
    /// How long alerts are gathered before they are told.
    #[serde(default = "five_minutes")]
    pub window: Span,
    /// How long further ones are gathered after that; as long as the window where it is not set.
    #[serde(default)]
    pub repeat: Option<Span>,
    /// What becomes of the first one.
    #[serde(default)]
    pub first: First,
}

/// What becomes of the first alert of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum First {
    /// It is sent at once.
    #[default]
    Now,
    /// It is told with the others, when the window ends.
    Held,
}

impl GroupSettings {
    /// How long the windows after the first last.
    pub(crate) fn repeat(&self) -> Duration {
        self.repeat.unwrap_or(self.window).get()
    }
}

fn five_minutes() -> Span {
    Span::seconds(5 * 60)
}
