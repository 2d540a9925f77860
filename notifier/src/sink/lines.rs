//! What the sinks that write lines have in common: the two forms of a line.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Rendered;
use crate::falco::{self, Form};
use crate::shown::Shown;

/// How many alerts are written, and made durable, at once.
pub(crate) const BATCH: usize = 256;

/// The form of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineFormat {
    /// Falco's line of text: clock time in UTC, priority, message.
    #[default]
    Text,
    /// Falco's JSON object, with the alert's id as `uuid`, and `saker.cluster` and `saker.ruleset` in its fields.
    Json,
}

impl LineFormat {
    /// The alert as a line, its end included.
    pub(crate) fn render(self, shown: &Shown<'_>) -> Bytes {
        let mut line = match self {
            Self::Text => falco::in_one_line(shown.text().into_owned()),
            Self::Json => falco::json(shown.alert, Form::Extended),
        };
        line.push('\n');
        line.into()
    }
}

/// All lines, to be written at once.
pub(crate) fn joined(alerts: &[Rendered]) -> Vec<u8> {
    let mut all = Vec::with_capacity(alerts.iter().map(|alert| alert.body.bytes.len()).sum());
    for alert in alerts {
        all.extend_from_slice(&alert.body.bytes);
    }
    all
}
